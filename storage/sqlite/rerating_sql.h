#pragma once

#include <string_view>

/// The statements of rerating.cpp.
namespace pulse::storage::sqlite {

/// What a billed attempt is read from. The models of a batch are attempts of one row, all of its
/// tier.
inline constexpr std::string_view kSelectAttempt =
    "SELECT a.request_id, a.attempt, a.provider, a.model,"
    " CASE WHEN a.attempt = l.attempts THEN l.model_served END,"
    " CASE WHEN a.attempt = l.attempts OR l.service_tier = 'batch' THEN l.service_tier END,"
    " a.input_uncached, a.cached_read, a.cache_write_5m, a.cache_write_1h, a.cache_write_unsplit,"
    " a.output_total, a.of_which_reasoning, a.of_input_audio, a.of_input_image, a.of_input_video,"
    " a.of_cached_audio, a.of_output_audio, a.of_output_image, a.input_audio_extra,"
    " a.web_search_requests, a.usage_source, a.cost, a.cost_status, l.price_version,"
    " l.org, l.team, l.key_id, a.price_missing, a.quantities"
    " FROM ai_request_attempt AS a";
/// Attempts first, by their key; CROSS JOIN keeps SQLite from turning the two around.
inline constexpr std::string_view kInOrder =
    " CROSS JOIN ai_request_log AS l ON l.id = a.request_id"
    " WHERE (a.request_id, a.attempt) > (?1, ?2) AND a.request_id < ?3"
    " AND a.usage_source <> 'none'";
inline constexpr std::string_view kOnlyPriceMissing = " AND a.price_missing = 1";
inline constexpr std::string_view kPage = " ORDER BY a.request_id, a.attempt LIMIT ?4";
inline constexpr std::string_view kByMissingPrice = " INDEXED BY ai_request_attempt_price_missing";

inline constexpr std::string_view kSelectUnpricedModels =
    "SELECT a.provider, a.model, max(CASE WHEN a.attempt = l.attempts THEN l.model_served END),"
    " count(*), pulse_sum(a.cost), min(l.ts), max(l.ts)"
    " FROM ai_request_attempt AS a INDEXED BY ai_request_attempt_price_missing"
    " CROSS JOIN ai_request_log AS l ON l.id = a.request_id"
    " WHERE a.price_missing = 1 AND a.usage_source <> 'none' AND a.request_id >= ?1"
    " GROUP BY a.provider, a.model ORDER BY max(l.ts) DESC, a.provider, a.model LIMIT ?2";

inline constexpr std::string_view kUpdateAttemptCost =
    "UPDATE ai_request_attempt SET cost = ?3, cost_status = ?4, price_missing = ?7"
    " WHERE request_id = ?1 AND attempt = ?2 AND cost = ?5 AND cost_status IS ?6";

inline constexpr std::string_view kInsertRerating =
    "INSERT INTO cost_rerating (request_id, attempt, rerated_at, cost_before, cost_after,"
    " status_before, status_after, price_version_before, price_version_after)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

inline constexpr std::string_view kUpdateCostEvent =
    "UPDATE cost_event SET amount = ?3, net_amount = ?3, amortized_amount = ?3"
    " WHERE occurred_at = ?1 AND id = ?2";

/// A request costs what its attempts cost, and is as sure as the least sure of them.
inline constexpr std::string_view kUpdateRequestCost =
    "UPDATE ai_request_log SET price_version = ?2,"
    " cost = (SELECT pulse_sum(cost) FROM ai_request_attempt WHERE request_id = ?1),"
    " cost_status = (SELECT cost_status FROM ai_request_attempt WHERE request_id = ?1"
    "  ORDER BY CASE cost_status WHEN 'unpriced' THEN 3 WHEN 'estimated' THEN 2"
    "  WHEN 'derived' THEN 1 ELSE 0 END DESC, attempt DESC LIMIT 1)"
    " WHERE id = ?1";

}  // namespace pulse::storage::sqlite
