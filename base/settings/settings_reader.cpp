#include "base/settings/settings_reader.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace pulse {
namespace {

constexpr std::size_t kProblemsShown = 50;
constexpr std::size_t kWordShown = 60;
constexpr std::size_t kWordCompared = 40;
constexpr std::size_t kSecretBytesMax = std::size_t{64} * 1024;
constexpr std::string_view kSecretFile = "file:";

/// How many characters must be changed, added, removed or swapped with their neighbour to make `a`
/// of `b`.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({changed, above[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[b.size()];
}

[[nodiscard]] std::string shortened(std::string_view word) {
    return std::string(word.substr(0, kWordShown)) + (word.size() > kWordShown ? "…" : "");
}

/// One line whatever a key holds: problems are printed one a line.
[[nodiscard]] std::string printable(std::string text) {
    std::replace_if(
        text.begin(),
        text.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; },
        '?');
    return text;
}

}  // namespace

std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& known) {
    std::string_view nearest;
    std::size_t distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    if (word.size() > kWordCompared) {
        return nearest;
    }
    for (const std::string_view candidate : known) {
        const std::size_t d = edit_distance(word, candidate);
        if (d < distance && d < candidate.size()) {
            distance = d;
            nearest = candidate;
        }
    }
    return nearest;
}

SettingsReader::SettingsReader(SettingsSource source) : source_(std::move(source)) {}

void SettingsReader::problem(const SettingsPlace& place, std::string what) {
    problems_.push_back({place.line, place.path, std::move(what)});
}

void SettingsReader::warning(const SettingsPlace& place, std::string what) {
    const SettingsProblem line{place.line, place.path, std::move(what)};
    warnings_.push_back(printable(line.text(source_.file_name)));
}

std::optional<std::string> SettingsReader::text(const SettingsPlace& place) {
    if (place.node->kind != SettingsNode::Kind::text) {
        problem(place, "is a list or map; one value is allowed");
        return std::nullopt;
    }
    return place.node->text;
}

std::optional<std::string> SettingsReader::secret(const SettingsPlace& place) {
    std::optional<std::string> value = text(place);
    if (!value || !value->starts_with(kSecretFile)) {
        return value;
    }
    const std::filesystem::path path = source_.resolved(value->substr(kSecretFile.size()));
    Result<std::string> content = read_settings_file(path, kSecretBytesMax);
    if (!content) {
        problem(place, content.error().detail());
        return std::nullopt;
    }
    for (const char end : {'\n', '\r'}) {
        if (content->ends_with(end)) {
            content->pop_back();
        }
    }
    return std::move(*content);
}

bool SettingsReader::is_list(const SettingsPlace& place) {
    if (place.node->kind == SettingsNode::Kind::list) {
        return true;
    }
    if (!place.node->is_blank()) {
        problem(place, "is no list; allowed is one such as [a, b]");
    }
    return false;
}

bool SettingsReader::is_map(const SettingsPlace& place) {
    if (place.node->kind == SettingsNode::Kind::map) {
        return true;
    }
    if (!place.node->is_blank()) {
        problem(place, "is no map; allowed is one such as { key: value }");
    }
    return false;
}

void SettingsReader::refuse_unknown_keys(
    const SettingsPlace& place, const std::vector<std::string_view>& known) {
    for (const SettingsEntry& entry : place.node->entries) {
        if (std::find(known.begin(), known.end(), entry.key) != known.end()) {
            continue;
        }
        std::string what = "is not known";
        if (const std::string_view nearest = nearest_word(entry.key, known); !nearest.empty()) {
            what.append("; did you mean `").append(nearest).append("`?");
        }
        what.append("; allowed here: ");
        for (std::size_t i = 0; i < known.size(); ++i) {
            what.append(i == 0 ? "" : ", ").append(known[i]);
        }
        SettingsPlace child = place.child(entry);
        child.path = (place.path.empty() ? "" : place.path + ".") + shortened(entry.key);
        problem(child, std::move(what));
    }
}

std::optional<Error> SettingsReader::error() const {
    if (problems_.empty()) {
        return std::nullopt;
    }
    std::vector<SettingsProblem> sorted = problems_;
    std::stable_sort(
        sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
    std::string text;
    for (std::size_t i = 0; i < std::min(sorted.size(), kProblemsShown); ++i) {
        text.append(i == 0 ? "" : "\n").append(printable(sorted[i].text(source_.file_name)));
    }
    if (sorted.size() > kProblemsShown) {
        text.append("\n… and ")
            .append(std::to_string(sorted.size() - kProblemsShown))
            .append(" more");
    }
    return Error{Errc::configuration, std::move(text)};
}

}  // namespace pulse
