#include "llm/meter_reading.h"

#include <simdjson.h>

namespace pulse::llm {

std::string unescaped_text(std::string_view raw) {
    if (raw.find('\\') == std::string_view::npos) {
        return std::string{raw};
    }
    std::string json;
    json.reserve(raw.size() + 2);
    json.append(1, '"').append(raw).append(1, '"');
    simdjson::dom::parser parser;
    std::string_view text;
    const bool is_resolved = parser.parse(json).get(text) == simdjson::SUCCESS;
    return std::string{is_resolved ? text : raw};
}

}  // namespace pulse::llm
