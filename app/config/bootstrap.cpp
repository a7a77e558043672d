#include "app/config/config_spec.h"
#include "base/json_text.h"
#include "policy/access/key_directory.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace pulse::app {
namespace {

constexpr std::size_t kKeyRestMin = 12;
constexpr std::size_t kKeyRestMax = 200;

[[nodiscard]] bool is_virtual_key(std::string_view key) {
    if (!key.starts_with(policy::kKeyPrefix)) {
        return false;
    }
    const std::string_view rest = key.substr(policy::kKeyPrefix.size());
    return rest.size() >= kKeyRestMin && rest.size() <= kKeyRestMax &&
           std::all_of(rest.begin(), rest.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
           });
}

/// Is plain YAML text a number of JSON's grammar (RFC 8259 §6)?
[[nodiscard]] bool is_json_number(std::string_view text) {
    const auto digits = [&] {
        std::size_t count = 0;
        while (count < text.size() && text[count] >= '0' && text[count] <= '9') {
            ++count;
        }
        text.remove_prefix(count);
        return count;
    };
    if (text.starts_with('-')) {
        text.remove_prefix(1);
    }
    const bool leading_zero = text.starts_with('0');
    const std::size_t whole = digits();
    if (whole == 0 || (leading_zero && whole > 1)) {
        return false;
    }
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        if (digits() == 0) {
            return false;
        }
    }
    return text.empty();
}

/// A part of the document as JSON: YAML's plain true, false, null and numbers keep their type. As
/// deep as the document, which is bounded.
void append_json(std::string& out, const SettingsNode& node) {
    switch (node.kind) {
        case SettingsNode::Kind::text: {
            const bool is_literal = !node.quoted && (node.text == "true" || node.text == "false" ||
                                                     is_json_number(node.text));
            if (node.is_blank()) {
                out.append("null");
            } else if (is_literal) {
                out.append(node.text);
            } else {
                append_json_string(out, node.text);
            }
            return;
        }
        case SettingsNode::Kind::list: {
            char before = '[';
            for (const SettingsNode& item : node.items) {
                out.push_back(std::exchange(before, ','));
                append_json(out, item);
            }
            out.append(node.items.empty() ? "[]" : "]");
            return;
        }
        case SettingsNode::Kind::map: {
            char before = '{';
            for (const SettingsEntry& entry : node.entries) {
                out.push_back(std::exchange(before, ','));
                append_json_string(out, entry.key);
                out.push_back(':');
                append_json(out, entry.value);
            }
            out.append(node.entries.empty() ? "{}" : "}");
            return;
        }
    }
}

/// The place of a path such as "budgets[0].limit" under `place`, as far as it is written.
[[nodiscard]] SettingsPlace place_of(SettingsPlace place, std::string_view path) {
    while (!path.empty()) {
        const std::size_t end = std::min(path.find_first_of(".["), path.size());
        if (end > 0) {
            place = place.at(path.substr(0, end));
            path.remove_prefix(end);
        }
        if (path.starts_with('[')) {
            const std::size_t close = std::min(path.find(']'), path.size() - 1);
            const std::string digits(path.substr(1, close - 1));
            const std::size_t index =
                digits.empty() || digits.size() > 4 ? SIZE_MAX : std::stoul(digits);
            if (place.node->kind == SettingsNode::Kind::list && index < place.node->items.size()) {
                place = place.item(index);
            }
            path.remove_prefix(close + 1);
        }
        if (path.starts_with('.')) {
            path.remove_prefix(1);
        }
    }
    return place;
}

[[nodiscard]] std::string make_policy(SettingsReader& reader, const SettingsPlace& place) {
    if (place.node == nullptr || !reader.is_map(place)) {
        return "{}";
    }
    std::string json;
    append_json(json, *place.node);
    if (const Result<policy::Policy> policy = policy::parse_policy(json); !policy) {
        const Error error = policy.error();
        const std::string repeated = "policy: " + error.param() + " ";
        std::string what = error.detail();
        if (!error.param().empty() && what.starts_with(repeated)) {
            what.erase(0, repeated.size());
        }
        reader.problem(place_of(place, error.param()), std::move(what));
    }
    return json;
}

}  // namespace

std::vector<BootstrapKey> make_bootstrap_keys(
    SettingsReader& reader, const std::vector<BootstrapKeySpec>& specs) {
    std::vector<BootstrapKey> keys;
    std::set<std::string> seen;
    for (const BootstrapKeySpec& spec : specs) {
        BootstrapKey key = spec.key;
        const SettingsPlace place = spec.place.at("key");
        if (spec.place.node->find("key") != nullptr && !is_virtual_key(key.key)) {
            const std::string& unset = place.node->unset_variables;
            reader.problem(
                place,
                "is no virtual key; allowed is sk-pulse- and 12 to 200 letters, digits, - or _" +
                    (unset.empty() ? "" : " (not set in the environment: " + unset + ")"));
        } else if (!key.key.empty() && !seen.insert(key.key).second) {
            reader.problem(place, "is the key of an earlier entry; each key is made once");
        }
        key.policy_json = make_policy(reader, spec.policy);
        keys.push_back(std::move(key));
    }
    return keys;
}

}  // namespace pulse::app
