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

[[nodiscard]] bool is_within(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

[[nodiscard]] bool has_line_end(std::string_view text) {
    return text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos;
}

/// The head as this server understood it, written in the plainest form.
[[nodiscard]] std::string rewrite(const RequestHead& head) {
    std::string text{head.method};
    text.append(" ")
        .append(head.target)
        .append(head.minor_version == 0 ? " HTTP/1.0" : " HTTP/1.1")
        .append("\r\n");
    for (const Field& field : head.fields) {
        text.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    return text + "\r\n";
}

void check_accepted(const RequestHead& head, std::string_view bytes) {
    PULSE_ASSERT(head.size == bytes.size());
    PULSE_ASSERT(head.target == "*" || head.target.front() == '/');
    PULSE_ASSERT(!has_line_end(head.target) && is_within(head.target, bytes));
    for (const Field& field : head.fields) {
        PULSE_ASSERT(!field.name.empty() && is_within(field.name, bytes));
        PULSE_ASSERT(!has_line_end(field.value) && is_within(field.value, bytes));
        PULSE_ASSERT(field.name.find_first_of(" \t:") == std::string_view::npos);
    }
    const bool has_length = head.fields.find("content-length") != nullptr;
    const bool has_coding = head.fields.find("transfer-encoding") != nullptr;
    PULSE_ASSERT(!(has_length && has_coding));
    PULSE_ASSERT(has_coding == (head.framing == BodyFraming::chunked));
}

/// Whoever reads what we understood must understand the same.
void check_rewritten(const RequestHead& head) {
    const std::string text = rewrite(head);
    std::size_t scanned = 0;
    PULSE_ASSERT(find_head_end(text, scanned) == text.size());
    RequestHead again;
    PULSE_ASSERT(parse_request_head(text, again).has_value());
    PULSE_ASSERT(again.method == head.method && again.target == head.target);
    PULSE_ASSERT(again.framing == head.framing && again.content_length == head.content_length);
    PULSE_ASSERT(again.keep_alive == head.keep_alive && again.wants_upgrade == head.wants_upgrade);
    PULSE_ASSERT(again.fields.size() == head.fields.size());
}

/// What the quick scan takes, Beast takes too, and reads alike.
void check_quick_scan(std::string_view bytes) {
    RequestHead quick;
    RequestHead slow;
    detail::HeadFacts facts;
    if (!detail::scan_request_head(bytes, quick, facts)) {
        return;
    }
    PULSE_ASSERT(detail::is_accepted_by_beast(bytes, slow));
    PULSE_ASSERT(quick.method == slow.method && quick.target == slow.target);
    PULSE_ASSERT(quick.minor_version == slow.minor_version && quick.fields.size() == slow.fields.size());
    for (std::size_t i = 0; i < quick.fields.size(); ++i) {
        PULSE_ASSERT(quick.fields.begin()[i].name == slow.fields.begin()[i].name);
        PULSE_ASSERT(quick.fields.begin()[i].value == slow.fields.begin()[i].value);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    (void)is_http2_preface(bytes);
    RequestHead head;
    std::size_t scanned = 0;
    const auto end = find_head_end(bytes, scanned);
    const std::string_view candidate = bytes.substr(0, end.value_or(size));
    check_quick_scan(candidate);
    if (parse_request_head(candidate, head)) {
        PULSE_ASSERT(end.has_value());
        check_accepted(head, candidate);
        check_rewritten(head);
    }
    return 0;
}
