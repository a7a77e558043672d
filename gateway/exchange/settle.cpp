#include "gateway/exchange/exchange.h"
#include "gateway/rating.h"
#include "llm/openai/prompt_reader.h"
#include "pricing/tokens/prompt_tokens.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace pulse::gateway {

namespace {

using Microseconds = std::chrono::microseconds;

// nginx's word for a caller who hung up before an answer: what the caller saw is nothing.
constexpr int kStatusCallerGone = 499;
// A longer prompt is not counted: the worst text would hold up the loop for more than half a millisecond.
constexpr std::size_t kCountedBodyMax = std::size_t{8} * 1024;
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

/// Anthropic's iterations: what another model did within the call is billed at that model's price.
[[nodiscard]] bool is_of_other_model(const llm::ExtraUsage& extra, const llm::MeterReading& reading) {
    return !extra.model.empty() && extra.model != reading.model;
}

void add(Usage& sum, const Usage& more) {
    sum.input_uncached += more.input_uncached;
    sum.cached_read += more.cached_read;
    sum.cache_write_5m += more.cache_write_5m;
    sum.cache_write_1h += more.cache_write_1h;
    sum.cache_write_unsplit += more.cache_write_unsplit;
    sum.output_total += more.output_total;
    sum.of_which_reasoning += more.of_which_reasoning;
    sum.web_search_requests += more.web_search_requests;
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

/// What was sent and what came, counted: nobody stated it.
Usage Exchange::counted_usage(const llm::MeterReading& reading) const {
    const std::string_view model = reading.model.empty() ? call_.target.model : reading.model;
    Usage usage;
    if (call_.route.api == Api::speech) {
        usage.characters = call_.facts.characters;
        return usage;
    }
    if (call_.route.api == Api::images && reading.is_readable) {
        usage.images = std::max(reading.usage.images, call_.facts.answers);
        return usage;
    }
    if (call_.facts.is_form) {
        usage.audio_seconds = call_.facts.audio_seconds;
        return usage;
    }
    const bool has_input = reading.stated.has(llm::UsageField::input);
    if (has_input) {
        // Anthropic says the input when its stream begins, and a placeholder of the output.
        usage = reading.usage;
    }
    usage.input_uncached = has_input ? usage.input_uncached : call_.tokens.input;
    if (!has_input && call_.route.dialect == Dialect::openai && body().size() <= kCountedBodyMax) {
        if (const auto prompt = llm::read_openai_prompt(call_.route.api, body())) {
            usage.input_uncached = pricing::count_prompt(*prompt, model).tokens;
        }
    }
    usage.output_total = std::max(
        usage.output_total,
        pricing::count_delivered(
            llm::unescaped_text(reading.delivered_text), reading.delivered_text_bytes, model));
    return usage;
}

/// The tier that served the call, else the one that was asked for.
std::string_view Exchange::billed_tier(const llm::MeterReading& reading) const {
    return reading.service_tier.empty() ? std::string_view{call_.facts.service_tier}
                                        : std::string_view{reading.service_tier};
}

Payer Exchange::payer() const {
    return {
        .org = call_.attribution->org,
        .team = call_.attribution->team,
        .key = call_.key->id.value()};
}

Exchange::Settled Exchange::price(const llm::MeterReading& reading) const {
    Settled settled;
    if (!is_billed_call()) {
        settled.is_free = true;
        if (reading.usage_present && call_.provider_status < 400) {
            settled.usage = reading.usage;
            settled.source = UsageSource::provider;
        }
        return settled;
    }
    const bool has_answer = call_.provider_status >= 200 && call_.provider_status < 300;
    const bool is_error = reading.is_error && reading.delivered_text_bytes == 0;
    if (reading.usage_present && call_.provider_status < 400) {
        settled.usage = reading.usage;
        settled.source = UsageSource::provider;
        take_cut_output(reading, settled);
        calibrate(reading.usage);
    } else if (call_.route.operation != Operation::model_call) {
        return settled;  // no usage was stated, and nothing says what a call of this path uses
    } else if (has_answer && !is_error) {
        settled.usage = counted_usage(reading);
        settled.source = UsageSource::counted;
        if (!reading.is_readable || !is_body_whole_) {
            settled.source = call_.facts.stream ? UsageSource::counted : UsageSource::estimated;
        }
    } else if (call_.provider_status == 0 && call_.may_have_billed) {
        settled.usage = counted_usage(reading);
        settled.source = call_.facts.stream ? UsageSource::counted : UsageSource::estimated;
    } else {
        return settled;
    }
    if (settled.source == UsageSource::estimated && has_answer && is_sound_call()) {
        settled.source = UsageSource::counted;  // its answer states no usage, in whatever form it is
    }
    if (settled.source == UsageSource::estimated) {
        settled.usage.output_total = std::max(settled.usage.output_total, call_.tokens.output);
    }
    const auto rated = [&](std::string_view model_served, const Usage& usage) {
        return rate(
            *call_.snapshot->shared.routes,
            *call_.target.provider,
            {.found = call_.target.found,
             .model = call_.target.model,
             .model_served = model_served,
             .tier = billed_tier(reading),
             .usage = usage,
             .is_guess = settled.source != UsageSource::provider || reading.inconsistent,
             .at = call_.now,
             .payer = payer()});
    };
    for (const llm::ExtraUsage& extra : reading.extras) {
        if (!is_of_other_model(extra, reading)) {
            add(settled.usage, extra.usage);
        }
    }
    settled.cost = rated(reading.model, settled.usage);
    const bool is_stated = settled.source == UsageSource::provider;
    if (!is_stated && is_sound_call() && settled.cost.is_price_missing && settled.cost.total == Money{}) {
        // There is no price by the second or the character: by the token rather than for nothing.
        settled.usage.input_uncached = call_.tokens.input;
        settled.usage.output_total = call_.tokens.output;
        settled.cost = rated(reading.model, settled.usage);
        settled.cost.status = std::max(settled.cost.status, pricing::CostStatus::estimated);
    }
    settled.own_cost = settled.cost;
    for (const llm::ExtraUsage& extra : reading.extras) {
        if (is_of_other_model(extra, reading)) {
            const pricing::CostTotal cost = rated(extra.model, extra.usage);
            settled.extra_costs.push_back(cost);
            settled.cost.total += cost.total;
            settled.cost.status = std::max(settled.cost.status, cost.status);
        }
    }
    return settled;
}

/// A stream that states its usage as it goes and was cut: what was delivered may be more than was stated.
void Exchange::take_cut_output(const llm::MeterReading& reading, Settled& settled) const {
    const bool is_cut = (stage_ == Stage::streaming || stage_ == Stage::draining) && !is_stream_whole_;
    if (!is_cut) {
        return;
    }
    const std::int64_t counted = counted_usage(reading).output_total;
    if (counted > settled.usage.output_total) {
        settled.usage.output_total = counted;
        settled.source = UsageSource::counted;
    }
}

/// What is heard or spoken is billed by the request, not by tokens of the answer.
bool Exchange::is_sound_call() const {
    return call_.route.api == Api::speech || call_.facts.is_form;
}

/// Is this call one that its provider bills, now and by itself? Counting, moderating and keeping objects are free;
/// what a stored object's answer repeats was billed when it was made; batches and background responses are billed when
/// they are done. Sources: the providers' price pages, docs/formats/metering.md.
bool Exchange::is_billed_call() const {
    if (begins_deferred_work() || connection_.head().method == "GET") {
        return false;
    }
    switch (call_.route.api) {
        case Api::token_counting:
        case Api::input_tokens:
        case Api::moderations:
        case Api::models:
        case Api::files:
        case Api::uploads:
        case Api::batches:
        case Api::message_batches:
        case Api::cached_contents:
        case Api::response_object:
            return false;
        default:
            return call_.route.operation == Operation::model_call || call_.route.operation == Operation::object_call;
    }
}

/// A running call's snapshot may be older than the worker's: its model is then no key of the
/// calibrations any more.
void Exchange::calibrate(const Usage& usage) const {
    const pricing::Model* const model = call_.target.found.model;
    if (model != nullptr && &*call_.snapshot == &*worker_.snapshot) {
        worker_.calibrations.of(*model, call_.facts)
            .observe(call_.input_guess, usage.input_total());
    }
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
    if (call_.is_admitted) {
        call_.is_admitted = false;
        const auto passed =
            std::chrono::duration_cast<Microseconds>(call_.settled_at - call_.whole_at);
        worker_.quota.settle(
            {.id = call_.id,
             .cost = settled.cost.total,
             .tokens = settled.is_free ? 0 : settled.usage.total(),
             .now = call_.now + std::max(passed, Microseconds{0})});
    }
    write_row(settled, reading, outcome, status, error_code);
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
        billed.cost_status = settled.source == UsageSource::none ? std::string_view{"exact"}
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

/// What other models did within the call has rows of its own, before the call's: they have prices of their own.
void Exchange::add_extra_attempts(
    const Settled& settled, const llm::MeterReading& reading, storage::Outcome outcome) {
    std::size_t next = 0;
    for (const llm::ExtraUsage& extra : reading.extras) {
        if (next == settled.extra_costs.size() || !is_of_other_model(extra, reading)) {
            continue;
        }
        const pricing::CostTotal& cost = settled.extra_costs[next++];
        storage::AttemptRecord attempt;
        attempt.provider = call_.target.provider->name;
        attempt.model = extra.model;
        attempt.status = call_.provider_status;
        attempt.outcome = outcome;
        attempt.usage = extra.usage;
        attempt.usage_source = settled.source;
        attempt.cost = cost.total;
        attempt.cost_status = to_string(cost.status);
        attempt.is_price_missing = cost.is_price_missing;
        attempts_.push_back(attempt);
    }
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
        return worker_.metrics.status(to_string(call_.route.dialect), "", "", status).requests.add();
    }
    const SteadyTime now = call_.settled_at;
    const std::string_view provider = call_.target.provider->name;
    worker_.metrics.status(to_string(call_.route.dialect), provider, model_label(), status).requests.add();
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
    if (stage_ == Stage::realtime) {
        end_realtime();
    } else if (stage_ == Stage::admitting) {
        worker_.quota.abandon(call_.id, *this);
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
    worker_.bodies.give_back(charged_bytes_);
    charged_bytes_ = 0;
    worker_.bodies.give_back(std::exchange(inflated_charge_, 0));
    inflated_body_ = {};
    if (answer_body_.capacity() > kBodyKeptBytes) {
        answer_body_ = {};
    }
    worker_.metrics.inflight.subtract();
}

}  // namespace pulse::gateway
