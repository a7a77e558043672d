#include "gateway/exchange/exchange.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace pulse::gateway {

namespace {

using Microseconds = std::chrono::microseconds;

// nginx's word for a caller who hung up before an answer: what the caller saw is nothing.
constexpr int kStatusCallerGone = 499;
// Of an answer's buffer between requests; more would be memory that no budget counts.
constexpr std::size_t kBodyKeptBytes = std::size_t{64} * 1024;

[[nodiscard]] std::int64_t between(SteadyTime from, SteadyTime to) {
    return std::chrono::duration_cast<Microseconds>(to - from).count();
}

[[nodiscard]] std::string tags_json(const Attribution& attribution) {
    boost::json::object tags;
    for (const auto& [name, value] : attribution.tags) {
        tags[name] = value;
    }
    return boost::json::serialize(tags);
}

}  // namespace

std::string_view Exchange::model_label() const {
    return call_.target.found.model != nullptr ? std::string_view{call_.target.found.model->id}
                                               : std::string_view{"other"};
}

/// Pulse's own time: from the whole request to its last byte sent, without waiting for a
/// connection, and from the provider's last byte to now.
std::int64_t Exchange::overhead_us(SteadyTime now) const {
    if (call_.last_byte_at == SteadyTime{}) {
        return between(call_.whole_at, call_.connect_at == SteadyTime{} ? now : call_.connect_at);
    }
    return between(call_.whole_at, call_.connect_at) + between(call_.connected_at, call_.sent_at) +
           between(call_.last_byte_at, now);
}

Exchange::Settled Exchange::settle(
    const llm::MeterReading& reading,
    storage::Outcome outcome,
    int status,
    std::string_view error_code) {
    if (call_.facts.background && call_.provider_status >= 200 && created_object_.empty()) {
        note_created(reading.response_id);  // a stream that broke: the work behind it goes on
    }
    const Settled settled = price(reading);
    call_.settled_at = worker_.clock.steady_now();
    // First: a store behind a network must not know of an end that no row will tell of.
    write_row(settled, reading, outcome, status, error_code);
    if (call_.is_admitted) {
        call_.is_admitted = false;
        const auto passed =
            std::chrono::duration_cast<Microseconds>(call_.settled_at - call_.whole_at);
        worker_.quota.settle(
            {.id = hold_,
             .cost = settled.cost.total,
             .tokens = settled.is_free ? 0 : settled.usage.total(),
             .now = call_.now + std::max(passed, Microseconds{0})});
        give_back_more();
    }
    count(settled, status);
    return settled;
}

void Exchange::settle_nothing(storage::Outcome outcome, int status, std::string_view error_code) {
    settle(llm::MeterReading{}, outcome, status, error_code);
}

void Exchange::write_row(
    const Settled& settled,
    const llm::MeterReading& reading,
    storage::Outcome outcome,
    int status,
    std::string_view error_code) {
    if (!call_.has_room) {
        return;
    }
    call_.has_room = false;
    const SteadyTime now = call_.settled_at;
    const net::Fields& asked = connection_.head().fields;
    const std::string_view cost_status = settled.source == UsageSource::none
                                             ? std::string_view{"exact"}
                                             : to_string(settled.cost.status);
    storage::RequestRecord record;
    std::string tags;
    describe_caller(record, tags);
    if (call_.attempts > 0) {
        add_extra_attempts(settled, reading, outcome);
        end_attempt(outcome, now);
        storage::AttemptRecord& billed = attempts_.back();
        // What costs nothing is no cost event, now or when prices change.
        billed.usage = settled.is_free ? Usage{} : settled.usage;
        billed.usage_source = settled.is_free ? UsageSource::none : settled.source;
        billed.cost = settled.own_cost.total;
        billed.cost_status = settled.source == UsageSource::none
                                 ? std::string_view{"exact"}
                                 : to_string(settled.own_cost.status);
        billed.is_price_missing = settled.own_cost.is_price_missing;
        record.attempts = attempts_;
    }
    record.id = call_.id;
    record.model_requested = call_.facts.model;
    record.model_served = reading.model;
    // What was billed by: re-rating has nothing else to go by.
    record.service_tier = settled.source == UsageSource::none
                              ? std::string_view{reading.service_tier}
                              : billed_tier(reading);
    record.hold = call_.held_under;
    record.region =
        settled.source == UsageSource::none ? std::string_view{} : billed_region(reading);
    record.finish_reason = reading.finish_reason;
    record.status = status;
    record.outcome = outcome;
    record.error_code = error_code;
    record.usage = settled.usage;
    record.usage_source = settled.source;
    record.estimated_cost = call_.estimated_cost;
    record.cost = settled.cost.total;
    record.cost_status = cost_status;
    record.has_stated_cost = reading.stated_cost.has_value();
    record.stated_cost = reading.stated_cost.value_or(Money{});
    record.request_id_caller = asked.value("x-request-id");
    record.object_id = created_object_;
    record.deferred = begins_deferred_work() ? storage::Deferred::begun : storage::Deferred::none;
    record.request_id_provider =
        call_.provider_status != 0 ? answer_.fields.value("x-request-id") : std::string_view{};
    record.latency_us = between(connection_.received_at(), now);
    record.ttft_us =
        call_.provider_status != 0 ? between(connection_.received_at(), call_.first_byte_at) : -1;
    record.overhead_us = overhead_us(now);
    worker_.spool.append(record);
    call_.row_mark = worker_.spool.mark();
    if (call_.content != ContentLogging::none) {
        log_content();
    }
}

