#include "net/auth/detail/flat_json.h"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace pulse::net::detail {

namespace {
constexpr std::size_t kShownMax = 200;
}

Result<FlatJson> FlatJson::parse(std::string_view json) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(json, error);
    if (error || !value.is_object()) {
        return Error(Errc::corrupt_input, "it is no JSON object");
    }
    FlatJson flat;
    for (const auto& member : value.get_object()) {
        Entry entry{.name = std::string(member.key()), .text = {}, .integer = {}};
        if (const auto* text = member.value().if_string()) {
            entry.text.assign(text->data(), text->size());
        } else if (const auto* integer = member.value().if_int64()) {
            entry.integer = *integer;
        } else {
            continue;
        }
        flat.entries_.push_back(std::move(entry));
    }
    return flat;
}

std::string FlatJson::text(std::string_view name) const {
    const Entry* entry = find(name);
    return entry == nullptr ? std::string() : entry->text;
}

std::optional<std::int64_t> FlatJson::integer(std::string_view name) const {
    const Entry* entry = find(name);
    return entry == nullptr ? std::nullopt : entry->integer;
}

const FlatJson::Entry* FlatJson::find(std::string_view name) const {
    const auto found = std::find_if(
        entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; });
    return found == entries_.end() ? nullptr : &*found;
}

std::string shown(std::string_view text) {
    std::string out(text.substr(0, kShownMax));
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, ' ');
    return out;
}

}  // namespace pulse::net::detail
