#include "app/serve/metrics_page.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <map>
#include <sstream>
#include <utility>

#include "app/serve/build_info.h"

namespace pulse::app {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<std::pair<std::string, std::string>>;

/// Collects families by name; equal label sets are added up over workers.
class Families {
public:
    void count(const std::string& name, const std::string& help, const Labels& labels, double value) {
        at(name, help, MetricType::Counter, labels).counter.value += value;
    }
    void gauge(const std::string& name, const std::string& help, const Labels& labels, double value) {
        at(name, help, MetricType::Gauge, labels).gauge.value += value;
    }
    template <std::size_t N>
    void histogram(
        const std::string& name,
        const std::string& help,
        const Labels& labels,
        const gateway::HistogramCells<N>& cells) {
        auto& histogram = at(name, help, MetricType::Histogram, labels).histogram;
        histogram.bucket.resize(N + 1);
        std::uint64_t cumulative = 0;
        for (std::size_t i = 0; i <= N; ++i) {
            cumulative += cells.count(i);
            histogram.bucket[i].cumulative_count += cumulative;
            histogram.bucket[i].upper_bound = i < N ? static_cast<double>(cells.bounds_us()[i]) / 1e6
                                                    : std::numeric_limits<double>::infinity();
        }
        histogram.sample_count += cumulative;
        histogram.sample_sum += static_cast<double>(cells.sum_us()) / 1e6;
    }
    [[nodiscard]] std::string render() {
        std::vector<MetricFamily> families;
        for (auto& [name, entry] : families_) {
            for (auto& [labels, metric] : entry.metrics) {
                for (const auto& [label, value] : labels) {
                    metric.label.push_back({label, value});
                }
                entry.family.metric.push_back(metric);
            }
            families.push_back(entry.family);
        }
        std::ostringstream text;
        prometheus::TextSerializer().Serialize(text, families);
        return text.str();
    }

private:
    struct Entry {
        MetricFamily family;
        std::map<Labels, ClientMetric> metrics;
    };
    ClientMetric& at(const std::string& name, const std::string& help, MetricType type, const Labels& labels) {
        Entry& entry = families_[name];
        entry.family.name = name;
        entry.family.help = help;
        entry.family.type = type;
        return entry.metrics[labels];
    }
    std::map<std::string, Entry> families_;
};

void add_models(Families& out, const gateway::WorkerMetrics& metrics) {
    metrics.visit_models([&](const gateway::ModelCells& cells) {
        const Labels labels{{"provider", cells.provider}, {"model", cells.model}};
        for (std::size_t i = 0; i < cells.tokens.size(); ++i) {
            Labels with_class = labels;
            with_class.emplace_back("class", std::string(gateway::kTokenClassNames[i]));
            out.count(
                "pulse_tokens_total", "Tokens by billable class", with_class, static_cast<double>(cells.tokens[i].value()));
        }
        // Prometheus knows no exact number; the ledger has the exact cost.
        out.count(
            "pulse_cost_usd_total", "Cost in USD, rounded", labels, static_cast<double>(cells.cost_pico.value()) / 1e12);
        out.count(
            "pulse_unpriced_requests_total",
            "Requests that no price was known for, or not for all of what they used",
            labels,
            static_cast<double>(cells.unpriced.value()));
        out.histogram("pulse_request_duration_seconds", "From first byte in to last byte out", labels, cells.duration);
        out.histogram("pulse_time_to_first_token_seconds", "Until the provider's first byte", labels, cells.first_token);
        out.histogram("pulse_time_per_output_token_seconds", "Of streams", labels, cells.per_token);
        const Labels semantic{
            {"gen_ai_provider_name", cells.provider},
            {"gen_ai_response_model", cells.model}};
        out.histogram("gen_ai_client_operation_duration_seconds", "OpenTelemetry GenAI name", semantic, cells.duration);
    });
}

void add_worker(
    Families& out, const gateway::WorkerMetrics& metrics, std::string_view policy_store) {
    add_models(out, metrics);
    metrics.visit_statuses([&](const gateway::StatusCells& cells) {
        out.count(
            "pulse_requests_total",
            "Requests that were answered",
            {{"dialect", cells.dialect},
             {"provider", cells.provider},
             {"model", cells.model},
             {"status", std::to_string(cells.status)}},
            static_cast<double>(cells.requests.value()));
    });
    metrics.visit_named([&](const std::string& family, const std::string& first, const std::string& second, auto value) {
        const auto count = static_cast<double>(value);
        if (family == "denied") {
            out.count("pulse_denied_total", "Requests refused by policy", {{"reason", first}}, count);
        } else if (family == "rejected") {
            out.count("pulse_rejected_total", "Requests that could not be read", {{"reason", first}}, count);
        } else {
            out.count(
                "pulse_upstream_attempts_total",
                "Attempts at providers",
                {{"provider", first}, {"outcome", second}},
                count);
        }
    });
    out.histogram("pulse_overhead_seconds", "Pulse's own time in a request", {}, metrics.overhead);
    out.histogram(
        "pulse_policy_latency_seconds", "Time of an admission", {{"store", std::string{policy_store}}}, metrics.policy_latency);
    out.gauge("pulse_inflight_requests", "Requests under way", {}, static_cast<double>(metrics.inflight.value()));
    out.count(
        "pulse_callers_gone_total", "Callers who hung up", {}, static_cast<double>(metrics.callers_gone.value()));
    out.count(
        "pulse_spool_refusals_total",
        "Requests refused because the spool had no room",
        {},
        static_cast<double>(metrics.spool_refusals.value()));
}

void add_prices(Families& out, const PriceRefreshMetrics& prices) {
    if (!prices.is_on) {
        return;
    }
    constexpr std::array<const char*, 5> kResults{"newer", "not_modified", "failed", "unreadable", "refused"};
    for (std::size_t i = 0; i < kResults.size(); ++i) {
        out.count(
            "pulse_pricing_refresh_total",
            "Attempts to fetch newer prices",
            {{"result", kResults[i]}},
            static_cast<double>(prices.results[i]));
    }
    out.gauge("pulse_pricing_catalogue_age_seconds", "Since prices were fetched or found unchanged", {}, prices.age_seconds);
    out.gauge("pulse_pricing_refresh_failing_seconds", "Since the first of the failures in a row", {}, prices.failing_seconds);
    out.gauge("pulse_pricing_stale", "Prices are older than a week", {}, prices.is_stale ? 1 : 0);
}

void add_backups(Families& out, const BackupMetrics& backups) {
    if (!backups.is_on) {
        return;
    }
    const auto ended = [&](const char* result, std::uint64_t count) {
        out.count("pulse_backups_total", "Backups by the schedule", {{"result", result}}, static_cast<double>(count));
    };
    ended("made", backups.made);
    ended("failed", backups.failed);
    out.gauge("pulse_backup_age_seconds", "Since the newest backup; 0 where there is none", {}, backups.age_seconds);
}

void add_housekeeping(Families& out, const HousekeepingMetrics& housekeeping) {
    const auto dropped = [&](const char* table, const std::atomic<std::uint64_t>& value) {
        out.count(
            "pulse_retention_dropped_rows_total",
            "Rows that retention took away",
            {{"table", table}},
            static_cast<double>(value.load()));
    };
    dropped("ai_request_log", housekeeping.requests_dropped);
    dropped("cost_event", housekeeping.cost_events_dropped);
    out.gauge(
        "pulse_housekeeping_up",
        "The last hourly run did all that was to be done",
        {},
        housekeeping.up.load() ? 1 : 0);
    out.count(
        "pulse_housekeeping_failures_total",
        "Hourly runs that did not",
        {},
        static_cast<double>(housekeeping.failures.load()));
}

void add_deferred(Families& out, const DeferredMetrics& deferred) {
    add_models(out, deferred.usage);
    out.gauge("pulse_deferred_open", "Batches and background responses not billed yet", {}, static_cast<double>(deferred.open.load()));
    const auto ended = [&](const char* name, const char* help, const std::atomic<std::uint64_t>& value) {
        out.count(name, help, {}, static_cast<double>(value.load()));
    };
    ended("pulse_deferred_billed_total", "Batches and background responses that were billed", deferred.billed);
    ended("pulse_deferred_failed_total", "Batches and background responses that used nothing", deferred.failed);
    ended("pulse_deferred_given_up_total", "Batches and background responses that could not be billed", deferred.given_up);
}

}  // namespace