/// Who called whom, and how: what all rows of a call share. `tags` keeps what the record points to.
void Exchange::describe_caller(storage::RequestRecord& record, std::string& tags) const {
    const Attribution& who = *call_.attribution;
    tags = who.tags.empty() ? std::string{} : tags_json(who);
    if (call_.target.provider != nullptr) {
        record.provider = call_.target.provider->name;
        record.sandbox = call_.target.provider->sandbox;
        record.price_version = call_.snapshot->shared.routes->catalog().version();
    }
    record.key_id = call_.key->id.value();
    record.org = who.org;
    record.team = who.team;
    record.project = who.project;
    record.user = who.user;
    record.app = who.app;
    record.client = who.client;
    record.end_user = call_.facts.end_user;
    record.tags_json = tags;
    record.dialect = call_.route.dialect;
    record.api = call_.route.api;
    record.stream = call_.facts.stream;
    record.trace_id = connection_.head().fields.value("traceparent");
}

/// Notes how the attempt at hand ended: a row of its own. Nothing is billed for it unless its
/// caller says so.
void Exchange::end_attempt(storage::Outcome outcome, SteadyTime now) {
    storage::AttemptRecord attempt;
    attempt.provider = call_.target.provider->name;
    attempt.model = call_.target.model;
    attempt.status = call_.provider_status;
    attempt.outcome = outcome;
    attempt.cost_status = "exact";
    attempt.latency_us = between(call_.connect_at, now);
    attempts_.push_back(attempt);
}

void Exchange::count(const Settled& settled, int status) {
    if (call_.target.provider == nullptr) {
        return worker_.metrics.status(to_string(call_.route.dialect), "", "", status)
            .requests.add();
    }
    const SteadyTime now = call_.settled_at;
    const std::string_view provider = call_.target.provider->name;
    worker_.metrics.status(to_string(call_.route.dialect), provider, model_label(), status)
        .requests.add();
    worker_.metrics.overhead.observe(overhead_us(now));
    if (call_.provider_status == 0) {
        return;
    }
    ModelCells& cells = worker_.metrics.model(provider, model_label());
    cells.duration.observe(between(connection_.received_at(), now));
    cells.first_token.observe(between(connection_.received_at(), call_.first_byte_at));
    if (settled.usage.output_total > 0 && call_.facts.stream) {
        cells.per_token.observe(between(call_.first_byte_at, now) / settled.usage.output_total);
    }
    if (settled.source != UsageSource::none && !settled.is_free) {
        worker_.metrics.add_usage(cells, settled.usage, settled.cost.total);
        if (settled.cost.is_price_missing) {
            cells.unpriced.add();
        }
    }
}

/// Ends a request whose answer cannot be finished: the caller is gone, or the process ends.
void Exchange::abandon(storage::Outcome outcome) {
    if (stage_ == Stage::ending) {
        worker_.durable_answers.forget(*this);
        return end_call();  // it is settled
    }
    if (std::exchange(call_.is_standing_asked, false)) {
        worker_.quota.forget(*this);
    }
    if (stage_ == Stage::realtime) {
        end_realtime();
    } else if (stage_ == Stage::admitting) {
        worker_.quota.abandon(hold_, *this);
        call_.is_admitted = false;
    }
    const bool is_streamed = stage_ == Stage::streaming || stage_ == Stage::draining;
    release_upstream(false);
    const llm::MeterReading nothing;
    settle(
        is_streamed ? meter_.reading() : nothing,
        outcome,
        is_head_sent_ ? answer_.status : kStatusCallerGone,
        {});
    end_call();
}

/// The caller is gone and the provider's answer was read as far as it came.
void Exchange::end_drain() {
    const bool is_whole = meter_.is_done() || is_body_whole_;
    const bool is_streamed = stage_ == Stage::draining;
    release_upstream(is_whole && is_streamed);
    const llm::MeterReading nothing;
    settle(
        is_streamed ? meter_.reading() : nothing,
        storage::Outcome::caller_gone,
        is_head_sent_ ? answer_.status : kStatusCallerGone,
        {});
    end_call();
    connection_.abort();
}

void Exchange::end_call() {
    if (stage_ == Stage::idle) {
        return;
    }
    stage_ = Stage::idle;
    deadline_.cancel();
    if (std::exchange(has_bill_room_, false)) {
        worker_.spool.release();
    }
    if (call_.has_room) {
        call_.has_room = false;
        worker_.spool.release();
    }
    if (std::exchange(call_.has_journal_room, false)) {
        worker_.spool.release();
    }
    worker_.bodies.give_back(charged_bytes_);
    charged_bytes_ = 0;
    worker_.bodies.give_back(std::exchange(inflated_charge_, 0));
    inflated_body_ = {};
    if (answer_body_.capacity() > kBodyKeptBytes) {
        answer_body_ = {};
    }
    held_body_ = {};
    worker_.metrics.inflight.subtract();
}

}  // namespace pulse::gateway
