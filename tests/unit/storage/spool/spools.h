#pragma once

#include "storage/spool/crc32c.h"
#include "storage/spool/segment.h"
#include "storage/spool/spool.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
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

/// Reserves and admits.
inline void admit(SpoolWriter& writer, std::uint64_t number) {
    ASSERT_TRUE(writer.reserve());
    writer.admit(sample_record(number));
}

/// Gives the record of that id in the only segment another kind, soundly.
inline void rewrite_kind(const std::filesystem::path& folder, const Uuid& id, char kind) {
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        if (entry.path().filename() == "lock") {
            continue;
        }
        std::fstream file{entry.path(), std::ios::binary | std::ios::in | std::ios::out};
        std::string bytes{std::istreambuf_iterator<char>{file}, {}};
        const std::size_t at = bytes.find(
            std::string{reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
        if (at == std::string::npos) {
            continue;
        }
        char* const frame = bytes.data() + at - 8 - sizeof(FrameHead);
        FrameHead head{};
        std::memcpy(&head, frame, sizeof head);
        frame[sizeof head] = kind;
        head.crc = crc32c(frame + sizeof head, head.payload_bytes, crc32c(&head.payload_bytes, 4));
        std::memcpy(frame, &head, sizeof head);
        file.clear();
        file.seekp(0);
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
}

[[nodiscard]] inline std::vector<Spool::Entry> read_some(Spool& spool, std::size_t max) {
    std::vector<Spool::Entry> entries;
    spool.read(max, entries);
    return entries;
}

/// Reads, checks and gives back everything; the ids.
inline std::set<Uuid> read_all(Spool& spool, Spool::Open open = Spool::Open::keep) {
    std::set<Uuid> ids;
    auto decoded = std::make_unique<DecodedRecord>();
    for (auto entries = read_some(spool, 100); !entries.empty(); entries = read_some(spool, 100)) {
        std::vector<SpoolPosition> ends;
        for (const Spool::Entry& entry : entries) {
            EXPECT_TRUE(decode(entry.payload, *decoded));
            EXPECT_TRUE(ids.insert(decoded->record.id).second);
            ends.push_back(entry.position);
        }
        if (spool.written(ends)) {
            spool.delete_finished(open);
        }
    }
    if (spool.written({})) {
        spool.delete_finished(open);
    }
    return ids;
}

}  // namespace pulse::storage::tests
