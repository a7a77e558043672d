#include "app/config/config.h"

#include "tests/unit/app/config/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

namespace pulse::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// docs: the whole of it, as a user would write it; values that a later version serves have their
// present ones.
constexpr std::string_view kEverything = R"(gateway:
  listen: 127.0.0.1:9080
  threads: auto
  max_body: 16MiB
  body_memory: 256MiB
  trusted_proxies: [10.0.0.0/8, "2001:db8::/32"]
  answer_buffer: 2MiB
  max_header: 32KiB
  shutdown_grace: 15s
  tls: { certificate: cert.pem, private_key: /keys/key.pem }
  timeouts: { connect: 1s, first_byte: 2s, first_byte_buffered: 3s, idle: 4s, total: 5m, drain: 6s, head: 7s, body: 8s, keep_alive: 9s, send: 10s }
  cors: { origins: ["https://app.example.com"] }
console:
  listen: 127.0.0.1:9081
  cron_secret: ${CRON_SECRET:-}
metrics:
  listen: 127.0.0.1:9999
store:
  url: sqlite:data/pulse.db
  spool: { path: spool/, limit: 1GiB, when_full: drop, durability: process }
policy:
  store: embedded
  on_store_failure: lease
  budget_status: 402
  time_zone: Europe/Paris
pricing:
  catalog: [prices.json, /opt/more.json]
  unknown_model: block
  refresh: { url: "" }
