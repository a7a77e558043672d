#include "gateway/paths/path_pattern.h"

namespace pulse::gateway {

bool matches_path(std::string_view pattern, std::string_view path, Captures& captures) {
    while (!pattern.empty()) {
        if (pattern == "*") {
            return true;
        }
        if (pattern.front() != '{') {
            if (path.empty() || path.front() != pattern.front()) {
                return false;
            }
            pattern.remove_prefix(1);
            path.remove_prefix(1);
            continue;
        }
        const std::size_t close = pattern.find('}');
        const std::string_view name = pattern.substr(1, close - 1);
        pattern.remove_prefix(close + 1);
        std::string_view segment = path.substr(0, path.find('/'));
        if (pattern.starts_with(':')) {
            const std::size_t colon = segment.rfind(':');
            if (colon == std::string_view::npos) {
                return false;
            }
            segment = segment.substr(0, colon);
        }
        if (segment.empty()) {
            return false;
        }
        if (name == "model") {
            captures.model = segment;
        } else if (name == "id") {
            captures.id = segment;
        }
        path.remove_prefix(segment.size());
    }
    return path.empty();
}

}  // namespace pulse::gateway
