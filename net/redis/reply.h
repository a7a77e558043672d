#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::net::redis {

namespace detail {
struct Call;
class CallTable;
class ReplyParser;
}  // namespace detail

/// What a server answered, RESP2. Asking for what it is not gives 0, "" or nothing, so that a
/// reader needs to look at kind() only where it matters. Value; not thread-safe. Source:
/// https://redis.io/docs/reference/protocol-spec/ (RESP2), read 2026-11-21.
class Reply {
public:
    enum class Kind : std::uint8_t { nil, integer, string, error, array };

    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] bool is_nil() const { return kind_ == Kind::nil; }
    [[nodiscard]] bool is_error() const { return kind_ == Kind::error; }

    [[nodiscard]] std::int64_t integer() const { return integer_; }
    /// Of a string (simple or bulk) or an error ("WRONGTYPE Operation against …").
    [[nodiscard]] std::string_view text() const { return text_; }
    /// Of an array, in order.
    [[nodiscard]] std::span<const Reply> elements() const { return elements_; }
    /// The element there, a nil when there is none.
    [[nodiscard]] const Reply& at(std::size_t index) const;

private:
    friend class detail::ReplyParser;
    Kind kind_ = Kind::nil;
    std::int64_t integer_ = 0;
    std::string text_;
    std::vector<Reply> elements_;
};

/// Why a call has no reply.
struct Failure {
    enum class Kind : std::uint8_t {
        deadline,         ///< no reply in time; the server may have executed it, or do so yet
        unavailable,      ///< the node is down, unknown or loading: certainly not executed
        connection_lost,  ///< between sending and its reply; may have been executed
        overloaded,       ///< too many calls are in flight: certainly not executed
        protocol,         ///< the answer was no RESP, or too large; may have been executed
    };
    Kind kind = Kind::unavailable;
    std::string text;  ///< for the log: node and reason, never a password
};

[[nodiscard]] std::string_view to_string(Failure::Kind kind);
/// Whether the server may have executed a call that ended so.
[[nodiscard]] bool may_have_executed(Failure::Kind kind);

/// Waits for the end of one call at a time. Exactly one of its functions is called, once, from the
/// loop and never inside the call that was made; none after forget() or its destruction. It may
/// make the next call, or destroy itself, while it is called. Lives on one worker.
class ReplyHandler {
public:
    ReplyHandler() = default;
    ReplyHandler(const ReplyHandler&) = delete;
    ReplyHandler& operator=(const ReplyHandler&) = delete;

    /// `reply` is valid during the call only. An error reply of the server comes here too.
    virtual void on_reply(const Reply& reply) = 0;
    virtual void on_failure(const Failure& failure) = 0;

    [[nodiscard]] bool is_waiting() const { return call_ != nullptr; }
    /// Is not called for its call any more; the server executes it all the same.
    void forget();

protected:
    virtual ~ReplyHandler() { forget(); }

private:
    friend class detail::CallTable;
    detail::Call* call_ = nullptr;
};

}  // namespace pulse::net::redis
