#include "llm/meter_reading.h"

#include <simdjson.h>

#include <algorithm>

namespace pulse::llm {

void ProviderCalls::take_larger(const ProviderCalls& other) {
    web_searches = std::max(web_searches, other.web_searches);
    file_searches = std::max(file_searches, other.file_searches);
    code_sessions = std::max(code_sessions, other.code_sessions);
    images = std::max(images, other.images);
    citation_tokens = std::max(citation_tokens, other.citation_tokens);
}

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
