#include "base/assert.h"
#include "net/http/detail/head_oracle.h"
#include "net/http/detail/head_scan.h"
#include "net/http/head.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace pulse::net;

void check_accepted(const ResponseHead& head, std::string_view method, std::string_view bytes) {
    PULSE_ASSERT(head.size == bytes.size());
    PULSE_ASSERT(head.status >= 100 && head.status <= 599);
    PULSE_ASSERT(head.framing != BodyFraming::until_close || !head.keep_alive);
    PULSE_ASSERT(head.framing != BodyFraming::length || head.content_length > 0);
    const bool is_bodyless =
        method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304;
    PULSE_ASSERT(!is_bodyless || head.framing == BodyFraming::none);
    for (const Field& field : head.fields) {
        PULSE_ASSERT(!field.name.empty());
        PULSE_ASSERT(
            field.value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos);
    }
}

/// Whoever reads what we understood must understand the same.
void check_rewritten(const ResponseHead& head, std::string_view method) {
    std::string text =
        "HTTP/1." + std::to_string(head.minor_version) + " " + std::to_string(head.status) + " ";
    text.append(head.reason).append("\r\n");
    for (const Field& field : head.fields) {
        text.append(field.name).append(":").append(field.value).append("\r\n");
    }
    text += "\r\n";
    ResponseHead again;
    PULSE_ASSERT(parse_response_head(text, method, again).has_value());
    PULSE_ASSERT(again.framing == head.framing && again.content_length == head.content_length);
    PULSE_ASSERT(again.keep_alive == head.keep_alive);
}

/// What the quick scan takes, Beast takes too, and reads alike.
void check_quick_scan(std::string_view bytes) {
    ResponseHead quick;
    ResponseHead slow;
    detail::HeadFacts facts;
    if (!detail::scan_response_head(bytes, quick, facts)) {
        return;
    }
    PULSE_ASSERT(detail::is_accepted_by_beast(bytes, slow));
    PULSE_ASSERT(quick.status == slow.status && quick.minor_version == slow.minor_version);
    PULSE_ASSERT(quick.fields.size() == slow.fields.size());
    for (std::size_t i = 0; i < quick.fields.size(); ++i) {
        PULSE_ASSERT(quick.fields.begin()[i].name == slow.fields.begin()[i].name);
        PULSE_ASSERT(quick.fields.begin()[i].value == slow.fields.begin()[i].value);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    std::size_t scanned = 0;
    const auto end = find_head_end(bytes, scanned);
    const std::string_view candidate = bytes.substr(0, end.value_or(size));
    check_quick_scan(candidate);
    ResponseHead head;
    for (const std::string_view method : {"POST", "HEAD"}) {
        if (parse_response_head(candidate, method, head)) {
            check_accepted(head, method, candidate);
            check_rewritten(head, method);
        }
    }
    return 0;
}