std::string render_metrics(const MetricsSource& source) {
    Families out;
    for (const auto& worker : source.workers) {
        add_worker(out, worker->metrics(), source.policy_store);
        worker->visit_pools([&](const gateway::PoolGauge& pool) {
            const std::pair<const char*, std::size_t> states[] = {
                {"idle", pool.idle}, {"busy", pool.busy}, {"connecting", pool.connecting}, {"waiting", pool.waiting}};
            for (const auto& [state, value] : states) {
                out.gauge(
                    "pulse_upstream_connections",
                    "Connections to providers",
                    {{"provider", pool.provider}, {"state", state}},
                    static_cast<double>(value));
            }
        });
    }
    const auto rows = [&](const char* table, const std::atomic<std::uint64_t>& value) {
        out.count("pulse_rows_written_total", "Rows written", {{"table", table}}, static_cast<double>(value.load()));
    };
    rows("ai_request_log", source.ledger.requests_written);
    rows("ai_request_attempt", source.ledger.attempts_written);
    rows("cost_event", source.ledger.cost_events_written);
    out.count(
        "pulse_rows_rejected_total",
        "Records the database could not take",
        {{"table", "ai_request_log"}},
        static_cast<double>(source.ledger.rejected.load()));
    out.gauge("pulse_ledger_up", "The database answers", {}, source.ledger.up.load() ? 1 : 0);
    out.gauge("pulse_spool_records", "Records not yet in the ledger", {}, static_cast<double>(source.spool.records));
    out.gauge("pulse_spool_bytes", "Bytes of the spool on disk", {}, static_cast<double>(source.spool.bytes));
    out.gauge(
        "pulse_spool_segments_left",
        "Spool files that are left as they are, see the log",
        {},
        static_cast<double>(source.spool.segments_left));
    out.gauge("pulse_spool_oldest_seconds", "Age of the oldest record", {}, source.spool.oldest_seconds);
    out.count("pulse_spool_dropped_total", "Records dropped at the cap", {}, static_cast<double>(source.spool.dropped));
    out.gauge(
        "pulse_spool_open_admissions",
        "Requests under way that the reader of the spool knows of",
        {},
        static_cast<double>(source.spool.open));
    out.count(
        "pulse_lost_requests_total",
        "Requests that an earlier process admitted and did not end, charged as reserved",
        {},
        static_cast<double>(source.ledger.lost_written.load()));
    out.gauge("pulse_policy_store_up", "The policy store answers", {}, source.is_policy_store_up ? 1 : 0);
    out.gauge("pulse_reservations_open", "Open reservations", {}, static_cast<double>(source.reservations_open));
    add_prices(out, source.prices);
    add_backups(out, source.backups);
    add_housekeeping(out, source.housekeeping);
    add_deferred(out, source.deferred);
    out.count("pulse_content_written_total", "Calls whose content was stored", {}, static_cast<double>(source.content.written.load()));
    out.count("pulse_content_dropped_total", "Calls whose content was not stored", {}, static_cast<double>(source.content.dropped.load()));
    const console::BuildInfo build = build_info();
    out.gauge("pulse_build_info", "This build", {{"version", build.version}, {"commit", build.commit}}, 1);
    return out.render();
}

}  // namespace pulse::app
