#pragma once

#include <string_view>

/// The statements of ledger.cpp. `ON CONFLICT DO NOTHING`, not `OR IGNORE`: the latter would also
/// swallow rows that a CHECK refuses. 'USD' is what Pulse computes in.
namespace pulse::storage::sqlite {

inline constexpr std::string_view kInsertRequest =
    "INSERT INTO ai_request_log (id, ts, key_id, org, team, project, \"user\", app, client, "
    "end_user, tags, dialect,"
    " api, stream, sandbox, provider, model_requested, model_served, service_tier, finish_reason, "
    "attempts, status,"
    " outcome, error_code, input_uncached, cached_read, cache_write_5m, cache_write_1h, "
    "cache_write_unsplit,"
    " output_total, of_which_reasoning, of_input_audio, of_input_image, of_input_video, "
    "of_cached_audio,"
    " of_output_audio, of_output_image, input_audio_extra, web_search_requests, usage_source, "
    "estimated_cost, cost,"
    " cost_status, stated_cost, currency, price_version, latency_us, ttft_us, overhead_us, "
    "trace_id,"
    " request_id_provider, request_id_caller)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,"
    " ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36,"
    " ?37, ?38, ?39, ?40, ?41, ?42, ?43, ?44, 'USD', ?45, ?46, ?47, ?48, ?49, ?50, ?51)"
    " ON CONFLICT DO NOTHING";

inline constexpr std::string_view kInsertAttempt =
    "INSERT INTO ai_request_attempt (request_id, attempt, provider, model, status, outcome, "
    "input_uncached,"
    " cached_read, cache_write_5m, cache_write_1h, cache_write_unsplit, output_total, "
    "of_which_reasoning,"
    " of_input_audio, of_input_image, of_input_video, of_cached_audio, of_output_audio, "
    "of_output_image,"
    " input_audio_extra, web_search_requests, usage_source, cost, cost_status, latency_us)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, "
    "?19, ?20, ?21, ?22,"
    " ?23, ?24, ?25)"
    " ON CONFLICT DO NOTHING";

inline constexpr std::string_view kInsertCostEvent =
    "INSERT INTO cost_event (id, occurred_at, org_id, source, provider, service, resource_type, "
    "usage_type, team,"
    " project, app, client, \"user\", model, quantity, unit, amount, currency, net_amount, "
    "amortized_amount, tags,"
    " request_id)"
    " VALUES (?1, ?2, ?3, 'AI', ?4, ?5, ?6, 'tokens', ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'tokens', "
    "?14, 'USD', ?14, ?14,"
    " ?15, ?16)"
    " ON CONFLICT DO NOTHING";

inline constexpr std::string_view kInsertPriceVersion =
    "INSERT INTO price_version (id, first_used_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

inline constexpr std::string_view kUpsertCheckpoint =
    "INSERT INTO spool_checkpoint (segment, position) VALUES (?1, ?2)"
    " ON CONFLICT (segment) DO UPDATE SET position = max(position, excluded.position)";
inline constexpr std::string_view kSelectCheckpoints =
    "SELECT segment, position FROM spool_checkpoint";
inline constexpr std::string_view kDeleteCheckpoint =
    "DELETE FROM spool_checkpoint WHERE segment = ?1";

}  // namespace pulse::storage::sqlite
