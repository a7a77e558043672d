#pragma once

#include "base/error.h"
#include "base/money.h"
#include "base/request_facts.h"
#include "base/usage.h"
#include "base/uuid.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pulse::storage {

/// How a request ended. Order is part of the spool's format: append only.
enum class Outcome : std::uint8_t {
    answered,         ///< the caller was handed a whole answer
    refused,          ///< by Pulse: policy, bad request
    provider_error,   ///< the provider answered with an error
    upstream_failed,  ///< unreachable, silent, broken answer
    cut,              ///< the provider's answer broke off
    caller_gone,
    internal_error,
};
[[nodiscard]] std::string_view to_string(Outcome outcome);
[[nodiscard]] std::string_view to_string(UsageSource source);

/// What a row is to work that goes on after its answer. Order is part of the spool's format.
enum class Deferred : std::uint8_t {
    none,
    begun,  ///< its request made `object_id`, which is billed when it is done
    ended,  ///< it bills `object_id`, or says why nothing is billed
};

/// One upstream attempt. Views live as long as what they were made from.
struct AttemptRecord {
    std::string_view provider;
    std::string_view model;
    std::int32_t status = 0;  ///< the provider's HTTP status; 0 when none came
    Outcome outcome = Outcome::answered;
    Usage usage;
    UsageSource usage_source = UsageSource::none;
    Money cost;
    std::string_view cost_status;  ///< exact | derived | estimated | unpriced
    std::int64_t latency_us = 0;
    bool is_price_missing = false;  ///< no price was known for all that it used: rate it again
};

/// One request: what becomes one `ai_request_log` row, one `ai_request_attempt` row per attempt and
/// one `cost_event` per attempt that the provider bills. Views live as long as what they were made
/// from. Value; not thread-safe.
struct RequestRecord {
    Uuid id;  ///< its time is the row's `ts`
    std::string_view key_id;
    std::string_view org;
    std::string_view team;
    std::string_view project;
    std::string_view user;
    std::string_view app;
    std::string_view client;
    std::string_view end_user;
    std::string_view tags_json;  ///< object of strings; empty for none
    Dialect dialect = Dialect::none;
    Api api = Api::none;
    bool stream = false;
    bool sandbox = false;
    Deferred deferred = Deferred::none;
    std::string_view provider;
    std::string_view model_requested;
    std::string_view model_served;
    std::string_view service_tier;
    std::string_view finish_reason;
    std::int32_t status = 0;  ///< as the caller saw it
    Outcome outcome = Outcome::answered;
    std::string_view error_code;
    Usage usage;
    UsageSource usage_source = UsageSource::none;
    Money estimated_cost;
    Money cost;
    std::string_view cost_status;
    Money stated_cost;
    bool has_stated_cost = false;
    std::string_view price_version;
    std::string_view trace_id;
    std::string_view request_id_provider;
    std::string_view request_id_caller;
    std::string_view region;  ///< where it was served, when its price depends on that
    /// Id of the hold of the policy store that covers it: an allotment, or a reservation of another
    /// id; empty: one of its own id.
    std::string_view hold;
    std::string_view object_id;  ///< of what the call made and the provider keeps; empty: nothing
    std::int64_t latency_us = 0;
    std::int64_t ttft_us = -1;  ///< -1: no byte of an answer came
    std::int64_t overhead_us = 0;
    std::span<const AttemptRecord> attempts;
};

/// What a record in the spool is, its first byte; all kinds share one form. A number is never
/// reused.
enum class RecordKind : std::uint8_t {
    request = 1,    ///< a request's row
    admission = 2,  ///< a request under way: its row, should no record of its id close it
};
/// None for a kind that this program does not know: a newer one wrote it.
[[nodiscard]] std::optional<RecordKind> record_kind(std::string_view bytes);
/// The id in a record's bytes, without decoding them; none where they are too short.
[[nodiscard]] std::optional<Uuid> record_id(std::string_view bytes);

/// `error_code` of the row of a request whose gateway died before its end; its cost is what was
/// reserved. A row with another one takes its place.
inline constexpr std::string_view kGatewayDied = "gateway_died";

/// Appends the binary form (docs/formats/spool.md; little-endian, length-prefixed text).
void encode(const RequestRecord& record, std::string& out, RecordKind kind = RecordKind::request);

/// What decode() hands out: the record and the room for its attempts. Views point into the bytes.
struct DecodedRecord {
    static constexpr std::size_t kAttemptsMax = 16;
    RequestRecord record;
    AttemptRecord attempts[kAttemptsMax];
};

/// Of every kind. Errors: corrupt_input. Fields that a newer version appended are skipped.
[[nodiscard]] Result<void> decode(std::string_view bytes, DecodedRecord& out);

}  // namespace pulse::storage
