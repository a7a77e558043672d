#pragma once

#include "net/redis/reply.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct redisReader;
struct redisReadTask;

namespace pulse::net::redis::detail {

/// Replies out of a server's bytes, however they are cut: hiredis's reader, which fills our Reply.
/// Holds at most `reply_bytes_max` of one reply and one feed. Lives on one worker.
class ReplyParser {
public:
    explicit ReplyParser(std::size_t reply_bytes_max);
    ReplyParser(const ReplyParser&) = delete;
    ReplyParser& operator=(const ReplyParser&) = delete;

    enum class Found : std::uint8_t {
        reply,
        more,  ///< the next reply is not whole
        bad,   ///< no RESP, or too large: reason() says which. Stays so
    };
    void feed(std::string_view bytes);
    [[nodiscard]] Found next();
    /// What next() found; valid until it is called again.
    [[nodiscard]] const Reply& reply() const { return reply_; }
    [[nodiscard]] const std::string& reason() const { return reason_; }

private:
    struct Functions;
    struct Free {
        void operator()(redisReader* reader) const;
    };
    [[nodiscard]] Reply& place_for(const redisReadTask& task);

    std::unique_ptr<redisReader, Free> reader_;
    std::size_t reply_bytes_max_;
    std::size_t bytes_of_reply_ = 0;  // fed and not part of an earlier reply
    Reply reply_;
    std::string reason_;
};

}  // namespace pulse::net::redis::detail
