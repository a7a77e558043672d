#pragma once

#include "net/listener.h"
#include "net/websocket/frame_scanner.h"
#include "net/websocket/frame_writer.h"
#include "net/websocket/relay.h"
#include "tests/unit/net/blocking_client.h"
#include "tests/unit/net/loop_thread.h"

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::net::websocket {

/// A relay between two sockets: `caller` and `provider` are their blocking other ends.
class RelayFixture final : private RelayObserver {
public:
    explicit RelayFixture(
        const RelayLimits& limits = {}, const std::string& early_of_provider = {}) {
        thread_.run([&] {
            listener_ = *Listener::open(thread_.loop(), claim_.address(), {}, [&](Stream stream) {
                accepted_.push_back(std::move(stream));
                arrived_.set_value();
                arrived_ = std::promise<void>{};
            });
        });
        caller.emplace(connect());
        provider.emplace(connect());
        thread_.run([&] {
            relay_ = std::make_unique<Relay>(
                thread_.loop(),
                accepted_[0],
                accepted_[1],
                limits,
                static_cast<RelayObserver&>(*this));
            relay_->start({}, early_of_provider);
        });
    }
    ~RelayFixture() {
        thread_.run([&] {
            relay_.reset();
            accepted_.clear();
            listener_.reset();
        });
    }
    RelayFixture(const RelayFixture&) = delete;
    RelayFixture& operator=(const RelayFixture&) = delete;

    void order(std::uint16_t code, const std::string& reason) {
        thread_.run([&] { relay_->close(code, reason); });
    }
    /// Waits for the end, and closes the streams as their owners do.
    [[nodiscard]] RelayEnd await_end() {
        auto ended = ended_.get_future();
        EXPECT_EQ(ended.wait_for(std::chrono::seconds{10}), std::future_status::ready);
        thread_.run([&] {
            for (Stream& stream : accepted_) {
                stream.close();
            }
        });
        return ended.get();
    }

    static std::string frame(Sender sender, Opcode opcode, std::string_view payload) {
        std::string out;
        append_frame(out, sender, opcode, payload);
        return out;
    }
    static std::string server_text(std::string_view text) {
        return frame(Sender::server, Opcode::text, text);
    }
    static std::string client_text(std::string_view text) {
        return frame(Sender::client, Opcode::text, text);
    }
    static std::string close_frame(Sender sender, std::uint16_t code, std::string_view reason) {
        std::string out;
        append_close(out, sender, code, reason);
        return out;
    }
    /// Reads one control frame, unmasked: "8:1000:bye".
    static std::string read_close(BlockingClient& from) {
        const std::string head = from.read(2);
        if (head.size() < 2) {
            return "end";
        }
        const unsigned second = static_cast<unsigned char>(head[1]);
        const std::string mask = (second & 0x80) != 0 ? from.read(4) : std::string(4, '\0');
        std::string payload = from.read(second & 0x7f);
        for (std::size_t i = 0; i < payload.size(); ++i) {
            payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
        }
        const unsigned code = payload.size() < 2 ? 1005
                                                 : static_cast<unsigned char>(payload[0]) << 8U |
                                                       static_cast<unsigned char>(payload[1]);
        return std::to_string(static_cast<unsigned char>(head[0]) & 0x0f) + ":" +
               std::to_string(code) + ":" + (payload.size() < 2 ? "" : payload.substr(2));
    }

    std::optional<BlockingClient> caller;
    std::optional<BlockingClient> provider;
    std::atomic<bool> reads_on{false};
    std::string farewell_text;
    std::string notice_text;
    /// What the observer has seen, each message with a newline. Read it when nothing moves.
    std::string seen;
    /// A message that ends the session when it has come.
    std::string last_message;

private:
    int connect() {
        auto arrived = arrived_.get_future();
        BlockingClient client{claim_.address().port};
        arrived.wait();
        thread_.run([] {});  // the listener is done with it
        return ::dup(client.socket());
    }
    void on_provider_text(std::string_view piece) override { message_ += piece; }
    void on_provider_text_end() override {
        seen += message_ + "\n";
        if (!last_message.empty() && message_ == last_message) {
            relay_->close(close_code::kPolicyViolation, "used up");
        }
        if (message_ == "done") {
            reads_on = false;
        }
        message_.clear();
    }
    [[nodiscard]] bool must_read_on() const override { return reads_on; }
    [[nodiscard]] std::string_view farewell() const override { return farewell_text; }
    [[nodiscard]] std::string notice(std::uint16_t, std::string_view) const override {
        return notice_text;
    }
    void on_relay_end(RelayEnd end) override { ended_.set_value(end); }

    PortClaim claim_ = *PortClaim::take({.host = "127.0.0.1", .port = 0});
    std::promise<void> arrived_;
    std::promise<RelayEnd> ended_;
    std::vector<Stream> accepted_;
    std::string message_;
    LoopThread thread_;
    std::unique_ptr<Listener> listener_;
    std::unique_ptr<Relay> relay_;
};

}  // namespace pulse::net::websocket
