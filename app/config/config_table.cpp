#include "app/config/config_spec.h"
#include "app/config/setting_types.h"

#include <chrono>

namespace pulse::app {
namespace {

using namespace std::chrono_literals;

using Table = SettingsTable<ConfigSpec>;

constexpr std::uint64_t kKiB = std::uint64_t{1} << 10;
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

[[nodiscard]] Table console_table() {
    Table t;
    t.value(
        "listen",
        [](auto& s) -> auto& { return s.config.console.listen; },
        listen_setting(),
        {.doc = "API and web console; never the data plane's address.", .needs_restart = true});
    t.value(
        "cron_secret",
        [](auto& s) -> auto& { return s.config.console.cron_secret; },
        credential_setting(),
        {.doc = "Bearer token of /api/cron/….", .secret = true});
    return t;
}

[[nodiscard]] Table metrics_table() {
    Table t;
    t.value(
        "listen",
        [](auto& s) -> auto& { return s.config.metrics.listen; },
        listen_setting(),
        {.doc = "GET /metrics.", .needs_restart = true});
    return t;
}

[[nodiscard]] Table store_table() {
    Table spool;
    spool.value(
        "path",
        [](auto& s) -> auto& { return s.config.store.spool.path; },
        path_setting(),
        {.doc = "A folder of this process alone.", .needs_restart = true});
    spool.value(
        "limit",
        [](auto& s) -> auto& { return s.config.store.spool.limit_bytes; },
        size_setting({64 * kMiB, kMiB << 20}),
        {.doc = "On disk, while the store is away.", .needs_restart = true});
    spool.value(
        "when_full",
        [](auto& s) -> auto& { return s.config.store.spool.when_full; },
        choice_setting<storage::WhenFull>(
            {{"block", storage::WhenFull::block}, {"drop", storage::WhenFull::drop}}),
        {.doc = "block refuses requests with 503; drop answers them and loses their rows.",
         .needs_restart = true});
    spool.value(
        "durability",
        [](auto& s) -> auto& { return s.config.store.spool.durability; },
        choice_setting<storage::Durability>(
            {{"process", storage::Durability::process}, {"power", storage::Durability::power}}),
        {.doc = "What a finished answer's row survives: the end of the process, or of the "
                "machine's power, for which the answer's end waits for the disk.",
         .needs_restart = true});
    Table retention;
    retention.value(
        "requests",
        [](auto& s) -> auto& { return s.config.store.retention.requests; },
        retention_setting(),
        {.doc = "Of requests, with their attempts: whole days (UTC), once all of one is older."});
    retention.value(
        "cost_events",
        [](auto& s) -> auto& { return s.config.store.retention.cost_events; },
        retention_setting(),
        {.doc = "Of cost events and re-ratings: whole months (UTC), once all of one is older."});
    Table backup;
    backup.value(
        "path",
        [](auto& s) -> auto& { return s.config.store.backup.path; },
        path_setting(),
        {.doc = "A folder; on another disk it survives this one.", .needs_restart = true});
    backup.value(
        "every",
        [](auto& s) -> auto& { return s.config.store.backup.every; },
        duration_setting({0h, std::chrono::years{1}}),
        {.doc = "0s: never. With PostgreSQL never, unless store.backup is written.",
         .needs_restart = true});
    backup.value(
        "keep",
        [](auto& s) -> auto& { return s.config.store.backup.keep; },
        count_setting({1, 100'000}),
        {.doc = "How many; older ones are removed.", .needs_restart = true});
    Table t;
    t.value(
        "url",
        [](auto& s) -> auto& { return s.config.store.url; },
        store_url_setting(),
        {.doc = "The database; its path is relative to this file.", .needs_restart = true});
    t.group("spool", spool, {.doc = "Where rows wait for the database."});
    t.group("retention", retention, {.doc = "How long rows are kept; the sums by hour and day stay."});
    t.group("backup", backup, {.doc = "Copies of the database, made while it is in use."});
    return t;
}

[[nodiscard]] Table policy_table() {
    Table t;
    t.value(
        "store",
        [](auto& s) -> auto& { return s.config.policy.store; },
        policy_store_setting(),
        {.doc = "Where limits and budgets are counted: embedded, or a server, a Sentinel set or a cluster of "
                "Redis or Valkey (redis://…, rediss://…, redis+sentinel://…, redis+cluster://…), which several "
                "gateways share.",
         .needs_restart = true});
    t.value(
        "on_store_failure",
        [](auto& s) -> auto& { return s.config.gateway.on_store_failure; },
        choice_setting<policy::OnStoreFailure>(
            {{"lease", policy::OnStoreFailure::lease},
             {"open", policy::OnStoreFailure::open},
             {"closed", policy::OnStoreFailure::closed}}),
        {.doc = "What happens while it is away; a key's policy may override it."});
    t.value(
        "budget_status",
        [](auto& s) -> auto& { return s.config.gateway.budget_status; },
        choice_setting<int>({{"429", 429}, {"402", 402}}),
        {.doc = "Of an answer to a caller whose budget is exhausted."});
    t.value(
        "time_zone",
        [](auto& s) -> auto& { return s.config.policy.time_zone; },
        time_zone_setting(),
        {.doc = "Of calendar windows.", .needs_restart = true});
    return t;
}

[[nodiscard]] Table pricing_table() {
    Table refresh;
    refresh.value(
        "url",
        [](auto& s) -> auto& { return s.config.pricing.refresh_url; },
        document_url_setting(),
        {.doc = "Where newer prices come from (a catalogue of ours, genai-prices or LiteLLM); empty: nowhere.",
         .needs_restart = true});
    refresh.value(
        "every",
        [](auto& s) -> auto& { return s.config.pricing.refresh_every; },
        duration_setting({1min, 24h * 90}),
        {.doc = "How often.", .needs_restart = true});
    Table t;
    t.list(
        "catalog",
        [](auto& s) -> auto& { return s.config.pricing.catalogs; },
        path_setting(),
        {.doc = "Extra catalogue files; later ones win."});
    t.value(
        "unknown_model",
        [](auto& s) -> auto& { return s.config.gateway.unknown_model_blocked; },
        choice_setting<bool>({{"estimate", false}, {"block", true}}),
        {.doc = "A model without a price: a conservative estimate, flagged, or 400."});
    t.group("refresh", refresh, {.doc = "Newer prices without a new version."});
    return t;
}

[[nodiscard]] Table bootstrap_table() {
    Table admin;
    admin.value(
        "email",
        [](auto& s) -> auto& { return s.config.bootstrap.admin.email; },
        login_email_setting(),
        {.doc = "The login of the first user; empty: none is made."});
    admin.value(
        "password",
        [](auto& s) -> auto& { return s.config.bootstrap.admin.password; },
        login_password_setting(),
        {.doc = "Of the first user; whoever is there already keeps theirs.", .secret = true});
    Table t;
    t.group("admin", admin, {.doc = "The console's first user."});
    t.items(
        "keys",
        [](auto& s) -> auto& { return s.bootstrap_keys; },
        bootstrap_key_table(),
        {.doc = "Virtual keys."});
    return t;
}

[[nodiscard]] Table answers_table() {
    Table t;
    t.value(
        "usage_cost",
        [](auto& s) -> auto& { return s.config.gateway.usage_cost; },
        switch_setting(),
        {.doc = "Put usage.cost into a stream's usage chunk where the caller asked for usage."});
    t.value(
        "litellm_headers",
        [](auto& s) -> auto& { return s.config.gateway.litellm_headers; },
        switch_setting(),
        {.doc = "Send x-litellm-call-id and x-litellm-response-cost too."});
    return t;
}

[[nodiscard]] Table logging_table() {
    Table t;
    t.value(
        "level",
        [](auto& s) -> auto& { return s.config.logging.level; },
        choice_setting<LogLevel>(
            {{"trace", LogLevel::trace},
             {"debug", LogLevel::debug},
             {"info", LogLevel::info},
             {"warn", LogLevel::warn},
             {"error", LogLevel::error},
             {"off", LogLevel::off}}),
        {.doc = "The least that is written to standard error."});
    t.value(
        "format",
        [](auto& s) -> auto& { return s.config.logging.format; },
        choice_setting<LogFormat>({{"json", LogFormat::json}, {"text", LogFormat::text}}),
        {.doc = "A JSON object a line, or text for people."});
    t.value(
        "content",
        [](auto& s) -> auto& { return s.config.gateway.content_logging; },
        choice_setting<gateway::ContentLogging>(
            {{"none", gateway::ContentLogging::none},
             {"redacted", gateway::ContentLogging::redacted},
             {"full", gateway::ContentLogging::full}}),
        {.doc = "Whether prompts and answers are kept in the database; a key's policy may say "
                "otherwise."});
    t.value(
        "content_limit",
        [](auto& s) -> auto& { return s.config.gateway.content_bytes_max; },
        size_setting({1 * kKiB, 16 * kMiB}),
        {.doc = "Of a prompt and of an answer; the rest is cut off."});
    t.value(
        "content_retention",
        [](auto& s) -> auto& { return s.config.logging.content_retention; },
        retention_setting(),
        {.doc = "How long they are kept."});
    return t;
}

}  // namespace

SettingsTable<ConfigSpec> config_table() {
    Table t;
    t.group("gateway", gateway_table(), {.doc = "The data plane."});
    t.group("console", console_table(), {.doc = "The console and its API."});
    t.group("metrics", metrics_table(), {.doc = "For Prometheus."});
    t.group("store", store_table(), {.doc = "The ledger."});
    t.group("policy", policy_table(), {.doc = "Limits and budgets."});
    t.group("pricing", pricing_table(), {.doc = "Prices."});
    t.entries(
        "providers",
        [](auto& s) -> auto& { return s.providers; },
        provider_table(),
        {.doc = "Where requests go, by name. With none here, the variables that the vendors' SDKs "
                "know switch "
                "providers on (OPENAI_API_KEY, MISTRAL_API_KEY, GROQ_API_KEY, DEEPSEEK_API_KEY, "
                "XAI_API_KEY, "
                "OPENROUTER_API_KEY …). The provider `sandbox` is built in; `enabled: false` "
                "removes it."});
    t.entries(
        "models",
        [](auto& s) -> auto& { return s.models; },
        model_table(),
        {.doc = "Virtual models, by name; a plain model name also reaches the provider that serves "
                "it."});
    t.group(
        "bootstrap", bootstrap_table(), {.doc = "Made at start when absent, never overwritten."});
    t.group("answers", answers_table(), {.doc = "What is added to answers."});
    t.group("logging", logging_table(), {.doc = "The program's log on standard error."});
    return t;
}

}  // namespace pulse::app
