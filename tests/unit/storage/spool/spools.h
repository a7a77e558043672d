#pragma once

#include "storage/spool/spool.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <vector>

namespace pulse::storage::tests {

inline constexpr std::uint64_t kSegment = 64 * 1024;

[[nodiscard]] inline SpoolSettings settings_in(const std::filesystem::path& path) {
    SpoolSettings settings;
    settings.path = path;
    settings.segment_bytes = kSegment;
    settings.limit_bytes = 64 * kSegment;
    return settings;
}

[[nodiscard]] inline std::unique_ptr<Spool> open_spool(
    const SpoolSettings& settings, std::size_t workers = 1) {
    Result<std::unique_ptr<Spool>> spool = Spool::open(settings, workers);
    EXPECT_TRUE(spool) << (spool ? "" : spool.error().detail());
    return spool ? std::move(*spool) : nullptr;
}

/// Reserves and appends.
inline void append(SpoolWriter& writer, std::uint64_t number) {
    ASSERT_TRUE(writer.reserve());
    writer.append(sample_record(number));
}

/// Reads, checks and gives back everything; the ids.
[[nodiscard]] inline std::set<Uuid> read_all(Spool& spool) {
    std::set<Uuid> ids;
    auto decoded = std::make_unique<DecodedRecord>();
    for (auto entries = spool.read(100); !entries.empty(); entries = spool.read(100)) {
        std::vector<SpoolPosition> ends;
        for (const Spool::Entry& entry : entries) {
            EXPECT_TRUE(decode(entry.payload, *decoded));
            EXPECT_TRUE(ids.insert(decoded->record.id).second);
            ends.push_back(entry.position);
        }
        if (spool.written(ends)) {
            spool.delete_finished();
        }
    }
    if (spool.written({})) {
        spool.delete_finished();
    }
    return ids;
}

}  // namespace pulse::storage::tests
