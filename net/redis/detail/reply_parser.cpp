#include "net/redis/detail/reply_parser.h"

#include "base/assert.h"

#include <hiredis/read.h>

#include <algorithm>

namespace pulse::net::redis::detail {

/// What hiredis's reader calls. Its objects are our Replies, which it does not own.
struct ReplyParser::Functions {
    static Reply& place(const redisReadTask* task) {
        return static_cast<ReplyParser*>(task->privdata)->place_for(*task);
    }
    static void* create_string(const redisReadTask* task, char* text, std::size_t size) {
        Reply& reply = place(task);
        reply.kind_ = task->type == REDIS_REPLY_ERROR ? Reply::Kind::error : Reply::Kind::string;
        reply.text_.assign(text, size);
        return &reply;
    }
    static void* create_array(const redisReadTask* task, int elements) {
        // A server that announces more than it sends must not cost more than what it sends.
        constexpr int kReserveMax = 256;
        Reply& reply = place(task);
        reply.kind_ = Reply::Kind::array;
        reply.elements_.reserve(static_cast<std::size_t>(std::clamp(elements, 0, kReserveMax)));
        return &reply;
    }
    // NOLINTNEXTLINE(google-runtime-int): the signature is hiredis's
    static void* create_integer(const redisReadTask* task, long long value) {
        Reply& reply = place(task);
        reply.kind_ = Reply::Kind::integer;
        reply.integer_ = value;
        return &reply;
    }
    static void* create_nil(const redisReadTask* task) { return &place(task); }
    static void free_object(void* /*object*/) {}
};

void ReplyParser::Free::operator()(redisReader* reader) const {
    redisReaderFree(reader);
}

ReplyParser::ReplyParser(std::size_t reply_bytes_max) : reply_bytes_max_(reply_bytes_max) {
    static redisReplyObjectFunctions functions{
        .createString = &Functions::create_string,
        .createArray = &Functions::create_array,
        .createInteger = &Functions::create_integer,
        .createNil = &Functions::create_nil,
        .freeObject = &Functions::free_object};
    reader_.reset(redisReaderCreateWithFunctions(&functions));
    PULSE_ASSERT(reader_ != nullptr);
    reader_->privdata = this;
}

/// Only the last element of each open array is being filled, so that a place stays where it is for
/// as long as the reader holds it.
Reply& ReplyParser::place_for(const redisReadTask& task) {
    if (task.parent != nullptr) {
        return static_cast<Reply*>(task.parent->obj)->elements_.emplace_back();
    }
    reply_.kind_ = Reply::Kind::nil;
    reply_.integer_ = 0;
    reply_.text_.clear();
    reply_.elements_.clear();
    return reply_;
}

void ReplyParser::feed(std::string_view bytes) {
    if (reason_.empty()) {
        redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
        bytes_of_reply_ += bytes.size();
    }
}

ReplyParser::Found ReplyParser::next() {
    if (!reason_.empty()) {
        return Found::bad;
    }
    void* found = nullptr;
    if (redisReaderGetReply(reader_.get(), &found) != REDIS_OK) {
        reason_ = "no reply of Redis";
        return Found::bad;
    }
    if (found != nullptr) {
        bytes_of_reply_ = reader_->len - reader_->pos;
        return Found::reply;
    }
    if (bytes_of_reply_ > reply_bytes_max_) {
        reason_ = "a reply of more than " + std::to_string(reply_bytes_max_) + " bytes";
        return Found::bad;
    }
    return Found::more;
}

}  // namespace pulse::net::redis::detail
