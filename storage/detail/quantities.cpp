#include "storage/detail/quantities.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <array>

namespace pulse::storage::detail {

namespace {

constexpr std::array kNames{
    QuantityName{"search_units", &Usage::search_units},
    QuantityName{"web_fetch_requests", &Usage::web_fetch_requests},
    QuantityName{"file_search_calls", &Usage::file_search_calls},
    QuantityName{"code_sessions", &Usage::code_sessions},
    QuantityName{"citation_tokens", &Usage::citation_tokens},
    QuantityName{"images", &Usage::images},
    QuantityName{"audio_seconds", &Usage::audio_seconds},
    QuantityName{"characters", &Usage::characters},
};

}  // namespace

std::span<const QuantityName> quantity_names() {
    return kNames;
}

std::string quantities_json(const Usage& usage) {
    std::string out;
    for (const QuantityName& entry : kNames) {
        if (const std::int64_t count = usage.*entry.count; count != 0) {
            out.append(out.empty() ? "{\"" : ",\"").append(entry.name).append("\":").append(std::to_string(count));
        }
    }
    if (!out.empty()) {
        out += '}';
    }
    return out;
}

void read_quantities(std::string_view json, Usage& usage) {
    if (json.empty()) {
        return;
    }
    boost::system::error_code failed;
    const boost::json::value value = boost::json::parse(json, failed);
    if (failed || !value.is_object()) {
        return;
    }
    for (const QuantityName& entry : kNames) {
        if (const auto* const count = value.as_object().if_contains(entry.name);
            count != nullptr && count->is_int64()) {
            usage.*entry.count = count->as_int64();
        }
    }
}

}  // namespace pulse::storage::detail
