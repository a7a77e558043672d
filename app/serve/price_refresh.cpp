#include "app/serve/price_refresh.h"

#include "app/serve/fetch.h"
#include "base/log.h"
#include "pricing/catalog/compare.h"
#include "pricing/catalog/import/import.h"
#include "pricing/catalog/merge.h"
#include "pricing/catalog/writer.h"

#include <pthread.h>

#include <fstream>
#include <sstream>
#include <utility>

namespace pulse::app {

namespace {

using pricing::FetchResult;

constexpr std::size_t kReasonsShown = 5;

[[nodiscard]] std::string_view name_of(FetchResult result) {
    switch (result) {
        case FetchResult::newer:
            return "newer";
        case FetchResult::not_modified:
            return "not_modified";
        case FetchResult::failed:
            return "failed";
        case FetchResult::unreadable:
            return "unreadable";
        case FetchResult::refused:
            break;
    }
    return "refused";
}

[[nodiscard]] double seconds(std::chrono::microseconds time) {
    return std::chrono::duration<double>(time).count();
}

/// Replaces the file as a whole: a start never finds half of it.
void keep(const std::filesystem::path& path, const pricing::Catalog& catalog) {
    const std::filesystem::path fresh = path.string() + ".new";
    std::error_code error;
    {
        std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
        out << pricing::write_catalog(catalog, catalog.version());
        out.close();
        if (!out) {
            log_error(
                "refreshed prices are in force but cannot be kept", {{"file", fresh.string()}});
            return;
        }
    }
    std::filesystem::rename(fresh, path, error);
    if (error) {
        log_error(
            "refreshed prices are in force but cannot be kept",
            {{"file", path.string()}, {"error", error.message()}});
    }
}

}  // namespace

std::shared_ptr<const pricing::Catalog> starting_catalog(const PriceRefreshSettings& settings) {
    std::ifstream in(settings.kept, std::ios::binary);
    if (settings.url.empty() || !in) {
        return pricing::Catalog::builtin();
    }
    std::ostringstream text;
    text << in.rdbuf();
    auto kept = pricing::Catalog::parse(text.str());
    if (!kept) {
        log_error(
            "kept prices cannot be read; the program's own are in force until the next refresh",
            {{"file", settings.kept.string()}, {"error", kept.error().detail()}});
        return pricing::Catalog::builtin();
    }
    return *std::move(kept);
}

PriceRefresh::PriceRefresh(
    PriceRefreshSettings settings,
    std::shared_ptr<const pricing::Catalog> current,
    OnCatalog on_catalog)
    : settings_(std::move(settings)),
      on_catalog_(std::move(on_catalog)),
      current_(std::move(current)),
      success_(system_clock().now()) {
    metrics_.is_on = !settings_.url.empty();
    std::error_code error;
    const auto written = std::filesystem::last_write_time(settings_.kept, error);
    if (!error) {
        success_ =
            std::chrono::floor<std::chrono::microseconds>(std::chrono::file_clock::to_sys(written));
    }
    if (!metrics_.is_on) {
        return;
    }
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "prices");
        run();
    });
}

PriceRefresh::~PriceRefresh() {
    stop();
}

void PriceRefresh::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

PriceRefreshMetrics PriceRefresh::metrics() const {
    const TimePoint now = system_clock().now();
    const std::scoped_lock lock(mutex_);
    PriceRefreshMetrics metrics = metrics_;
    metrics.age_seconds = seconds(now - success_);
    metrics.failing_seconds = failing_since_ ? seconds(now - *failing_since_) : 0;
    metrics.is_stale = pricing::is_stale(settings_.rules, success_, now);
    return metrics;
}

bool PriceRefresh::wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, time, [&] { return stopping_.load(); });
}

void PriceRefresh::run() {
    do {
        refresh();
    } while (wait(std::chrono::duration_cast<std::chrono::milliseconds>(
        pricing::next_refresh(settings_.rules, TimePoint{}, static_cast<pricing::Throw>(dice_())) -
        TimePoint{})));
}

