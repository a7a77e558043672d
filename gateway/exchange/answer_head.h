#pragma once

#include "base/money.h"
#include "base/uuid.h"
#include "net/http/head.h"
#include "policy/quota_store.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace pulse::gateway {

/// Appends "HTTP/1.1 404 Not Found" and the line's end.
void append_status_line(std::string& out, int status);
/// The standard phrase of a status (RFC 9110 §15); "Status" for others.
[[nodiscard]] std::string_view reason_phrase(int status);

void append_field(std::string& out, std::string_view name, std::string_view value);
void append_field(std::string& out, std::string_view name, std::int64_t value);
void append_field(std::string& out, std::string_view name, Money value);
void append_field(std::string& out, std::string_view name, const Uuid& value);

/// Passes a head's fields on as they stand in their buffer: neighbours in one copy. Ends a run when
/// it is destroyed. The fields come in the order of their head, and `end_run()` stands where one is
/// left out.
class PassedFields {
public:
    explicit PassedFields(std::string& out) : out_(out) {}
    ~PassedFields() { end_run(); }
    PassedFields(const PassedFields&) = delete;
    PassedFields& operator=(const PassedFields&) = delete;

    void pass(const net::Field& field) {
        if (begin_ == nullptr) {
            begin_ = field.name.data();
        }
        // An empty value has no place of its own; its line ends behind the colon.
        end_ = field.value.empty() ? field.name.data() + field.name.size() + 1
                                   : field.value.data() + field.value.size();
    }
    void end_run();

private:
    std::string& out_;
    const char* begin_ = nullptr;
    const char* end_ = nullptr;
};

/// `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, resets as OpenAI writes them ("6m0s",
/// "12ms").
void append_rate_fields(std::string& out, const policy::RateState& rates);

/// The same as Anthropic's clients read them: `anthropic-ratelimit-{requests,tokens}-{limit,remaining,reset}`, resets as
/// RFC 3339. Source: https://docs.anthropic.com/en/api/rate-limits
void append_anthropic_rate_fields(std::string& out, const policy::RateState& rates, TimePoint now);

/// "850ms", "59s", "6m0s", "1h2m3s": how OpenAI states a wait.
void append_openai_duration(std::string& out, std::chrono::milliseconds wait);

/// The provider's fields that the caller sees (contract §4 "Headers that pass"): all but
/// hop-by-hop, framing, cookies, account identifiers and names of ours; its rate limits get the
/// prefix `llm_provider-`.
struct CallerFields {
    bool has_request_id = false;      ///< an `x-request-id` passed
    bool skip_cache_control = false;  ///< in: event streams have one of ours
    bool skip_access_control = false;  ///< in: pages are told of origins by Pulse alone
    const std::string* upload_base = nullptr;  ///< in: where an upload goes on
};
void append_caller_fields(std::string& out, const net::Fields& fields, CallerFields& options);

}  // namespace pulse::gateway
