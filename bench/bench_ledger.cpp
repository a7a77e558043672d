#include "base/uuid.h"
#include "storage/ledger_writer.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// What the ledger writer's thread costs for each request: records as the gateway writes them for a
/// small chat completion go through a real spool, in batches, into a new SQLite database.
///   pulse_bench_ledger [ROWS [BATCH [FOLDER [KEYS [PROJECTS]]]]]
/// The folder, which is made and deleted, decides what a commit's fdatasync costs; over how many
/// keys, and projects with a team each, the requests are spread, how many rows of the rollups a
/// batch changes.
namespace {

using namespace pulse;

[[nodiscard]] std::int64_t thread_cpu_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

[[nodiscard]] storage::AttemptRecord sample_attempt() {
    storage::AttemptRecord attempt;
    attempt.provider = "openai";
    attempt.model = "gpt-4o-mini";
    attempt.status = 200;
    attempt.usage.input_uncached = 236;
    attempt.usage.output_total = 32;
    attempt.usage_source = UsageSource::provider;
    attempt.cost = Money::from_pico(54'600'000);
    attempt.cost_status = "exact";
    attempt.latency_us = 412'345;
    return attempt;
}

[[nodiscard]] storage::RequestRecord sample_request(const storage::AttemptRecord& attempt) {
    storage::RequestRecord record;
    record.key_id = "key_0199f0b2d4d07c3e";
    record.org = "default";
    record.team = "bench";
    record.project = "bench";
    record.dialect = Dialect::openai;
    record.api = Api::chat_completions;
    record.provider = "openai";
    record.model_requested = "gpt-4o-mini";
    record.model_served = "gpt-4o-mini-2024-07-18";
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
    record.attempts = {&attempt, 1};
    return record;
}

[[nodiscard]] std::size_t number_or(int count, char** arguments, int index, std::size_t otherwise) {
    if (index < count) {
        const std::string_view text = arguments[index];
        std::from_chars(text.data(), text.data() + text.size(), otherwise);
    }
    return std::max<std::size_t>(otherwise, 1);
}

template <class Value>
[[nodiscard]] Value must(Result<Value> result) {
    if (!result) {
        fmt::print(stderr, "{}\n", result.error().detail());
        std::exit(1);
    }
    return *std::move(result);
}

struct Measured {
    std::vector<double> batch_us;
    double total_us = 0;
    std::uint64_t rows_written = 0;
};

[[nodiscard]] Measured measure(
    const std::filesystem::path& folder,
    std::size_t rows,
    std::size_t batch,
    std::size_t keys,
    std::size_t projects) {
    auto database = must(storage::open_database("sqlite:" + (folder / "pulse.db").string()));
    if (auto migrated = database->migrate_up(); !migrated) {
        fmt::print(stderr, "{}\n", migrated.error().detail());
        std::exit(1);
    }
    storage::SpoolSettings settings;
    settings.path = folder / "spool";
    const auto spool = must(storage::Spool::open(settings, 1));
    storage::LedgerWriter writer{
        *spool, std::move(database), {.rejected_path = folder / "rejected"}};

    const storage::AttemptRecord attempt = sample_attempt();
    storage::RequestRecord record = sample_request(attempt);
    std::vector<std::string> key_ids;
    for (std::size_t i = 0; i < keys; ++i) {
        key_ids.push_back(fmt::format("key_0199f0b2d4d0{:04x}", i));
    }
    std::vector<std::string> project_names;
    for (std::size_t i = 0; i < projects; ++i) {
        project_names.push_back(fmt::format("bench-{}", i));
    }
    UuidGenerator ids;
    TimePoint now = system_clock().now();
    Measured measured;
    for (std::size_t written = 0; written < rows; written += batch) {
        for (std::size_t i = 0; i < batch; ++i) {
            now += std::chrono::microseconds{700};
            record.id = ids.next(now);
            const std::size_t key = (written + i) % keys;
            record.key_id = key_ids[key];
            record.project = project_names[key % projects];
            record.team = record.project;
            if (!spool->writer(0).reserve()) {
                fmt::print(stderr, "the spool is full\n");
                std::exit(1);
            }
            spool->writer(0).append(record);
        }
        const std::int64_t before = thread_cpu_ns();
        if (auto replayed = writer.replay(); !replayed) {
            fmt::print(stderr, "{}\n", replayed.error().detail());
            std::exit(1);
        }
        measured.batch_us.push_back(static_cast<double>(thread_cpu_ns() - before) / 1e3);
    }
    for (const double us : measured.batch_us) {
        measured.total_us += us;
    }
    measured.rows_written = writer.metrics().requests_written;
    return measured;
}

}  // namespace

int main(int count, char** arguments) {
    const std::size_t rows = number_or(count, arguments, 1, 20'000);
    const std::size_t batch = number_or(count, arguments, 2, 200);
    std::string folder = count > 3 ? arguments[3] : std::filesystem::temp_directory_path().string();
    folder.append("/pulse-bench-XXXXXX");
    if (::mkdtemp(folder.data()) == nullptr) {
        fmt::print(stderr, "{} cannot be made\n", folder);
        return 1;
    }
    Measured measured = measure(
        folder, rows, batch, number_or(count, arguments, 4, 1), number_or(count, arguments, 5, 1));
    std::error_code ignored;
    const auto bytes = std::filesystem::file_size(folder + "/pulse.db", ignored);
    std::filesystem::remove_all(folder, ignored);
    std::sort(measured.batch_us.begin(), measured.batch_us.end());
    const auto written = static_cast<double>(measured.rows_written);
    fmt::print(
        "{} rows in batches of {}: {:.2f} us a row (median batch {:.2f}, p99 batch {:.0f} us, max "
        "{:.0f} us), {:.0f} B a row\n",
        measured.rows_written,
        batch,
        measured.total_us / written,
        measured.batch_us[measured.batch_us.size() / 2] / static_cast<double>(batch),
        measured.batch_us[measured.batch_us.size() * 99 / 100],
        measured.batch_us.back(),
        static_cast<double>(bytes) / written);
    return 0;
}
