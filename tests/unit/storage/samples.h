#pragma once

#include "storage/records.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace pulse::storage::tests {

/// A folder that is gone at the end of the test.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "pulse-storage-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// A version-7 id whose time is `number` milliseconds into 2026 and whose random part is `number`.
[[nodiscard]] inline Uuid sample_id(std::uint64_t number) {
    Uuid id;
    std::uint64_t milliseconds = 1'767'225'600'000U + number;
    for (std::size_t i = 6; i-- > 0; milliseconds >>= 8U) {
        id.bytes[i] = static_cast<std::uint8_t>(milliseconds);
    }
    id.bytes[6] = 0x70;
    id.bytes[8] = 0x80;
    for (std::size_t i = 16; i-- > 10; number >>= 8U) {
        id.bytes[i] = static_cast<std::uint8_t>(number);
    }
    return id;
}

[[nodiscard]] inline Money pico(std::int64_t value) {
    return Money::from_pico(value);
}

/// Two attempts: one that failed without billing, one that answered.
[[nodiscard]] inline std::array<AttemptRecord, 2> sample_attempts() {
    std::array<AttemptRecord, 2> attempts;
    attempts[0].provider = "openai";
    attempts[0].model = "gpt-4o-mini";
    attempts[0].status = 503;
    attempts[0].outcome = Outcome::provider_error;
    attempts[0].latency_us = 4'321;
    attempts[1].provider = "backup";
    attempts[1].model = "gpt-4o-mini-2024-07-18";
    attempts[1].status = 200;
    attempts[1].usage.input_uncached = 19;
    attempts[1].usage.output_total = 10;
    attempts[1].usage_source = UsageSource::provider;
    attempts[1].cost = pico(8'850'000);
    attempts[1].cost_status = "exact";
    attempts[1].latency_us = 812'345;
    return attempts;
}
inline const std::array<AttemptRecord, 2> kSampleAttempts = sample_attempts();

/// A request with every field set. Its texts are literals.
[[nodiscard]] inline RequestRecord sample_record(std::uint64_t number = 1) {
    RequestRecord record;
    record.id = sample_id(number);
    record.key_id = "key-1";
    record.org = "default";
    record.team = "search";
    record.project = "ranking";
    record.user = "ada";
    record.app = "site";
    record.client = "web";
    record.end_user = "visitor-77";
    record.tags_json = R"({"env":"prod"})";
    record.dialect = Dialect::openai;
    record.api = Api::chat_completions;
    record.stream = true;
    record.sandbox = false;
    record.provider = "backup";
    record.model_requested = "smart";
    record.model_served = "gpt-4o-mini-2024-07-18";
    record.service_tier = "default";
    record.region = "eu";
    record.finish_reason = "stop";
    record.status = 200;
    record.outcome = Outcome::answered;
    record.error_code = "none";
    record.usage.input_uncached = 19;
    record.usage.cached_read = 3;
    record.usage.output_total = 10;
    record.usage.of_which_reasoning = 4;
    record.usage.web_search_requests = 1;
    record.usage_source = UsageSource::provider;
    record.estimated_cost = pico(123'456'789'012);
    record.cost = pico(8'850'000);
    record.cost_status = "exact";
    record.stated_cost = Money::from_pico(Int128{9'000'000'000'000'000'000} * 1'000);
    record.has_stated_cost = true;
    record.price_version = "2026-11-01/abcdef";
    record.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    record.request_id_provider = "req_provider";
    record.request_id_caller = "req_caller";
    record.latency_us = 820'000;
    record.ttft_us = 300'000;
    record.overhead_us = 45;
    record.attempts = kSampleAttempts;
    return record;
}

}  // namespace pulse::storage::tests
