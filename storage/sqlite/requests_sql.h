#pragma once

#include <string_view>

/// The statements of requests.cpp.
namespace pulse::storage::sqlite {

inline constexpr std::string_view kSelectRequest =
    "SELECT key_id, org, team, project, \"user\", app, client, end_user, tags, dialect, api, "
    "stream, sandbox, provider,"
    " model_requested, model_served, service_tier, finish_reason, status, outcome, error_code, "
    "input_uncached,"
    " cached_read, cache_write_5m, cache_write_1h, cache_write_unsplit, output_total, "
    "of_which_reasoning,"
    " of_input_audio, of_input_image, of_input_video, of_cached_audio, of_output_audio, "
    "of_output_image,"
    " input_audio_extra, web_search_requests, usage_source, estimated_cost, cost, cost_status, "
    "stated_cost,"
    " price_version, latency_us, ttft_us, overhead_us, trace_id, request_id_provider, "
    "request_id_caller, quantities"
    " FROM ai_request_log WHERE id = ?1";

inline constexpr std::string_view kSelectAttempts =
    "SELECT provider, model, status, outcome, input_uncached, cached_read, cache_write_5m, "
    "cache_write_1h,"
    " cache_write_unsplit, output_total, of_which_reasoning, of_input_audio, of_input_image, "
    "of_input_video,"
    " of_cached_audio, of_output_audio, of_output_image, input_audio_extra, web_search_requests, "
    "usage_source, cost,"
    " cost_status, latency_us, quantities"
    " FROM ai_request_attempt WHERE request_id = ?1 ORDER BY attempt LIMIT ?2";

/// Each key that ever asked, by jumps through the index, and the sum of its costs from the index
/// alone.
inline constexpr std::string_view kSelectSpent =
    "WITH RECURSIVE asked (key_id) AS ("
    " SELECT min(key_id) FROM ai_request_log"
    " UNION ALL"
    " SELECT (SELECT min(key_id) FROM ai_request_log WHERE key_id > asked.key_id) FROM asked"
    " WHERE asked.key_id IS NOT NULL)"
    " SELECT key_id, (SELECT pulse_sum(cost) FROM ai_request_log INDEXED BY ai_request_log_key"
    " WHERE key_id = asked.key_id AND ts >= ?1 AND cost <> '0')"
    " FROM asked WHERE key_id IS NOT NULL";

}  // namespace pulse::storage::sqlite
