#include "storage/tables/rerating.h"

#include "storage/detail/known_values.h"
#include "storage/detail/quantities.h"
#include "storage/detail/record_fields.h"
#include "storage/sql/dialect.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::storage {
namespace {

/// What a billed attempt is read from. The models of a batch are attempts of one row, all of its
/// tier.
constexpr std::string_view kSelectAttempt =
    "SELECT a.request_id, a.attempt, a.provider, a.model,"
    " CASE WHEN a.attempt = l.attempts THEN l.model_served END,"
    " CASE WHEN a.attempt = l.attempts OR l.service_tier = 'batch' THEN l.service_tier END,"
    " a.input_uncached, a.cached_read, a.cache_write_5m, a.cache_write_1h, a.cache_write_unsplit,"
    " a.output_total, a.of_which_reasoning, a.of_input_audio, a.of_input_image, a.of_input_video,"
    " a.of_cached_audio, a.of_output_audio, a.of_output_image, a.input_audio_extra,"
    " a.web_search_requests, a.usage_source, a.cost, a.cost_status, l.price_version,"
    " l.org, l.team, l.key_id, a.price_missing, a.quantities,"
    " CASE WHEN a.attempt = l.attempts THEN l.region END"
    " FROM ai_request_attempt AS a";
/// The times are those of the ids: with them PostgreSQL looks into few partitions.
constexpr std::string_view kWithin =
    "ai_request_log AS l ON l.id = a.request_id AND l.ts = a.ts"
    " WHERE (a.request_id, a.attempt) > ($1, $2) AND a.request_id < $3"
    " AND a.ts >= $5 AND a.ts <= $6 AND a.usage_source <> 'none'";
constexpr std::string_view kPage = " ORDER BY a.request_id, a.attempt LIMIT $4";
constexpr std::string_view kMissingIndex = "ai_request_attempt_price_missing";

constexpr int kFirstUsageColumn = 6;

[[nodiscard]] std::string select_attempts(sql::Engine engine, BilledKind kind) {
    const bool is_missing = kind == BilledKind::price_missing;
    std::string statement{kSelectAttempt};
    if (is_missing) {
        statement.append(sql::indexed_by(engine, kMissingIndex));
    }
    statement.append(sql::join_in_order(engine)).append(kWithin);
    if (is_missing) {
        statement.append(" AND ").append(sql::is_true(engine, "a.price_missing"));
    }
    return statement.append(kPage);
}

[[nodiscard]] std::string select_unpriced(sql::Engine engine) {
    std::string statement{
        "SELECT a.provider, a.model, max(CASE WHEN a.attempt = l.attempts THEN l.model_served END),"
        " count(*), "};
    statement.append(sql::sum_of(engine, "a.cost"));
    statement.append(", min(l.ts), max(l.ts) FROM ai_request_attempt AS a");
    statement.append(sql::indexed_by(engine, kMissingIndex)).append(sql::join_in_order(engine));
    statement.append("ai_request_log AS l ON l.id = a.request_id AND l.ts = a.ts WHERE ");
    statement.append(sql::is_true(engine, "a.price_missing"));
    return statement.append(
        " AND a.usage_source <> 'none' AND a.request_id >= $1 AND a.ts >= $2"
        " GROUP BY a.provider, a.model ORDER BY max(l.ts) DESC, a.provider, a.model LIMIT $3");
}

/// None where its id or its amount is none.
[[nodiscard]] std::optional<BilledAttempt> read_attempt(const sql::Row& row) {
    BilledAttempt attempt;
    const std::optional<Uuid> id = row.uuid(0);
    if (!id) {
        return std::nullopt;
    }
    attempt.place = {*id, row.integer(1)};
    attempt.provider = row.text(2);
    attempt.model = row.text(3);
    attempt.model_served = row.text(4);
    attempt.service_tier = row.text(5);
    int column = kFirstUsageColumn;
    auto read_count = [&](std::int64_t& count) {
        count = row.integer(column++);
    };
    detail::visit_usage(attempt.usage, read_count);
    attempt.usage_source = detail::value_named<UsageSource>(row.text(column++));
    const std::optional<Money> cost = row.money(column++);
    if (!cost) {
        return std::nullopt;
    }
    attempt.cost = *cost;
    attempt.cost_status = row.text(column++);
    attempt.price_version = row.text(column++);
    attempt.org = row.text(column++);
    attempt.team = row.text(column++);
    attempt.key_id = row.text(column++);
    attempt.is_price_missing = row.boolean(column++);
    detail::read_quantities(row.text(column++), attempt.usage);
    attempt.region = row.text(column);
    return attempt;
}

[[nodiscard]] Error unsound(std::string_view id) {
    return Error{
        Errc::storage_unavailable,
        "request " + std::string{id} + ": its id is no UUID or a stored amount is not a number"};
}

}  // namespace

Result<std::vector<BilledAttempt>> billed_attempts(
    sql::Session& session,
    BilledKind kind,
    const AttemptPlace& after,
    const Uuid& end,
    std::size_t limit) {
    std::vector<BilledAttempt> attempts;
    std::string broken;
    const auto read = session.each(
        select_attempts(session.engine(), kind),
        {after.request_id, after.attempt, end, limit, after.request_id.time(), end.time()},
        [&](const sql::Row& row) {
            if (auto attempt = read_attempt(row)) {
                attempts.push_back(*std::move(attempt));
            } else {
                broken = row.text(0);
            }
        });
    if (!read) {
        return read.error();
    }
    if (!broken.empty()) {
        return unsound(broken);
    }
    return attempts;
}

Result<std::vector<UnpricedModel>> unpriced_models(
    sql::Session& session, TimePoint begin, std::size_t limit) {
    std::vector<UnpricedModel> models;
    bool is_sound = true;
    const Uuid first = first_id_at(begin);
    const auto read = session.each(
        select_unpriced(session.engine()), {first, first.time(), limit}, [&](const sql::Row& row) {
            const std::optional<Money> cost = row.money(4);
            is_sound = is_sound && cost.has_value();
            models.push_back(
                {.provider = row.owned(0),
                 .model = row.owned(1),
                 .model_served = row.owned(2),
                 .attempts = row.integer(3),
                 .cost = cost.value_or(Money{}),
                 .first_seen = row.time(5),
                 .last_seen = row.time(6)});
        });
    if (!read) {
        return read.error();
    }
    if (!is_sound) {
        return Error{Errc::storage_unavailable, "a stored amount is not a number"};
    }
    return models;
}

}  // namespace pulse::storage
