#include "storage/rollup/tables.h"

#include "storage/sql/dialect.h"

#include <array>
#include <cstddef>

namespace pulse::storage {
namespace {

using Kind = SumColumn::Kind;

constexpr std::array kRequestDimensions{
    DimensionColumn{"org", "org"},
    DimensionColumn{"key_id", "key_id"},
    DimensionColumn{"team", "team"},
    DimensionColumn{"project", "project"},
    DimensionColumn{"app", "app"},
    DimensionColumn{"client", "client"},
    DimensionColumn{"\"user\"", "\"user\""},
    DimensionColumn{"provider", "provider"},
    DimensionColumn{"model", "model_served"},
    DimensionColumn{"currency", "currency"},
};
constexpr std::array kRequestSums{
    SumColumn{"requests", Kind::count, "1"},
    SumColumn{"refused", Kind::count, "CASE WHEN outcome = 'refused' THEN 1 ELSE 0 END"},
    SumColumn{
        "failed",
        Kind::count,
        "CASE WHEN outcome <> 'refused' AND outcome <> 'answered' THEN 1 ELSE 0 END"},
    SumColumn{
        "input_tokens",
        Kind::count,
        "input_uncached + cached_read + cache_write_5m + cache_write_1h + cache_write_unsplit"},
    SumColumn{"cached_tokens", Kind::count, "cached_read"},
    SumColumn{"output_tokens", Kind::count, "output_total"},
    SumColumn{"latency_us", Kind::count, "latency_us"},
    SumColumn{"cost", Kind::money, "cost"},
};
constexpr std::array kCostDimensions{
    DimensionColumn{"org_id", "org_id"},
    DimensionColumn{"source", "source"},
    DimensionColumn{"provider", "provider"},
    DimensionColumn{"service", "service"},
    DimensionColumn{"account", "account"},
    DimensionColumn{"region", "region"},
    DimensionColumn{"team", "team"},
    DimensionColumn{"project", "project"},
    DimensionColumn{"app", "app"},
    DimensionColumn{"client", "client"},
    DimensionColumn{"\"user\"", "\"user\""},
    DimensionColumn{"model", "model"},
    DimensionColumn{"key_id", "key_id"},
    DimensionColumn{"usage_type", "usage_type"},
    DimensionColumn{"charge_type", "charge_type"},
    DimensionColumn{"currency", "currency"},
};
constexpr std::array kCostModelDimensions{
    DimensionColumn{"org_id", "org_id"},
    DimensionColumn{"source", "source"},
    DimensionColumn{"model", "model"},
    DimensionColumn{"currency", "currency"},
};
constexpr std::array kCostProjectDimensions{
    DimensionColumn{"org_id", "org_id"},
    DimensionColumn{"source", "source"},
    DimensionColumn{"project", "project"},
    DimensionColumn{"currency", "currency"},
};
constexpr std::array kCostTeamDimensions{
    DimensionColumn{"org_id", "org_id"},
    DimensionColumn{"source", "source"},
    DimensionColumn{"team", "team"},
    DimensionColumn{"currency", "currency"},
};
constexpr std::array kCostSourceDimensions{
    DimensionColumn{"org_id", "org_id"},
    DimensionColumn{"source", "source"},
    DimensionColumn{"currency", "currency"},
};
constexpr std::array kCostSums{
    SumColumn{"events", Kind::count, "1"},
    SumColumn{"amount", Kind::money, "amount"},
    SumColumn{"net_amount", Kind::money, "net_amount"},
    SumColumn{"amortized_amount", Kind::money, "amortized_amount"},
};

/// Names behind each other, separated by commas.
class List {
public:
    explicit List(std::string text = {}) : text_(std::move(text)) {}
    List& add(std::string_view item) {
        text_.append(text_.empty() ? "" : ", ").append(item);
        return *this;
    }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

constexpr RollupTable cost_table(
    std::string_view name,
    RollupTable::Stretch stretch,
    std::span<const DimensionColumn> dimensions) {
    return {name, stretch, dimensions, kCostSums, "cost_event", "occurred_at"};
}

}  // namespace

const RollupTable kRequestRollupHour{
    "request_rollup_hour",
    RollupTable::Stretch::hour,
    kRequestDimensions,
    kRequestSums,
    "ai_request_log",
    "ts"};
const RollupTable kRequestRollupDay{
    "request_rollup_day",
    RollupTable::Stretch::day,
    kRequestDimensions,
    kRequestSums,
    "ai_request_log",
    "ts"};
const RollupTable kCostRollupHour =
    cost_table("cost_rollup_hour", RollupTable::Stretch::hour, kCostDimensions);
const RollupTable kCostRollupDay =
    cost_table("cost_rollup_day", RollupTable::Stretch::day, kCostDimensions);
const RollupTable kCostModelHour =
    cost_table("cost_model_hour", RollupTable::Stretch::hour, kCostModelDimensions);
const RollupTable kCostModelDay =
    cost_table("cost_model_day", RollupTable::Stretch::day, kCostModelDimensions);
const RollupTable kCostProjectHour =
    cost_table("cost_project_hour", RollupTable::Stretch::hour, kCostProjectDimensions);
const RollupTable kCostProjectDay =
    cost_table("cost_project_day", RollupTable::Stretch::day, kCostProjectDimensions);
const RollupTable kCostTeamHour =
    cost_table("cost_team_hour", RollupTable::Stretch::hour, kCostTeamDimensions);
const RollupTable kCostTeamDay =
    cost_table("cost_team_day", RollupTable::Stretch::day, kCostTeamDimensions);
const RollupTable kCostSourceHour =
    cost_table("cost_source_hour", RollupTable::Stretch::hour, kCostSourceDimensions);
const RollupTable kCostSourceDay =
    cost_table("cost_source_day", RollupTable::Stretch::day, kCostSourceDimensions);

std::span<const RollupTable* const> rollup_tables() {
    static constexpr std::array kTables{
        &kRequestRollupHour,
        &kRequestRollupDay,
        &kCostRollupHour,
        &kCostRollupDay,
        &kCostModelHour,
        &kCostModelDay,
        &kCostProjectHour,
        &kCostProjectDay,
        &kCostTeamHour,
        &kCostTeamDay,
        &kCostSourceHour,
        &kCostSourceDay};
    return kTables;
}

std::span<const RollupTable* const> rollups_of_requests() {
    constexpr std::size_t kTables = 2;
    return rollup_tables().first(kTables);
}

std::span<const RollupTable* const> rollups_of_costs() {
    return rollup_tables().subspan(rollups_of_requests().size());
}

std::string_view time_column(const RollupTable& table) {
    return table.stretch == RollupTable::Stretch::hour ? "hour" : "day";
}

std::string rollup_columns(const RollupTable& table) {
    List columns{std::string{time_column(table)}};
    for (const DimensionColumn& dimension : table.dimensions) {
        columns.add(dimension.name);
    }
    for (const SumColumn& sum : table.sums) {
        columns.add(sum.name);
    }
    return columns.text();
}

std::string upsert_statement(sql::Engine engine, const RollupTable& table, std::string_view rows) {
    List key{std::string{time_column(table)}};
    for (const DimensionColumn& dimension : table.dimensions) {
        key.add(dimension.name);
    }
    List sums;
    for (const SumColumn& sum : table.sums) {
        const std::string name{sum.name};
        const std::string here = std::string{table.name} + "." + name;
        const std::string there = "excluded." + name;
        sums.add(
            name + " = " +
            (sum.kind == Kind::money ? sql::plus(engine, here, there) : here + " + " + there));
    }
    std::string statement = "INSERT INTO ";
    statement.append(table.name).append(" (").append(rollup_columns(table)).append(") ");
    statement.append(rows).append(" ON CONFLICT (").append(key.text());
    return statement.append(") DO UPDATE SET ").append(sums.text());
}

std::string one_row(const RollupTable& table) {
    List values;
    const std::size_t columns = 1 + table.dimensions.size() + table.sums.size();
    for (std::size_t column = 1; column <= columns; ++column) {
        values.add("$" + std::to_string(column));
    }
    return "VALUES (" + values.text() + ")";
}

std::string place_of_row(sql::Engine engine, const RollupTable& table) {
    const bool is_hour = table.stretch == RollupTable::Stretch::hour;
    List columns{
        (is_hour ? sql::hour_of(engine, table.rows_time) : sql::day_of(engine, table.rows_time)) +
        " AS " + std::string{time_column(table)}};
    for (const DimensionColumn& dimension : table.dimensions) {
        columns.add(
            "coalesce(" + std::string{dimension.source} + ", '') AS " +
            std::string{dimension.name});
    }
    return columns.text();
}

}  // namespace pulse::storage