providers:
  openai:    { kind: openai,    base_url: https://api.openai.com/v1, api_key: ${OPENAI_API_KEY} }
  anthropic: { kind: anthropic, base_url: https://api.anthropic.com,  api_key: ${ANTHROPIC_API_KEY} }
  local:     { kind: openai,    base_url: http://127.0.0.1:8000/v1, prices: { "*": { input: "0.10", output: "0.40" } } }
models:
  smart:
    strategy: fallback
    targets: [ { provider: openai, model: gpt-4o, weight: 3 } ]
    retry: { attempts: 1, on: [429, 5xx, connect] }
    drop_unsupported: false
    timeouts: { connect: 2s, total: 30m }
bootstrap:
  keys:
    - { label: app-1, key: "${PULSE_KEY_APP1}", team: search, project: ranking, policy: { requests_per_minute: 600, budgets: [ { period: month, limit: "50.00", currency: USD } ] } }
answers: { usage_cost: false, litellm_headers: false }
logging: { level: warn, format: text, content: none }
)";

[[nodiscard]] Variables everything_variables() {
    return {
        {"OPENAI_API_KEY", "sk-openai"},
        {"PULSE_KEY_APP1", "sk-pulse-abcdefghijklmnopqrstuvwxyz0123456789abcd"}};
}

TEST(Config, ReadsEverySection) {
    const Result<Config> read = parse(kEverything, everything_variables());

    ASSERT_TRUE(read) << read.error().detail();
    const gateway::GatewaySettings& gateway = read->gateway;
    EXPECT_EQ(gateway.listen.to_string(), "127.0.0.1:9080");
    EXPECT_EQ(gateway.threads, 0U);
    EXPECT_EQ(gateway.server.body_bytes_max, 16U << 20);
    EXPECT_EQ(gateway.body_memory, 256U << 20);
    EXPECT_THAT(gateway.trusted_proxies, ElementsAre("10.0.0.0/8", "2001:db8::/32"));
    EXPECT_EQ(gateway.answer_buffer, 2U << 20);
    EXPECT_EQ(gateway.server.head_bytes_max, 32U << 10);
    EXPECT_EQ(gateway.shutdown_grace, 15s);
    EXPECT_EQ(gateway.tls_certificate, "/etc/pulse/cert.pem");
    EXPECT_EQ(gateway.tls_private_key, "/keys/key.pem");
    EXPECT_THAT(gateway.cors_origins, ElementsAre("https://app.example.com"));
    EXPECT_EQ(gateway.budget_status, 402);
    EXPECT_TRUE(gateway.unknown_model_blocked);
    EXPECT_FALSE(gateway.usage_cost);
    EXPECT_FALSE(gateway.litellm_headers);
    EXPECT_EQ(read->console.listen.to_string(), "127.0.0.1:9081");
    EXPECT_EQ(read->metrics.listen.to_string(), "127.0.0.1:9999");
    EXPECT_EQ(read->store.url, "sqlite:/etc/pulse/data/pulse.db");
    EXPECT_EQ(read->store.spool.path, "/etc/pulse/spool/");
    EXPECT_EQ(read->store.spool.limit_bytes, std::uint64_t{1} << 30);
    EXPECT_EQ(read->store.spool.when_full, storage::WhenFull::drop);
    EXPECT_EQ(read->policy.time_zone, "Europe/Paris");
    EXPECT_THAT(read->pricing.catalogs, ElementsAre("/etc/pulse/prices.json", "/opt/more.json"));
    EXPECT_EQ(read->logging.level, LogLevel::warn);
    EXPECT_EQ(read->logging.format, LogFormat::text);
    EXPECT_EQ(read->file, "/etc/pulse/p.yaml");
}

TEST(Config, ReadsEveryTimeout) {
    const Result<Config> read = parse(kEverything, everything_variables());

    ASSERT_TRUE(read);
    const gateway::UpstreamTimeouts& upstream = read->gateway.timeouts;
    EXPECT_EQ(upstream.connect, 1s);
    EXPECT_EQ(upstream.first_byte, 2s);
    EXPECT_EQ(upstream.first_byte_buffered, 3s);
    EXPECT_EQ(upstream.idle, 4s);
    EXPECT_EQ(upstream.total, 5min);
    EXPECT_EQ(upstream.drain, 6s);
    EXPECT_EQ(read->gateway.server.head_timeout, 7s);
    EXPECT_EQ(read->gateway.server.body_timeout, 8s);
    EXPECT_EQ(read->gateway.server.idle_timeout, 9s);
    EXPECT_EQ(read->gateway.server.send_timeout, 10s);
}

TEST(Config, HasDefaultsForAnEmptyFileAndNoFile) {
    const Result<Config> empty = parse("");
    const Result<Config> none = parse_config({}, {}, environment_of({}));

    ASSERT_TRUE(empty);
    ASSERT_TRUE(none);
    EXPECT_EQ(none->gateway.listen.to_string(), "127.0.0.1:8080");
    EXPECT_EQ(none->console.listen.to_string(), "127.0.0.1:8081");
    EXPECT_EQ(none->metrics.listen.to_string(), "127.0.0.1:9464");
    EXPECT_EQ(none->store.url, "sqlite:pulse.db");
    EXPECT_EQ(none->store.spool.path, "spool");
    EXPECT_EQ(empty->store.url, "sqlite:/etc/pulse/pulse.db");
    EXPECT_EQ(none->store.retention.requests, 24h * 90);
    EXPECT_EQ(none->gateway.providers.size(), 1U);
    EXPECT_THAT(none->warnings, IsEmpty());
    EXPECT_THAT(empty->warnings, IsEmpty());
}

TEST(Config, NamesFileLineKeyAndWhatIsAllowedForEveryProblemAtOnce) {
    EXPECT_EQ(
        problems("gateway:\n  lisen: 127.0.0.1:1\n  threads: many\nlogging:\n  level: loud\n"),
        "p.yaml:2: key `gateway.lisen`: is not known; did you mean `listen`?; allowed here: "
        "listen, threads, "
        "max_body, max_upload, body_memory, trusted_proxies, answer_buffer, max_header, "
        "shutdown_grace, tls, "
        "timeouts, cors\n"
        "p.yaml:3: key `gateway.threads`: is no number of threads; allowed are auto and 1 to 512\n"
        "p.yaml:5: key `logging.level`: is none of the words that are allowed: trace, debug, info, "
        "warn, error, off");
}

TEST(Config, TakesPricesFromWhereNobodyOnTheWayCanChangeThem) {
    EXPECT_EQ(problems("pricing: { refresh: { url: 'https://prices.example.com/v2.json?a=b', every: 1h } }\n"), "");
    EXPECT_EQ(problems("pricing: { refresh: { url: 'http://127.0.0.1:9/p.json' } }\n"), "");
    for (const char* url : {"http://prices.example.com/p.json", "ftp://prices.example.com/p", "https://me:x@prices.example.com/p", "prices.json"}) {
        EXPECT_THAT(
            problems("pricing: { refresh: { url: '" + std::string(url) + "' } }\n"),
            testing::StartsWith("p.yaml:1: key `pricing.refresh.url`: "))
            << url;
    }
}

TEST(Config, TakesAddressesOfRedisAndShowsNoPassword) {
    const Result<Config> read = parse("policy: { store: 'redis+cluster://:hush@h:7000,h:7001' }\n");
    ASSERT_TRUE(read) << read.error().detail();
    EXPECT_EQ(read->policy.store, "redis+cluster://:hush@h:7000,h:7001");
    EXPECT_EQ(parse("{}\n")->policy.store, "embedded");

    const std::string wrong = problems("policy: { store: 'redis://:hu@sh@h:port' }\n");
    EXPECT_THAT(wrong, HasSubstr("p.yaml:1: key `policy.store`: "));
    EXPECT_THAT(wrong, testing::Not(HasSubstr("hu@sh")));
    EXPECT_THAT(problems("policy: { store: memcached }\n"), HasSubstr("embedded"));
}

TEST(Config, TakesPostgresqlsAddressesAndShowsNoPassword) {
    const Result<Config> read = parse("store: { url: 'postgresql://u:hush@h:5433/pulse' }\n");
    ASSERT_TRUE(read) << read.error().detail();
    EXPECT_EQ(read->store.url, "postgresql://u:hush@h:5433/pulse");
    EXPECT_EQ(read->store.backup.every, 0ms) << "a server has its own keepers";

    const std::string wrong = problems("store: { url: 'postgresql://u:hu@sh@h/pulse' }\n");
    EXPECT_THAT(wrong, HasSubstr("p.yaml:1: key `store.url`: "));
    EXPECT_THAT(wrong, testing::Not(HasSubstr("hu@sh")));
}

TEST(Config, WarnsOfWhatHasNoEffectYet) {
    const Result<Config> read = parse(
        "store: { retention: { requests: 30d, cost_events: 24mo } }\n"
        "console: { cron_secret: abc }\n");

    ASSERT_TRUE(read) << read.error().detail();
    EXPECT_EQ(read->store.retention.requests, 24h * 30);
    EXPECT_EQ(read->store.retention.cost_events, std::chrono::months{24});
    EXPECT_THAT(
        read->warnings,
        ElementsAre(
            "/etc/pulse/p.yaml:2: key `console.cron_secret`: has no effect in this version: there "
            "are no scheduled "
            "jobs yet"));
}

TEST(Config, ChecksTypesAndBounds) {
    EXPECT_THAT(
        problems("gateway: { listen: nowhere }"),
        HasSubstr("is no address to listen on; allowed are such as"));
    EXPECT_THAT(
        problems("gateway: { max_body: 1 }"),
        HasSubstr("is out of bounds; allowed is 1KiB to 1GiB"));
    EXPECT_THAT(
        problems("gateway: { trusted_proxies: [home] }"),
        HasSubstr("key `gateway.trusted_proxies[0]`: is no address block"));
    EXPECT_THAT(
        problems("gateway: { cors: { origins: ['https://a/b'] } }"),
        HasSubstr("is no origin; allowed are *"));
    EXPECT_THAT(problems("gateway: { timeouts: { connect: 30 } }"), HasSubstr("has no unit"));
    EXPECT_THAT(
        problems("policy: { time_zone: Mars/Olympus }"),
        HasSubstr("is no time zone of this system"));
    EXPECT_THAT(problems("policy: { budget_status: 418 }"), HasSubstr("allowed: 429, 402"));
    EXPECT_THAT(problems("store: { url: 'sqlite:' }"), HasSubstr("allowed are sqlite:PATH"));
    EXPECT_THAT(problems("store: { url: mysql }"), HasSubstr("allowed are sqlite:PATH"));
    EXPECT_THAT(
        problems("store: { spool: { when_full: panic } }"), HasSubstr("allowed: block, drop"));
    EXPECT_THAT(
        problems("pricing: { unknown_model: free }"), HasSubstr("allowed: estimate, block"));
    EXPECT_THAT(problems("answers: { usage_cost: maybe }"), HasSubstr("allowed: true, false"));
}

TEST(Config, RefusesListenersThatMeet) {
    EXPECT_EQ(
        problems("gateway:\n  listen: 0.0.0.0:8081\n"),
        "p.yaml:1: key `console.listen`: 127.0.0.1:8081 is taken by gateway.listen; each needs a "
        "port of its own");
    EXPECT_EQ(
        problems("console:\n  listen: 127.0.0.1:8080\n"),
        "p.yaml:2: key `console.listen`: 127.0.0.1:8080 is taken by gateway.listen; each needs a "
        "port of its own");
    EXPECT_EQ(
        problems("gateway: { listen: '127.0.0.1:0' }\nconsole: { listen: '127.0.0.1:0' }\n"), "");
}

TEST(Config, RefusesHalfATlsAndHalfAnAdmin) {
    EXPECT_EQ(
        problems("gateway:\n  tls: { certificate: c.pem }\n"),
        "p.yaml:2: key `gateway.tls`: needs both certificate and private_key, or none");
    EXPECT_EQ(
        problems("bootstrap:\n  admin:\n    email: a@b\n    password: ${NONE}\n"),
        "p.yaml:4: key `bootstrap.admin.password`: is empty; the first user needs one");
    EXPECT_THAT(
        problems("bootstrap: { admin: { email: ann, password: x } }"),
        HasSubstr("is no e-mail address"));
    const std::string short_one =
        problems("bootstrap: { admin: { email: a@b, password: ninechars } }");
    EXPECT_THAT(
        short_one,
        HasSubstr("key `bootstrap.admin.password`: is no password; allowed are 10 to 1024 bytes"));
    EXPECT_EQ(short_one.find("ninechars"), std::string::npos);
    EXPECT_EQ(problems("bootstrap: { admin: { email: a@b, password: ten-chars- } }"), "");
}

TEST(Config, TakesTheListenAddressOfTheEnvironment) {
    const Variables both{{"PULSE_GATEWAY_LISTEN", "0.0.0.0:7000"}, {"PORT", "7001"}};
    const std::string_view file = "gateway: { listen: '127.0.0.1:9000' }";

    EXPECT_EQ(parse(file, both)->gateway.listen.to_string(), "0.0.0.0:7000");
    EXPECT_EQ(parse(file, {{"PORT", "7001"}})->gateway.listen.to_string(), "127.0.0.1:7001");
    EXPECT_EQ(parse("", {{"PORT", "7001"}})->gateway.listen.to_string(), "0.0.0.0:7001");
    EXPECT_EQ(
        parse("gateway: { listen: '[::1]:9000' }", {{"PORT", "7001"}})->gateway.listen.to_string(),
        "[::1]:7001");
    EXPECT_EQ(parse(file, {{"PORT", ""}})->gateway.listen.to_string(), "127.0.0.1:9000");
    EXPECT_THAT(
        problems(file, {{"PORT", "http"}}), HasSubstr("key `PORT`: is no address to listen on"));
}

TEST(Config, ReportsASyntaxErrorWithItsLine) {
    EXPECT_THAT(
        problems("gateway:\n  listen: [\n"), HasSubstr("p.yaml:3: cannot be read as YAML: "));
    EXPECT_EQ(
        problems("gateway:\n  threads: 1\n  threads: 2\nmetrics: { listen: x }\n"),
        "p.yaml:3: key `gateway.threads`: appears twice, first in line 2; write it once\n"
        "p.yaml:4: key `metrics.listen`: is no address to listen on; allowed are such as "
        "127.0.0.1:8080, [::1]:8080 and "
        ":8080");
}

TEST(LoadConfig, ReadsAFileAndItsSecretsBesideIt) {
    const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "pulse_config";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "token") << "from-a-file\n";
    std::ofstream(folder / "p.yaml")
        << "providers:\n  local: { base_url: 'http://localhost:1', api_key: file:token }\n";

    const Result<Config> config = load_config(folder / "p.yaml");

    ASSERT_TRUE(config) << config.error().detail();
    EXPECT_EQ(provider(*config, "local")->api_key, "from-a-file");
    EXPECT_EQ(config->store.spool.path, folder / "spool");
}

TEST(LoadConfig, NamesAFileThatIsNotThere) {
    const Result<Config> config = load_config("/nonexistent/p.yaml");

    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code(), Errc::configuration);
    EXPECT_EQ(
        config.error().detail(), "cannot read /nonexistent/p.yaml: No such file or directory");
}

