#include "gateway/providers/credentials/head_fields.h"

namespace pulse::gateway {

namespace {
constexpr std::string_view kLineEnd = "\r\n";

[[nodiscard]] std::string_view behind(std::string_view text, std::size_t line_end) {
    return line_end == std::string_view::npos ? std::string_view{}
                                              : text.substr(line_end + kLineEnd.size());
}
}  // namespace

HeadFields::HeadFields(std::string_view head) : rest_(behind(head, head.find(kLineEnd))) {}

bool HeadFields::next(net::Field& field) {
    while (!rest_.empty()) {
        const std::size_t end = rest_.find(kLineEnd);
        const std::string_view line = rest_.substr(0, end);
        rest_ = behind(rest_, end);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos) {
            field = {line.substr(0, colon), net::trimmed(line.substr(colon + 1))};
            return true;
        }
    }
    return false;
}

bool has_field(std::string_view head, std::string_view name) {
    HeadFields fields(head);
    net::Field field;
    while (fields.next(field)) {
        if (net::iequals(field.name, name)) {
            return true;
        }
    }
    return false;
}

}  // namespace pulse::gateway
