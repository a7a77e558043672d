#pragma once

#include <string_view>

/// The statements of ledger.cpp. `ON CONFLICT DO NOTHING`, not `OR IGNORE`: the latter would also
/// swallow rows that a CHECK refuses. 'USD' is what Pulse computes in. The columns c1, c2, … are
/// those of ledger_rows.cpp; `WHERE true` keeps SQLite from reading ON as a join's.
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
    " request_id_provider, request_id_caller, quantities, region, hold)"
    " SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19,"
    " c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30, c31, c32, c33, c34, c35, c36,"
    " c37, c38, c39, c40, c41, c42, c43, c44, 'USD', c45, c46, c47, c48, c49, c50, c51, c52, c53, c54 FROM "
    "pulse_batch(?1) WHERE true"
    " ON CONFLICT DO NOTHING";

inline constexpr std::string_view kInsertAttempt =
    "INSERT INTO ai_request_attempt (request_id, attempt, provider, model, status, outcome, "
    "input_uncached,"
    " cached_read, cache_write_5m, cache_write_1h, cache_write_unsplit, output_total, "
    "of_which_reasoning,"
    " of_input_audio, of_input_image, of_input_video, of_cached_audio, of_output_audio, "
    "of_output_image,"
    " input_audio_extra, web_search_requests, usage_source, cost, cost_status, latency_us,"
    " price_missing, quantities, ts)"
    " SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, "
    "c19, c20, c21, c22,"
    " c23, c24, c25, c26, c27, c28 FROM pulse_batch(?1) WHERE true"
    " ON CONFLICT DO NOTHING";

inline constexpr std::string_view kInsertCostEvent =
    "INSERT INTO cost_event (id, occurred_at, org_id, source, provider, service, resource_type, "
    "usage_type, team,"
    " project, app, client, \"user\", model, quantity, unit, amount, currency, net_amount, "
    "amortized_amount, tags,"
    " request_id, key_id)"
    " SELECT c1, c2, c3, 'AI', c4, c5, c6, 'tokens', c7, c8, c9, c10, c11, c12, c13, 'tokens', "
    "c14, 'USD', c14, c14,"
    " c15, c16, c17 FROM pulse_batch(?1) WHERE true"
    " ON CONFLICT DO NOTHING";

/// An id that comes again is no new object: the first maker keeps it.
inline constexpr std::string_view kInsertObject =
    "INSERT INTO provider_object (provider, id, key_id, api, request_id, created_at)"
    " SELECT c1, c2, c3, c4, c5, c6 FROM pulse_batch(?1) WHERE true ON CONFLICT DO NOTHING";

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
