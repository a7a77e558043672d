#include "net/websocket/frame_writer.h"
#include "net/websocket/handshake.h"

#include <gtest/gtest.h>

#include "exchange_scripts.h"
#include <future>
#include <string>
#include <string_view>

// What a realtime session reserves it gives back, and what is billed within has its row, whatever
// the end.
namespace pulse::tests {
namespace {

namespace ws = net::websocket;

constexpr std::string_view kDone =
    R"({"type":"response.done","response":{"id":"resp_1","status":"completed","usage":{"input_tokens":10,"output_tokens":5}}})";
constexpr std::string_view kBegun = R"({"type":"response.created","response":{"id":"resp_1"}})";

std::string frame(ws::Sender sender, ws::Opcode opcode, std::string_view payload) {
    std::string out;
    ws::append_frame(out, sender, opcode, payload);
    return out;
}
std::string told(std::string_view event) {
    return frame(ws::Sender::server, ws::Opcode::text, event);
}
std::string close_of(ws::Sender sender) {
    std::string out;
    ws::append_close(out, sender, ws::close_code::kNormal, {});
    return out;
}

std::string opening() {
    return "GET /v1/realtime?model=m HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " +
           std::string(GatewayBench::kKey) +
           "\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
           "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

void open_session(ScriptedConnection& connection, std::string_view frames = {}) {
    const std::string request = connection.read_request();
    constexpr std::string_view kField = "sec-websocket-key: ";
    const std::string key = request.substr(request.find(kField) + kField.size(), 24);
    connection.send(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: "
        "Upgrade\r\nsec-websocket-accept: " +
        ws::accept_of(key) + "\r\n\r\n" + std::string(frames));
}

/// Opens the session and says all of `frames` at once.
ScriptedProvider::Script saying(const std::string& frames) {
    return [frames](ScriptedConnection& connection) {
        open_session(connection, frames);
        static_cast<void>(connection.await_close());
    };
}

constexpr std::string_view kBudget =
    R"({"allow_deferred":true,"budgets":[{"period":"month","limit":"1000.00","currency":"USD"}]})";

TEST(ExchangeRealtime, WritesARowForWhatIsBilledAndOneForTheSession) {
    GatewayBench bench(
        {.policy = std::string(kBudget)},
        {saying(told(kBegun) + told(kDone) + close_of(ws::Sender::server))});
    ScriptedCaller caller(bench.port());
    caller.send(opening());
    const std::string head = caller.read_until("\r\n\r\n");
    EXPECT_EQ(head.substr(0, 34), "HTTP/1.1 101 Switching Protocols\r\n");
    EXPECT_NE(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
    static_cast<void>(caller.read_until(kDone));

    const auto response = bench.rows().next();
    ASSERT_NE(response, nullptr);
    EXPECT_EQ(response->record().usage.input_uncached, 10);
    EXPECT_EQ(response->record().usage.output_total, 5);
    EXPECT_EQ(response->record().request_id_provider, "resp_1");
    EXPECT_EQ(response->record().attempts.size(), 1U);

    caller.send(close_of(ws::Sender::client));
    static_cast<void>(caller.read_to_end());
    const auto session = bench.rows().next();
    ASSERT_NE(session, nullptr);
    EXPECT_EQ(session->record().status, 101);
    EXPECT_EQ(session->record().outcome, storage::Outcome::answered);
    EXPECT_EQ(session->record().usage, Usage{});
    EXPECT_EQ(response->record().request_id_caller, session->record().id.to_string());
    EXPECT_EQ(bench.rows().unread(), 0U);
    EXPECT_EQ(bench.rows().reserved(), 0);
    EXPECT_EQ(bench.quota().reservations_open(), 0U);
}

TEST(ExchangeRealtime, EndsTheSessionWhenTheLedgerIsFullAndKeepsWhatWasBilled) {
    std::promise<void> is_full;
    const auto full = is_full.get_future().share();
    GatewayBench bench(
        {.policy = std::string(kBudget)}, {[full](ScriptedConnection& connection) {
            open_session(connection);
            full.wait();
            connection.send(told(kBegun) + told(kDone) + close_of(ws::Sender::server));
            static_cast<void>(connection.await_close());
        }});
    ScriptedCaller caller(bench.port());
    caller.send(opening());
    static_cast<void>(caller.read_until("\r\n\r\n"));
    bench.rows().set_full(true);
    is_full.set_value();

    const std::string rest = caller.read_until("open it again shortly.\"");
    EXPECT_NE(rest.find(kDone), std::string::npos);
    EXPECT_NE(rest.find("\"type\":\"error\""), std::string::npos);
    caller.send(close_of(ws::Sender::client));
    static_cast<void>(caller.read_to_end());

    const auto response = bench.rows().next();
    ASSERT_NE(response, nullptr);
    EXPECT_EQ(response->record().usage.output_total, 5);
    const auto session = bench.rows().next();
    ASSERT_NE(session, nullptr);
    EXPECT_EQ(session->record().error_code, "overloaded");
    EXPECT_EQ(bench.rows().reserved(), 0);
    EXPECT_EQ(bench.quota().reservations_open(), 0U);
}

TEST(ExchangeRealtime, IsRefusedWhenTheLedgerIsFull) {
    GatewayBench bench({.policy = std::string(kBudget)}, {});
    bench.rows().set_full(true);
    ScriptedCaller caller(bench.port());
    caller.send(opening());
    const std::string answer = caller.read_answer();
    EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 503");
    EXPECT_EQ(bench.rows().reserved(), 0);
}

TEST(ExchangeRealtime, CountsWhatWasMadeWhenTheProviderBreaksOff) {
    GatewayBench bench(
        {.policy = std::string(kBudget)}, {[](ScriptedConnection& connection) {
            open_session(
                connection,
                told(kBegun) +
                    told(R"({"type":"response.output_text.delta","delta":"one two three four"})"));
            connection.close();
        }});
    ScriptedCaller caller(bench.port());
    caller.send(opening());
    static_cast<void>(caller.read_until("broke off."));
    caller.send(close_of(ws::Sender::client));
    static_cast<void>(caller.read_to_end());

    const auto response = bench.rows().next();
    ASSERT_NE(response, nullptr);
    EXPECT_EQ(response->record().usage_source, UsageSource::counted);
    EXPECT_GE(response->record().usage.output_total, 3);
    EXPECT_EQ(response->record().outcome, storage::Outcome::cut);
    const auto session = bench.rows().next();
    ASSERT_NE(session, nullptr);
    EXPECT_EQ(session->record().outcome, storage::Outcome::cut);
    EXPECT_EQ(bench.rows().reserved(), 0);
    EXPECT_EQ(bench.quota().reservations_open(), 0U);
}

TEST(ExchangeRealtime, SettlesASessionWhoseCallerHangsUp) {
    GatewayBench bench({.policy = std::string(kBudget)}, {[](ScriptedConnection& connection) {
                           open_session(connection, told(kDone));
                           connection.send(close_of(ws::Sender::server));
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());
    caller.send(opening());
    static_cast<void>(caller.read_until(kDone));
    caller.hang_up();

    ASSERT_NE(bench.rows().next(), nullptr);
    ASSERT_NE(bench.rows().next(), nullptr);
    EXPECT_EQ(bench.rows().unread(), 0U);
}

}  // namespace
}  // namespace pulse::tests
