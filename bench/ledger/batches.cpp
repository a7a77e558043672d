#include "bench/ledger/batches.h"

#include <array>
#include <string_view>

namespace pulse::bench {
namespace {

constexpr std::array<std::string_view, 4> kModels{
    "gpt-4o-mini-2024-07-18", "gpt-4.1-2025-04-14", "claude-sonnet-4-5-20250929", "gemini-2.5-pro"};
constexpr std::array<std::string_view, 10> kKeys{
    "key_0199f0b2d4d07c30",
    "key_0199f0b2d4d07c31",
    "key_0199f0b2d4d07c32",
    "key_0199f0b2d4d07c33",
    "key_0199f0b2d4d07c34",
    "key_0199f0b2d4d07c35",
    "key_0199f0b2d4d07c36",
    "key_0199f0b2d4d07c37",
    "key_0199f0b2d4d07c38",
    "key_0199f0b2d4d07c39"};
constexpr std::array<std::string_view, 5> kProjects{
    "ranking", "assistant", "support", "search", "batch-labels"};

void fill(storage::DecodedRecord& decoded, std::size_t number) {
    storage::AttemptRecord& attempt = decoded.attempts[0];
    attempt.provider = "openai";
    attempt.model = kModels[number % kModels.size()];
    attempt.status = 200;
    attempt.usage.input_uncached = 236 + static_cast<std::int64_t>(number % 97);
    attempt.usage.output_total = 32 + static_cast<std::int64_t>(number % 31);
    attempt.usage_source = UsageSource::provider;
    attempt.cost = Money::from_pico(54'600'000 + static_cast<std::int64_t>(number % 1'009));
    attempt.cost_status = "exact";
    attempt.latency_us = 412'345;

    storage::RequestRecord& record = decoded.record;
    record.key_id = kKeys[number % kKeys.size()];
    record.org = "default";
    record.team = "search";
    record.project = kProjects[number / 7 % kProjects.size()];
    record.dialect = Dialect::openai;
    record.api = Api::chat_completions;
    record.provider = "openai";
    record.model_requested = "gpt-4o-mini";
    record.model_served = attempt.model;
    record.service_tier = "default";
    record.finish_reason = "stop";
    record.status = 200;
    record.usage = attempt.usage;
    record.usage_source = attempt.usage_source;
    record.estimated_cost = Money::from_pico(9'866'250'000);
    record.cost = attempt.cost;
    record.cost_status = attempt.cost_status;
    record.price_version = "2026-11-18/3f2a9c41";
    record.request_id_provider = "req_0123456789abcdef0123456789abcdef";
    record.latency_us = 412'512;
    record.ttft_us = 412'301;
    record.overhead_us = 38;
    record.attempts = {decoded.attempts, 1};
}

}  // namespace

Batches::Batches(std::size_t size) : records_(size) {
    for (storage::DecodedRecord& record : records_) {
        pointers_.push_back(&record);
    }
}

std::span<const storage::DecodedRecord* const> Batches::next() {
    const TimePoint now = system_clock().now();
    for (storage::DecodedRecord& record : records_) {
        fill(record, made_++);
        record.record.id = ids_.next(now);
    }
    return pointers_;
}

}  // namespace pulse::bench
