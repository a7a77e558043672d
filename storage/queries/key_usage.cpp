#include "storage/queries/key_usage.h"

#include "storage/queries/detail/request_sums.h"

namespace pulse::storage {

Result<std::vector<KeyUsage>> key_usage(
    sql::Session& session,
    const AccessScope& scope,
    std::string_view key_id,
    const Stretch& time,
    Granularity granularity,
    const TimeZone& zone) {
    if (time.begin >= time.end) {
        return Error{Errc::invalid_request, "to: must be later than from"};
    }
    const Result<std::vector<Bucket>> buckets = buckets_of(zone, granularity, time);
    if (!buckets) {
        return buckets.error();
    }
    std::vector<Stretch> stretches;
    for (const Bucket& bucket : *buckets) {
        stretches.push_back(bucket.time);
    }
    const std::string keys[] = {std::string{key_id}};
    std::vector<KeyUsage> usage;
    auto done = detail::each_request_sum(
        session,
        {scope, stretches, std::nullopt, Dimension::key, keys},
        [&](const detail::RequestSum& sum) {
            const Bucket& bucket = (*buckets)[sum.stretch];
            const std::int64_t latency_us =
                (sum.latency_us + sum.requests / 2) / (sum.requests == 0 ? 1 : sum.requests);
            usage.push_back(
                {bucket.label,
                 bucket.time,
                 std::string{sum.currency},
                 sum.requests,
                 sum.refused,
                 sum.failed,
                 sum.input_tokens,
                 sum.cached_tokens,
                 sum.output_tokens,
                 latency_us,
                 sum.cost});
        });
    if (!done) {
        return done.error();
    }
    return usage;
}

}  // namespace pulse::storage
