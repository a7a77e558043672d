#include "storage/tables/requests.h"

#include "storage/detail/known_values.h"
#include "storage/detail/quantities.h"
#include "storage/detail/record_fields.h"
#include "storage/sql/dialect.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <utility>

namespace pulse::storage {
namespace {

/// With its time, which is in the id: PostgreSQL looks into one partition only.
constexpr std::string_view kSelectRequest =
    "SELECT key_id, org, team, project, \"user\", app, client, end_user, tags, dialect, api,"
    " stream, sandbox, provider, model_requested, model_served, service_tier, finish_reason,"
    " status, outcome, error_code, input_uncached, cached_read, cache_write_5m, cache_write_1h,"
    " cache_write_unsplit, output_total, of_which_reasoning, of_input_audio, of_input_image,"
    " of_input_video, of_cached_audio, of_output_audio, of_output_image, input_audio_extra,"
    " web_search_requests, usage_source, estimated_cost, cost, cost_status, stated_cost,"
    " price_version, latency_us, ttft_us, overhead_us, trace_id, request_id_provider,"
    " request_id_caller, quantities, region, hold"
    " FROM ai_request_log WHERE id = $1 AND ts = $2";
constexpr std::string_view kTaken =
    ", cost, input_uncached, cached_read, cache_write_5m, cache_write_1h, cache_write_unsplit,"
    " output_total, of_which_reasoning, of_input_audio, of_input_image, of_input_video,"
    " of_cached_audio, of_output_audio, of_output_image, input_audio_extra, web_search_requests"
    " FROM ai_request_log WHERE ts >= $1 AND ";
constexpr std::size_t kHoldsAtOnce = 100;
/// A row's time is its call's arrival, which may lie before the hold's beginning.
constexpr std::chrono::minutes kTakenEarlier{1};
constexpr std::string_view kSelectAttempts =
    "SELECT provider, model, status, outcome, input_uncached, cached_read, cache_write_5m,"
    " cache_write_1h, cache_write_unsplit, output_total, of_which_reasoning, of_input_audio,"
    " of_input_image, of_input_video, of_cached_audio, of_output_audio, of_output_image,"
    " input_audio_extra, web_search_requests, usage_source, cost, cost_status, latency_us,"
    " quantities"
    " FROM ai_request_attempt WHERE request_id = $1 AND ts = $2 ORDER BY attempt LIMIT $3";

/// Takes a row's columns in their order. A text lives until the next row.
class ColumnReader {
public:
    explicit ColumnReader(const sql::Row& row) : row_(row) {}
    [[nodiscard]] std::string_view text() { return row_.text(column_++); }
    [[nodiscard]] std::int64_t integer() { return row_.integer(column_++); }
    [[nodiscard]] bool boolean() { return row_.boolean(column_++); }
    [[nodiscard]] bool next_is_null() const { return row_.is_null(column_); }
    template <class Enum>
    [[nodiscard]] Enum named() {
        return detail::value_named<Enum>(text());
    }
    [[nodiscard]] Money money() {
        const std::optional<Money> amount = row_.money(column_++);
        is_sound_ = is_sound_ && amount.has_value();
        return amount.value_or(Money{});
    }
    void usage(Usage& usage) {
        auto read = [this](std::int64_t& count) {
            count = integer();
        };
        detail::visit_usage(usage, read);
    }
    /// Whether every amount was one.
    [[nodiscard]] bool is_sound() const { return is_sound_; }

private:
    const sql::Row& row_;
    int column_ = 0;
    bool is_sound_ = true;
};

/// What views point into: the rows' own texts are gone with the next row.
using Texts = std::deque<std::string>;

/// False where an amount is none.
[[nodiscard]] bool read_request(const sql::Row& row, RequestRecord& record, Texts& texts) {
    ColumnReader columns{row};
    const auto text = [&] {
        return std::string_view{texts.emplace_back(columns.text())};
    };
    record.key_id = text();
    record.org = text();
    record.team = text();
    record.project = text();
    record.user = text();
    record.app = text();
    record.client = text();
    record.end_user = text();
    record.tags_json = text();
    record.dialect = columns.named<Dialect>();
    record.api = columns.named<Api>();
    record.stream = columns.boolean();
    record.sandbox = columns.boolean();
    record.provider = text();
    record.model_requested = text();
    record.model_served = text();
    record.service_tier = text();
    record.finish_reason = text();
    record.status = static_cast<std::int32_t>(columns.integer());
    record.outcome = columns.named<Outcome>();
    record.error_code = text();
    columns.usage(record.usage);
    record.usage_source = columns.named<UsageSource>();
    record.estimated_cost = columns.money();
    record.cost = columns.money();
    record.cost_status = text();
    record.has_stated_cost = !columns.next_is_null();
    record.stated_cost = columns.money();
    record.price_version = text();
    record.latency_us = columns.integer();
    const bool has_ttft = !columns.next_is_null();
    const std::int64_t ttft_us = columns.integer();
    record.ttft_us = has_ttft ? ttft_us : -1;
    record.overhead_us = columns.integer();
    record.trace_id = text();
    record.request_id_provider = text();
    record.request_id_caller = text();
    detail::read_quantities(columns.text(), record.usage);
    record.region = text();
    record.hold = text();
    return columns.is_sound();
}

[[nodiscard]] bool read_attempt(const sql::Row& row, AttemptRecord& attempt, Texts& texts) {
    ColumnReader columns{row};
    attempt.provider = texts.emplace_back(columns.text());
    attempt.model = texts.emplace_back(columns.text());
    attempt.status = static_cast<std::int32_t>(columns.integer());
    attempt.outcome = columns.named<Outcome>();
    columns.usage(attempt.usage);
    attempt.usage_source = columns.named<UsageSource>();
    attempt.cost = columns.money();
    attempt.cost_status = texts.emplace_back(columns.text());
    attempt.latency_us = columns.integer();
    detail::read_quantities(columns.text(), attempt.usage);
    return columns.is_sound();
}

/// "SELECT COLUMN, … WHERE … COLUMN IN ($2, $3, …)" and more conditions.
[[nodiscard]] std::string select_taken(std::string_view column, std::string_view conditions) {
    std::string text = "SELECT ";
    text.append(column).append(kTaken).append(conditions).append(column).append(" IN (");
    for (std::size_t i = 0; i < kHoldsAtOnce; ++i) {
        text.append(i == 0 ? "$" : ", $").append(std::to_string(2 + i));
    }
    return text + ")";
}

using Sums = std::map<std::string, Taken, std::less<>>;

[[nodiscard]] Result<void> add_taken(
    sql::Session& session,
    std::string_view statement,
    std::span<const sql::Value> values,
    Sums& sums) {
    bool is_sound = true;
    auto read = session.each(statement, values, [&](const sql::Row& row) {
        ColumnReader columns{row};
        const auto found = sums.find(columns.text());
        if (found == sums.end()) {
            return;
        }
        Usage usage;
        found->second.cost += columns.money();
        columns.usage(usage);
        found->second.tokens += usage.total();
        found->second.requests += 1;
        is_sound = is_sound && columns.is_sound();
    });
    if (read && !is_sound) {
        return Error{Errc::storage_unavailable, "requests: a stored amount is not a number"};
    }
    return read;
}

}  // namespace

Result<std::unique_ptr<StoredRequest>> request(sql::Session& session, const Uuid& id) {
    RequestRecord record;
    record.id = id;
    Texts texts;
    bool is_sound = true;
    const auto found =
        sql::select_one(session, kSelectRequest, {id, id.time()}, [&](const sql::Row& row) {
            is_sound = read_request(row, record, texts);
            return true;
        });
    if (!found) {
        return found.error();
    }
    if (!*found) {
        return std::unique_ptr<StoredRequest>{};
    }
    const auto attempts = sql::select(
        session,
        kSelectAttempts,
        {id, id.time(), DecodedRecord::kAttemptsMax},
        [&](const sql::Row& row) {
            AttemptRecord attempt;
            is_sound = read_attempt(row, attempt, texts) && is_sound;
            return attempt;
        });
    if (!attempts) {
        return attempts.error();
    }
    if (!is_sound) {
        return Error{
            Errc::storage_unavailable,
            "request " + id.to_string() + ": a stored amount is not a number"};
    }
    record.attempts = *attempts;

    // Through the spool's own form, which gathers every text into one string that the caller owns.
    auto stored = std::make_unique<StoredRequest>();
    encode(record, stored->bytes);
    if (auto decoded = decode(stored->bytes, stored->decoded); !decoded) {
        return decoded.error();
    }
    return stored;
}

Result<std::vector<Taken>> taken_under(sql::Session& session, std::span<const Uuid> holds) {
    static const std::string own = select_taken("id", "hold IS NULL AND ");
    static const std::string named = select_taken("hold", "");
    std::vector<Taken> all;
    while (!holds.empty()) {
        const auto some = holds.first(std::min(holds.size(), kHoldsAtOnce));
        holds = holds.subspan(some.size());
        Sums sums;
        for (const Uuid& hold : some) {
            sums[hold.to_string()].hold = hold;
        }
        const Uuid& first = *std::min_element(some.begin(), some.end());
        std::vector<sql::Value> values{first.time() - kTakenEarlier};
        values.insert(values.end(), some.begin(), some.end());
        values.resize(1 + kHoldsAtOnce, some.front());
        for (const std::string* const statement : {&own, &named}) {
            if (auto added = add_taken(session, *statement, values, sums); !added) {
                return added.error();
            }
        }
        for (const auto& [text, taken] : sums) {
            if (taken.requests > 0) {
                all.push_back(taken);
            }
        }
    }
    return all;
}

Result<std::vector<SpentRow>> spent_since(sql::Session& session, std::optional<TimePoint> begin) {
    // The days, the hours in front of the first of them, and what is in front of the first hour.
    const std::string statement =
        "SELECT key_id, " + sql::sum_of(session.engine(), "cost") +
        " FROM (SELECT key_id, cost FROM request_rollup_day WHERE day >= $1"
        " UNION ALL SELECT key_id, cost FROM request_rollup_hour WHERE hour >= $2 AND hour < $1"
        " UNION ALL SELECT key_id, cost FROM ai_request_log WHERE ts >= $3 AND ts < $2) AS parts"
        " GROUP BY key_id ORDER BY key_id";
    const TimePoint from = begin.value_or(TimePoint{});
    const TimePoint first_hour = std::chrono::ceil<std::chrono::hours>(from);
    const TimePoint first_day = std::chrono::ceil<std::chrono::days>(from);
    std::vector<SpentRow> rows;
    bool is_sound = true;
    auto read = session.each(statement, {first_day, first_hour, from}, [&](const sql::Row& row) {
        const std::optional<Money> spent = row.money(1);
        is_sound = is_sound && spent.has_value();
        if (spent && !spent->is_zero()) {
            rows.push_back({row.owned(0), *spent});
        }
    });
    if (!read) {
        return read.error();
    }
    if (!is_sound) {
        return Error{Errc::storage_unavailable, "spent: a stored amount is not a number"};
    }
    return rows;
}

}  // namespace pulse::storage
