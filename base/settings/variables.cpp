#include "base/settings/variables.h"

#include <charconv>
#include <cstddef>
#include <utility>

namespace pulse {
namespace {

// U+E000 and U+E001, of Unicode's private use area: a mark is U+E000, the variable's number,
// U+E001.
constexpr std::string_view kMarkBegin = "\xee\x80\x80";
constexpr std::string_view kMarkEnd = "\xee\x80\x81";

[[nodiscard]] bool is_name_character(char c, bool first) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (!first && c >= '0' && c <= '9');
}

[[nodiscard]] std::string_view leading_name(std::string_view text) {
    std::size_t size = 0;
    while (size < text.size() && is_name_character(text[size], size == 0)) {
        ++size;
    }
    return text.substr(0, size);
}

}  // namespace

Result<std::string> SettingsVariables::take_out(std::string_view text) {
    if (text.find(kMarkBegin) != std::string_view::npos) {
        return Error{Errc::configuration, "holds the character U+E000, which is reserved"};
    }
    std::string out;
    out.reserve(text.size());
    const auto mark = [&](Variable variable) {
        out.append(kMarkBegin).append(std::to_string(variables_.size())).append(kMarkEnd);
        variables_.push_back(std::move(variable));
    };
    while (!text.empty()) {
        const std::size_t at = text.find('$');
        out.append(text.substr(0, at));
        if (at == std::string_view::npos) {
            break;
        }
        text.remove_prefix(at);
        if (text.starts_with("$${")) {
            mark({.written = "$${", .name = {}, .fallback = "${", .has_fallback = true});
            text.remove_prefix(3);
            continue;
        }
        const std::string_view name =
            text.starts_with("${") ? leading_name(text.substr(2)) : std::string_view{};
        const std::size_t end = text.find_first_of("}\n");
        const std::string_view rest =
            name.empty() || end == std::string_view::npos || text[end] == '\n'
                ? std::string_view{"?"}
                : text.substr(2 + name.size(), end - 2 - name.size());
        if (!rest.empty() && !rest.starts_with(":-")) {
            // No variable: left as it is, and refused later if it stands in a value.
            out.push_back('$');
            text.remove_prefix(1);
            continue;
        }
        mark(
            {.written = std::string(text.substr(0, end + 1)),
             .name = std::string(name),
             .fallback = std::string(rest.substr(rest.empty() ? 0 : 2)),
             .has_fallback = !rest.empty()});
        text.remove_prefix(end + 1);
    }
    return out;
}

template <class Replace>
void SettingsVariables::each_part(
    std::string_view text, std::string& out, Replace&& replace) const {
    while (!text.empty()) {
        const std::size_t at = text.find(kMarkBegin);
        out.append(text.substr(0, at));
        if (at == std::string_view::npos) {
            return;
        }
        text.remove_prefix(at + kMarkBegin.size());
        std::size_t index = variables_.size();
        const auto read = std::from_chars(text.data(), text.data() + text.size(), index);
        text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
        // An escape in the file may have made a mark's characters: such a one stands for nothing.
        if (text.starts_with(kMarkEnd) && index < variables_.size()) {
            text.remove_prefix(kMarkEnd.size());
            replace(variables_[index]);
        }
    }
}

SettingsVariables::Expanded SettingsVariables::expand(
    std::string_view value, const EnvironmentLookup& environment) const {
    Expanded expanded;
    each_part(value, expanded.text, [&](const Variable& variable) {
        const std::optional<std::string> found =
            variable.name.empty() || !environment ? std::nullopt : environment(variable.name);
        if (found && (!found->empty() || !variable.has_fallback)) {
            expanded.text.append(*found);
        } else if (variable.has_fallback) {
            expanded.text.append(variable.fallback);
        } else {
            expanded.unset.append(expanded.unset.empty() ? "" : ", ").append(variable.name);
        }
    });
    return expanded;
}

std::string SettingsVariables::written(std::string_view text) const {
    std::string out;
    each_part(text, out, [&](const Variable& variable) { out.append(variable.written); });
    return out;
}

}  // namespace pulse
