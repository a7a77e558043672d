#include "llm/eventstream/frame_writer.h"

#include "base/assert.h"
#include "llm/eventstream/detail/big_endian.h"
#include "llm/eventstream/detail/checksum.h"
#include "llm/eventstream/header_reader.h"

#include <cstddef>
#include <cstdint>

namespace pulse::llm {
namespace {

constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kValueBytesMax = 32'767;

void append_named_frame(
    std::string_view name_header,
    std::string_view type,
    std::string_view message_type,
    std::string_view json,
    std::string& out) {
    std::string block;
    append_string_header(name_header, type, block);
    append_string_header(":content-type", "application/json", block);
    append_string_header(":message-type", message_type, block);
    append_event_stream_frame(block, json, out);
}

}  // namespace

void append_string_header(std::string_view name, std::string_view value, std::string& block) {
    PULSE_ASSERT(!name.empty() && name.size() <= kNameBytesMax && value.size() <= kValueBytesMax);
    block += static_cast<char>(static_cast<unsigned char>(name.size()));
    block += name;
    block += static_cast<char>(EventStreamType::string);
    detail::append_u16(value.size(), block);
    block += value;
}

void append_event_stream_frame(
    std::string_view header_block, std::string_view payload, std::string& out) {
    constexpr std::size_t kFrameBytes = 16;
    const std::size_t begin = out.size();
    detail::append_u32(
        static_cast<std::uint32_t>(kFrameBytes + header_block.size() + payload.size()), out);
    detail::append_u32(static_cast<std::uint32_t>(header_block.size()), out);
    detail::append_u32(detail::checksum_of(std::string_view{out}.substr(begin)), out);
    out += header_block;
    out += payload;
    detail::append_u32(detail::checksum_of(std::string_view{out}.substr(begin)), out);
}

void append_event_frame(std::string_view type, std::string_view json, std::string& out) {
    append_named_frame(":event-type", type, "event", json, out);
}

void append_exception_frame(std::string_view type, std::string_view json, std::string& out) {
    append_named_frame(":exception-type", type, "exception", json, out);
}

}  // namespace pulse::llm
