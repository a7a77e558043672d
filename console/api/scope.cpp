#include "console/api/scope.h"

#include "base/rfc3339.h"
#include "storage/queries/dimension.h"
#include "storage/tables/organizations.h"
#include "storage/tables/users.h"

#include <algorithm>
#include <chrono>

namespace pulse::console {
namespace {

using storage::AccessScope;

constexpr std::size_t kDateBytes = 10;  // "2026-11-01"

[[nodiscard]] std::optional<TimePoint> read_time(
    QueryFields& query, std::string_view name, const TimeZone& zone) {
    const bool is_date = query.text(name).size() == kDateBytes;
    const auto time = query.time(name);
    if (!time || !is_date) {
        return time;
    }
    return storage::start_of(zone, std::chrono::floor<std::chrono::days>(*time));
}

void append_split(std::vector<std::string>& values, std::string_view text) {
    for (;;) {
        const std::size_t comma = text.find(',');
        values.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos) {
            return;
        }
        text.remove_prefix(comma + 1);
    }
}

[[nodiscard]] std::vector<std::string> split(const std::vector<std::string>& texts) {
    std::vector<std::string> values;
    for (const std::string& text : texts) {
        append_split(values, text);
    }
    return values;
}

}  // namespace

Result<AccessScope> scope_of(const Call& call) {
    const Access& access = call.access;
    if (includes(access.role, Role::finance)) {
        return AccessScope::organisation(access.org);
    }
    if (access.role == Role::manager) {
        return AccessScope::teams(access.org, access.teams);
    }
    auto keys = storage::key_ids_of_user(call.session(), access.org, access.user);
    if (!keys) {
        return keys.error();
    }
    return AccessScope::own(access.org, access.user, *std::move(keys));
}

Result<OrgCalendar> calendar_of(const Call& call, const std::string& otherwise) {
    const auto org = storage::find_organization(call.session(), call.access.org);
    if (!org) {
        return org.error();
    }
    OrgCalendar calendar{otherwise, {}};
    if (*org && !(*org)->time_zone.empty()) {
        calendar.name = (*org)->time_zone;
    }
    auto zone = TimeZone::open(calendar.name);
    if (!zone) {
        return zone.error();
    }
    calendar.zone = *std::move(zone);
    return calendar;
}

storage::Stretch read_stretch(QueryFields& query, const TimeZone& zone, TimePoint now) {
    const auto from = read_time(query, "from", zone);
    const auto to = read_time(query, "to", zone);
    const TimePoint month =
        storage::start_of(zone, storage::first_of_month(storage::local_date(zone, now)));
    return {from.value_or(month), to.value_or(now + std::chrono::microseconds{1})};
}

std::vector<std::string> read_values(QueryFields& query, std::string_view name) {
    return split(query.texts(name));
}

storage::CostFilter read_filter(QueryFields& query) {
    storage::CostFilter filter;
    for (const storage::Dimension dimension : storage::all_dimensions()) {
        auto values = read_values(query, storage::to_string(dimension));
        if (!values.empty()) {
            filter.dimensions.emplace(dimension, std::move(values));
        }
    }
    for (auto& [name, texts] : query.with_prefix("tag.")) {
        filter.tags.emplace(name, split(texts));
    }
    return filter;
}

storage::CostType read_cost_type(QueryFields& query) {
    const std::string type = query.text("cost_type");
    if (type == "net") {
        return storage::CostType::net;
    }
    if (type == "amortized") {
        return storage::CostType::amortized;
    }
    if (!type.empty() && type != "unblended") {
        query.problem("cost_type", "takes unblended, net or amortized");
    }
    return storage::CostType::unblended;
}

Result<void> check_currency(const std::vector<std::string>& found, const std::string& wanted) {
    for (const std::string& currency : found) {
        if (!wanted.empty() && currency != wanted) {
            return Error{
                Errc::invalid_request,
                "`currency`: there are costs in " + currency +
                    " too, and this version keeps no exchange rates; ask without it"}
                .with_param("currency");
        }
    }
    return {};
}

}  // namespace pulse::console