TEST(DefaultConfig, ReadsBackAsTheDefaultsWithoutAWarningThatMatters) {
    const Result<Config> back = parse(default_config_yaml());
    const Result<Config> defaults = parse("");

    ASSERT_TRUE(back) << back.error().detail();
    EXPECT_EQ(back->gateway.listen.to_string(), defaults->gateway.listen.to_string());
    EXPECT_EQ(back->gateway.timeouts, defaults->gateway.timeouts);
    EXPECT_EQ(back->gateway.body_memory, defaults->gateway.body_memory);
    EXPECT_EQ(back->store.url, defaults->store.url);
    EXPECT_EQ(back->store.spool.path, defaults->store.spool.path);
    EXPECT_EQ(back->store.retention.cost_events, defaults->store.retention.cost_events);
    EXPECT_EQ(back->gateway.providers.size(), defaults->gateway.providers.size());
}

TEST(DefaultConfig, ShowsEverySection) {
    const std::string text = default_config_yaml();

    for (const char* part :
         {"\ngateway:\n",
          "\nconsole:\n",
          "\nmetrics:\n",
          "\nstore:\n",
          "\npolicy:\n",
          "\npricing:\n",
          "\n#providers:\n",
          "\n#models:\n",
          "\nbootstrap:\n",
          "\nanswers:\n",
          "\nlogging:\n",
          "  listen: 127.0.0.1:8080\n",
          "  max_body: 32MiB\n",
          "    cost_events: 24mo\n",
          "  cron_secret: \"\"\n"}) {
        EXPECT_THAT(text, HasSubstr(part));
    }
}

TEST(SettingsDocument, ListsEverySetting) {
    const std::string text = settings_document();

    EXPECT_THAT(
        text,
        HasSubstr("| `gateway.timeouts.connect` | duration, 10ms to 1d | `3s` | To a provider"));
    EXPECT_THAT(
        text, HasSubstr("| `providers.NAME.prices.NAME.input` | decimal amount, 0 to 1000000 |"));
    EXPECT_THAT(text, HasSubstr("| `bootstrap.keys[].key` |"));
}

}  // namespace
}  // namespace pulse::app
