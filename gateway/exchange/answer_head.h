#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/money.h"
#include "base/uuid.h"
#include "net/http/head.h"
#include "policy/quota_store.h"

namespace pulse::gateway {

/// Appends "HTTP/1.1 404 Not Found" and the line's end.
void append_status_line(std::string& out, int status);
/// The standard phrase of a status (RFC 9110 §15); "Status" for others.
[[nodiscard]] std::string_view reason_phrase(int status);

void append_field(std::string& out, std::string_view name, std::string_view value);
void append_field(std::string& out, std::string_view name, std::int64_t value);
void append_field(std::string& out, std::string_view name, Money value);
void append_field(std::string& out, std::string_view name, const Uuid& value);

/// `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, resets as OpenAI writes them ("6m0s", "12ms").
void append_rate_fields(std::string& out, const policy::RateState& rates);

/// "850ms", "59s", "6m0s", "1h2m3s": how OpenAI states a wait.
void append_openai_duration(std::string& out, std::chrono::milliseconds wait);

/// The provider's fields that the caller sees (contract §4 "Headers that pass"): all but hop-by-hop, framing, cookies, account
/// identifiers and names of ours; its rate limits get the prefix `llm_provider-`.
struct CallerFields {
    bool has_request_id = false;    ///< an `x-request-id` passed
    bool skip_cache_control = false;  ///< in: event streams have one of ours
};
void append_caller_fields(std::string& out, const net::Fields& fields, CallerFields& options);

}  // namespace pulse::gateway
