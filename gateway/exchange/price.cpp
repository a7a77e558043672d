#include "gateway/exchange/exchange.h"
#include "gateway/rating.h"
#include "llm/openai/prompt_reader.h"
#include "pricing/cost/priced_as.h"
#include "pricing/tokens/prompt_tokens.h"

#include <algorithm>

namespace pulse::gateway {

namespace {

// A longer prompt is not counted: the worst text would hold up the loop for more than half a millisecond.
constexpr std::size_t kCountedBodyMax = std::size_t{8} * 1024;

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
    const std::string_view tier = reading.service_tier.empty() ? call_.facts.service_tier
                                                               : std::string_view{reading.service_tier};
    const std::string_view speed = reading.speed.empty() ? call_.facts.speed : std::string_view{reading.speed};
    return pricing::priced_tier(tier, speed);
}

/// Where the call was served, else where it was to be.
std::string_view Exchange::billed_region(const llm::MeterReading& reading) const {
    return pricing::priced_region(
        reading.inference_geo.empty() ? call_.facts.inference_geo : std::string_view{reading.inference_geo},
        call_.target.provider->price_region);
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
             .region = billed_region(reading),
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

}  // namespace pulse::gateway
