#include "app/config/config_spec.h"
#include "app/config/setting_types.h"

#include <chrono>

namespace pulse::app {
namespace {

using namespace std::chrono_literals;

using Table = SettingsTable<ConfigSpec>;

constexpr std::uint64_t kKiB = std::uint64_t{1} << 10;
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr Between<std::chrono::milliseconds> kWait{10ms, 24h};

[[nodiscard]] Table gateway_timeouts_table() {
    Table t;
    t.value(
        "connect",
        [](auto& s) -> auto& { return s.config.gateway.timeouts.connect; },
        duration_setting(kWait),
        {.doc = "To a provider: name, connection and TLS."});
    t.value(
        "first_byte",
        [](auto& s) -> auto& { return s.config.gateway.timeouts.first_byte; },
        duration_setting(kWait),
        {.doc = "Until a stream's answer begins."});
    t.value(
        "first_byte_buffered",
        [](auto& s) -> auto& { return s.config.gateway.timeouts.first_byte_buffered; },
        duration_setting(kWait),
        {.doc = "Until an answer that is no stream begins."});
    t.value(
        "idle",
        [](auto& s) -> auto& { return s.config.gateway.timeouts.idle; },
        duration_setting(kWait),
        {.doc = "Between two pieces of an answer."});
    t.value(
        "total",
        [](auto& s) -> auto& { return s.config.gateway.timeouts.total; },
        duration_setting(kWait),
        {.doc = "Of a whole request."});
    t.value(
        "drain",
        [](auto& s) -> auto& { return s.config.gateway.timeouts.drain; },
        duration_setting({0ms, 24h}),
        {.doc = "How long an answer is read on for its usage when the caller is gone."});
    t.value(
        "head",
        [](auto& s) -> auto& { return s.config.gateway.server.head_timeout; },
        duration_setting(kWait),
        {.doc = "For a caller's head, from its first byte.", .needs_restart = true});
    t.value(
        "body",
        [](auto& s) -> auto& { return s.config.gateway.server.body_timeout; },
        duration_setting(kWait),
        {.doc = "For a caller's body, plus 1 s per 64 KiB.", .needs_restart = true});
    t.value(
        "keep_alive",
        [](auto& s) -> auto& { return s.config.gateway.server.idle_timeout; },
        duration_setting(kWait),
        {.doc = "Of a caller's idle connection.", .needs_restart = true});
    t.value(
        "send",
        [](auto& s) -> auto& { return s.config.gateway.server.send_timeout; },
        duration_setting(kWait),
        {.doc = "For a caller who does not read.", .needs_restart = true});
    return t;
}

[[nodiscard]] Table gateway_limits_table() {
    Table t;
    t.value(
        "listen",
        [](auto& s) -> auto& { return s.config.gateway.listen; },
        listen_setting(),
        {.doc = "The data plane. PULSE_GATEWAY_LISTEN overrides it; so does PORT, which listens on "
                "all addresses "
                "where none is set here.",
         .needs_restart = true});
    t.value(
        "threads",
        [](auto& s) -> auto& { return s.config.gateway.threads; },
        threads_setting(),
        {.doc = "Event loops; auto is one per core.", .needs_restart = true});
    t.value(
        "max_body",
        [](auto& s) -> auto& { return s.config.gateway.server.body_bytes_max; },
        size_setting({kKiB, kGiB}),
        {.doc = "Of a JSON body.", .needs_restart = true});
    t.value(
        "max_upload",
        [](auto& s) -> auto& { return s.config.gateway.server.upload_bytes_max; },
        size_setting({kKiB, 16 * kGiB}),
        {.doc = "Of files and audio; a large one waits in a file (TMPDIR, else /var/tmp), not in memory.",
         .needs_restart = true});
    t.value(
        "body_memory",
        [](auto& s) -> auto& { return s.config.gateway.body_memory; },
        size_setting({kMiB, 1024 * kGiB}),
        {.doc = "All bodies in memory together; beyond it 503.", .needs_restart = true});
    t.list(
        "trusted_proxies",
        [](auto& s) -> auto& { return s.config.gateway.trusted_proxies; },
        cidr_setting(),
        {.doc = "Whose X-Forwarded-For is believed."});
    t.value(
        "answer_buffer",
        [](auto& s) -> auto& { return s.config.gateway.answer_buffer; },
        size_setting({kKiB, kGiB}),
        {.doc = "Buffered answers up to this carry their cost in the head."});
    t.value(
        "max_header",
        [](auto& s) -> auto& { return s.config.gateway.server.head_bytes_max; },
        size_setting({4 * kKiB, kMiB}),
        {.doc = "Of a request's head.", .needs_restart = true});
    t.value(
        "shutdown_grace",
        [](auto& s) -> auto& { return s.config.gateway.shutdown_grace; },
        duration_setting({0ms, 24h}),
        {.doc = "How long running requests may go on after SIGTERM."});
    return t;
}

}  // namespace

SettingsTable<ConfigSpec> gateway_table() {
    Table tls;
    tls.value(
        "certificate",
        [](auto& s) -> auto& { return s.config.gateway.tls_certificate; },
        path_setting(),
        {.doc = "PEM, the server's own first."});
    tls.value(
        "private_key",
        [](auto& s) -> auto& { return s.config.gateway.tls_private_key; },
        path_setting(),
        {.doc = "PEM."});
    Table cors;
    cors.list(
        "origins",
        [](auto& s) -> auto& { return s.config.gateway.cors_origins; },
        origin_setting(),
        {.doc = "Web pages that may call the gateway from a browser, like https://app.example.com; "
                "* is any, empty switches CORS off."});
    Table t = gateway_limits_table();
    t.group("tls", tls, {.doc = "HTTPS on the data plane; both or none.", .needs_restart = true});
    t.group("timeouts", gateway_timeouts_table(), {.doc = "No wait is without an end."});
    t.group("cors", cors, {.doc = "Calls from browsers."});
    return t;
}

SettingsTable<gateway::UpstreamTimeouts> model_timeouts_table() {
    using gateway::UpstreamTimeouts;
    SettingsTable<UpstreamTimeouts> t;
    t.value("connect", [](auto& w) -> auto& { return w.connect; }, duration_setting(kWait), {});
    t.value(
        "first_byte", [](auto& w) -> auto& { return w.first_byte; }, duration_setting(kWait), {});
    t.value(
        "first_byte_buffered",
        [](auto& w) -> auto& { return w.first_byte_buffered; },
        duration_setting(kWait),
        {});
    t.value("idle", [](auto& w) -> auto& { return w.idle; }, duration_setting(kWait), {});
    t.value("total", [](auto& w) -> auto& { return w.total; }, duration_setting(kWait), {});
    t.value("drain", [](auto& w) -> auto& { return w.drain; }, duration_setting({0ms, 24h}), {});
    return t;
}

}  // namespace pulse::app