void PriceRefresh::refresh() {
    for (int tried = 1;; ++tried) {
        const FetchResult result = attempt();
        if (stopping_) {
            return;
        }
        note(result);
        if (pricing::step_after(result) != pricing::RefreshStep::retry) {
            return;
        }
        const auto pause = pricing::wait_after_failure(
            settings_.rules, tried, static_cast<pricing::Throw>(dice_()));
        if (!pause || !wait(*pause)) {
            return;
        }
    }
}

FetchResult PriceRefresh::attempt() {
    const auto fetched = fetch(
        {.url = settings_.url,
         .etag = etag_,
         .timeout = settings_.rules.timeout,
         .bytes_max = static_cast<std::size_t>(settings_.rules.bytes_max),
         .cancelled = stopping_});
    if (!fetched) {
        log_warn(
            "prices not refreshed, the old ones stay",
            {{"url", settings_.url}, {"error", fetched.error().detail()}});
        return FetchResult::failed;
    }
    if (fetched->status == 304) {
        return FetchResult::not_modified;
    }
    if (fetched->status != 200) {
        log_warn(
            "prices not refreshed, the old ones stay",
            {{"url", settings_.url}, {"error", "status " + std::to_string(fetched->status)}});
        return FetchResult::failed;
    }
    const FetchResult result = take(fetched->body);
    if (result == FetchResult::newer) {
        etag_ = fetched->etag;
    }
    return result;
}

FetchResult PriceRefresh::take(const std::string& body) {
    const auto format = pricing::guess_catalog_format(body);
    auto imported =
        format ? pricing::import_catalog(*format, body)
               : Result<pricing::Imported>(Error(Errc::corrupt_input, "it is no price catalogue"));
    if (!imported || imported->catalog->models().empty()) {
        log_error(
            "fetched prices cannot be read, the old ones stay",
            {{"url", settings_.url},
             {"error", imported ? "it has no model" : imported.error().detail()}});
        return FetchResult::unreadable;
    }
    // What this address gave last is what it must not lose; the program's own prices come from more
    // than one catalogue.
    const TimePoint now = system_clock().now();
    const pricing::GuardRules rules{
        .ids_kept_percent = fetched_ != nullptr ? pricing::GuardRules{}.ids_kept_percent : 0};
    pricing::GuardVerdict verdict =
        pricing::guard(fetched_ != nullptr ? *fetched_ : *current_, *imported->catalog, now, rules);
    pricing::guard_report(imported->report, verdict);
    if (!verdict.passes()) {
        std::string reasons;
        for (std::size_t i = 0; i < verdict.reasons.size() && i < kReasonsShown; ++i) {
            reasons += (i == 0 ? "" : "; ") + verdict.reasons[i];
        }
        log_error(
            "fetched prices are refused, the old ones stay",
            {{"url", settings_.url}, {"error", reasons}});
        return FetchResult::refused;
    }
    const auto merged = pricing::with_history(*imported->catalog, *current_, now);
    if (!on_catalog_(merged)) {
        return FetchResult::failed;
    }
    fetched_ = imported->catalog;
    current_ = merged;
    keep(settings_.kept, *current_);
    log_info(
        "prices refreshed",
        {{"url", settings_.url},
         {"version", current_->version()},
         {"models", std::to_string(fetched_->models().size())}});
    return FetchResult::newer;
}

void PriceRefresh::note(FetchResult result) {
    const TimePoint now = system_clock().now();
    const bool is_success = result == FetchResult::newer || result == FetchResult::not_modified;
    log_info(
        "asked for newer prices",
        {{"url", settings_.url}, {"result", std::string(name_of(result))}});
    const std::scoped_lock lock(mutex_);
    ++metrics_.results[static_cast<std::size_t>(result)];
    if (is_success) {
        success_ = now;
        failing_since_.reset();
    } else if (!failing_since_) {
        failing_since_ = now;
    }
}

}  // namespace pulse::app
