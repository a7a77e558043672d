#include "storage/queries/cost_query.h"

#include "storage/queries/detail/cost_sums.h"

#include <fmt/format.h>

#include <algorithm>

namespace pulse::storage {
namespace {

[[nodiscard]] bool is_time(const GroupKey& key) {
    return key.kind == GroupKey::Kind::day || key.kind == GroupKey::Kind::month;
}

[[nodiscard]] Result<std::vector<GroupKey>> keys_of(const CostQuery& query) {
    std::vector<GroupKey> keys = query.group_by;
    if (query.granularity == Granularity::hour) {
        return Error{Errc::invalid_request, "granularity: must be day or month"};
    }
    if (query.granularity != Granularity::total) {
        const GroupKey time{
            query.granularity == Granularity::day ? GroupKey::Kind::day : GroupKey::Kind::month,
            {},
            {}};
        if (std::find(keys.begin(), keys.end(), time) == keys.end()) {
            keys.insert(keys.begin(), time);
        }
    }
    if (keys.size() > CostQuery::kGroupKeysMax) {
        return Error{
            Errc::invalid_request,
            fmt::format("group_by: at most {} are allowed", CostQuery::kGroupKeysMax)};
    }
    for (auto key = keys.begin(); key != keys.end(); ++key) {
        if (std::find(keys.begin(), key, *key) != key) {
            return Error{Errc::invalid_request, "group_by: names " + to_string(*key) + " twice"};
        }
        if (key->kind == GroupKey::Kind::tag &&
            (key->tag.empty() || key->tag.size() > CostFilter::kTagKeyBytesMax)) {
            return Error{Errc::invalid_request, "group_by: tag. needs a name, as in tag.env"};
        }
    }
    return keys;
}

[[nodiscard]] Result<void> check_question(const CostQuery& query) {
    if (query.time.begin >= query.time.end) {
        return Error{Errc::invalid_request, "to: must be later than from"};
    }
    if (query.limit == 0 || query.limit > CostQuery::kRowsMax) {
        return Error{
            Errc::invalid_request,
            fmt::format("limit: must be between 1 and {}", CostQuery::kRowsMax)};
    }
    return check(query.filter);
}

/// A month is made of its days where both are asked for.
[[nodiscard]] Granularity finest(const std::vector<GroupKey>& keys) {
    Granularity found = Granularity::total;
    for (const GroupKey& key : keys) {
        if (key.kind == GroupKey::Kind::day) {
            return Granularity::day;
        }
        if (key.kind == GroupKey::Kind::month) {
            found = Granularity::month;
        }
    }
    return found;
}

/// The stretch stands once, in the place of the first key of time.
[[nodiscard]] std::vector<detail::SumKey> sum_keys(const std::vector<GroupKey>& keys) {
    std::vector<detail::SumKey> sums;
    bool has_time = false;
    for (const GroupKey& key : keys) {
        if (key.kind == GroupKey::Kind::dimension) {
            sums.emplace_back(key.dimension);
        } else if (key.kind == GroupKey::Kind::tag) {
            sums.emplace_back(key.tag);
        } else if (!has_time) {
            sums.emplace_back(detail::ByStretch{});
            has_time = true;
        }
    }
    return sums;
}

[[nodiscard]] CostRow make_row(
    const detail::CostSum& sum, const std::vector<GroupKey>& keys, const std::string& label) {
    CostRow row;
    std::size_t next = 0;
    for (const GroupKey& key : keys) {
        if (is_time(key)) {
            row.values.emplace_back(key.kind == GroupKey::Kind::month ? label.substr(0, 7) : label);
        } else {
            const std::string_view value = sum.values[next++];
            row.values.push_back(value.empty() ? std::nullopt : std::optional{std::string{value}});
        }
    }
    row.currency = sum.currency;
    row.amount = sum.amount;
    row.events = sum.events;
    return row;
}

[[nodiscard]] std::vector<CurrencyTotal> totals_of(const std::vector<CostRow>& rows) {
    std::vector<CurrencyTotal> totals;
    for (const CostRow& row : rows) {
        auto place = std::find_if(totals.begin(), totals.end(), [&](const CurrencyTotal& total) {
            return total.currency == row.currency;
        });
        if (place == totals.end()) {
            place = totals.insert(totals.end(), {row.currency, {}, 0});
        }
        place->amount += row.amount;
        place->events += row.events;
    }
    std::sort(totals.begin(), totals.end(), [](const auto& a, const auto& b) {
        return a.currency < b.currency;
    });
    return totals;
}

}  // namespace

Result<GroupKey> parse_group_key(std::string_view word) {
    constexpr std::string_view kTag = "tag.";
    if (word == "day" || word == "month") {
        return GroupKey{word == "day" ? GroupKey::Kind::day : GroupKey::Kind::month, {}, {}};
    }
    if (word.starts_with(kTag) && word.size() > kTag.size()) {
        return GroupKey{GroupKey::Kind::tag, {}, std::string{word.substr(kTag.size())}};
    }
    if (const std::optional<Dimension> dimension = parse_dimension(word)) {
        return GroupKey{GroupKey::Kind::dimension, *dimension, {}};
    }
    std::string known = "day, month";
    for (const Dimension dimension : all_dimensions()) {
        known.append(", ").append(to_string(dimension));
    }
    return Error{Errc::invalid_request, "group_by: must be of " + known + " or tag.NAME"};
}

std::string to_string(const GroupKey& key) {
    switch (key.kind) {
        case GroupKey::Kind::day:
            return "day";
        case GroupKey::Kind::month:
            return "month";
        case GroupKey::Kind::tag:
            return "tag." + key.tag;
        case GroupKey::Kind::dimension:
            break;
    }
    return std::string{to_string(key.dimension)};
}

Result<CostAnswer> query_costs(
    sql::Session& session, const AccessScope& scope, const CostQuery& query, const TimeZone& zone) {
    if (auto checked = check_question(query); !checked) {
        return checked.error();
    }
    Result<std::vector<GroupKey>> keys = keys_of(query);
    if (!keys) {
        return keys.error();
    }
    const Result<std::vector<Bucket>> buckets = buckets_of(zone, finest(*keys), query.time);
    if (!buckets) {
        return buckets.error();
    }
    std::vector<Stretch> stretches;
    for (const Bucket& bucket : *buckets) {
        stretches.push_back(bucket.time);
    }
    CostAnswer answer;
    answer.keys = std::move(*keys);
    const std::vector<detail::SumKey> sums = sum_keys(answer.keys);
    const detail::CostSums question{
        scope, query.filter, stretches, sums, query.cost_type, query.limit + 1};
    auto done = detail::each_cost_sum(session, question, [&](const detail::CostSum& sum) {
        answer.rows.push_back(make_row(sum, answer.keys, (*buckets)[sum.stretch].label));
    });
    if (!done) {
        return done.error();
    }
    answer.is_truncated = answer.rows.size() > query.limit;
    if (!answer.is_truncated) {
        answer.totals = totals_of(answer.rows);
        return answer;
    }
    answer.rows.pop_back();
    const Stretch whole[] = {query.time};
    const detail::CostSums total{
        scope, query.filter, whole, {}, query.cost_type, CostQuery::kRowsMax};
    done = detail::each_cost_sum(session, total, [&](const detail::CostSum& sum) {
        answer.totals.push_back({std::string{sum.currency}, sum.amount, sum.events});
    });
    if (!done) {
        return done.error();
    }
    return answer;
}

}  // namespace pulse::storage
