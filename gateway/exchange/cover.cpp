// A stream under a hard budget whose provider gives more than was held for: more is asked for, and
// where there is none the stream ends as if its limit were reached.
#include "gateway/exchange/exchange.h"
#include "pricing/tokens/prompt_tokens.h"

#include <algorithm>
#include <utility>

namespace pulse::gateway {

namespace {

/// A text is not counted anew for less than so many more bytes of it.
constexpr std::int64_t kLookStepBytes = 64;
/// The least that is asked for at once, in tokens.
constexpr std::int64_t kMoreTokensMin = 256;
/// Less than so many tokens are not worth another question.
constexpr std::int64_t kRestTokensMin = 16;
constexpr std::int64_t kTokensMax = std::int64_t{1} << 40;

}  // namespace

void Exchange::begin_cover() {
    cover_.is_watched =
        call_.rules.has_hard_budget && call_.is_admitted && is_billed_call() && !call_.caller_gone;
    if (!cover_.is_watched) {
        return;
    }
    cover_ = Cover{};
    cover_.is_watched = true;
    cover_.held = call_.ceiling;
    cover_.tokens = covered_by(cover_.held);
    // No text has more tokens than bytes.
    cover_.next_look = cover_.tokens;
    open_part_.reset(call_.route.api);
}

/// The output that `held` pays for, the input taken for what it most likely is.
std::int64_t Exchange::covered_by(Money held) const {
    pricing::Ceiling call = worst_case();
    call.input_tokens_max = call_.tokens.input;
    call.answers = 1;
    call.output_tokens_max = kTokensMax;
    return pricing::output_tokens_within(call, held).value_or(0);
}

/// Looks at what this read brought.
void Exchange::check_cover() {
    if (cover_.is_over) {
        return forwarded_.clear();
    }
    for (const std::string_view part : forwarded_) {
        open_part_.see(part);
    }
    const llm::MeterReading& reading = meter_.reading();
    const std::int64_t stated = reading.usage_present ? reading.usage.output_total : 0;
    if (cover_.is_asking || cover_.is_refused ||
        (reading.delivered_text_bytes < cover_.next_look && stated <= cover_.tokens)) {
        return;
    }
    const std::string_view model = reading.model.empty() ? call_.target.model : reading.model;
    const std::int64_t counted = pricing::count_delivered(
        llm::unescaped_text(reading.delivered_text), reading.delivered_text_bytes, model);
    const std::int64_t delivered = std::max(stated, counted);
    cover_.is_looking = true;
    // One read may bring more than one answer of the store covers.
    while (delivered > cover_.tokens && cover_.is_watched && !cover_.is_asking &&
           !cover_.is_refused) {
        ask_for_more();
    }
    cover_.is_looking = false;
    cover_.next_look =
        reading.delivered_text_bytes + std::max(cover_.tokens - delivered, kLookStepBytes);
}

/// Half as much again, under an id of its own: what was held stays held.
void Exchange::ask_for_more() {
    const std::int64_t more = std::max(cover_.tokens / 2, kMoreTokensMin);
    pricing::Ceiling call = worst_case();
    call.input_tokens_max = call_.tokens.input;
    call.answers = 1;
    call.output_tokens_max = cover_.tokens;
    const Money before = pricing::ceiling_of(call);
    call.output_tokens_max = cover_.tokens + more;
    const Money amount = pricing::ceiling_of(call) - before;
    if (amount == Money{}) {
        cover_.is_watched = false;  // its output has no price
        return;
    }
    if (cover_.budgets.empty()) {
        // The call is counted as a request and as running already: only budgets are asked.
        for (const policy::ScopeLimits* scope : limits_) {
            if (!scope->budgets.empty()) {
                policy::ScopeLimits& budgets = cover_.budgets.emplace_back();
                budgets.scope = scope->scope;
                budgets.org = scope->org;
                budgets.id = scope->id;
                budgets.calendar = scope->calendar;
                budgets.budgets = scope->budgets;
            }
        }
        for (const policy::ScopeLimits& scope : cover_.budgets) {
            cover_.scopes.push_back(&scope);
        }
    }
    ask_for(amount);
}

void Exchange::ask_for(Money amount) {
    const TimePoint now = worker_.clock.now();
    cover_.more_asked = amount;
    cover_.asked = worker_.ids.next(now);
    cover_.is_asking = true;
    call_.asked_at = worker_.clock.steady_now();
    worker_.quota.admit(
        {.id = cover_.asked,
         .scopes = cover_.scopes,
         .ceiling = amount,
         .tokens = 0,
         .now = now,
         .on_store_failure = on_store_failure()},
        *this);
}

void Exchange::on_more_verdict(const policy::Verdict& verdict) {
    cover_.is_asking = false;
    if (verdict.admitted) {
        cover_.more.push_back(cover_.asked);
        cover_.held += cover_.more_asked;
        cover_.tokens = covered_by(cover_.held);
        cover_.next_look = meter_.reading().delivered_text_bytes + kLookStepBytes;
        return;
    }
    // The last of it, where that is worth asking for.
    const Money rest = verdict.affordable.value_or(Money{});
    if (rest < cover_.more_asked &&
        covered_by(cover_.held + rest) > cover_.tokens + kRestTokensMin) {
        return ask_for(rest);
    }
    worker_.metrics.denied(to_string(verdict.code)).add();
    cover_.is_refused = true;
    const bool is_between_reads =
        stage_ == Stage::streaming && !cover_.is_looking && !connection_.is_sending();
    if (is_between_reads && must_end_uncovered()) {
        forwarded_.clear();
        if (!read_on_uncovered()) {
            finish_uncovered();
        }
    }
}

/// The call's own settlement carries the whole cost.
void Exchange::give_back_more() {
    if (std::exchange(cover_.is_asking, false)) {
        worker_.quota.abandon(cover_.asked, *this);
    }
    for (const Uuid& id : cover_.more) {
        worker_.quota.settle({.id = id, .cost = {}, .tokens = 0, .now = worker_.clock.now()});
    }
    cover_.more.clear();
}

/// A stream that has said why it ends is at its end by itself.
bool Exchange::must_end_uncovered() const {
    return cover_.is_watched &&
           (cover_.is_over || (cover_.is_refused && meter_.reading().finish_reason.empty()));
}

/// A provider that bills on whoever listens is read on for its usage; the connection of any other
/// is let go.
bool Exchange::read_on_uncovered() {
    if (!call_.target.provider->drains_on_disconnect || is_body_whole_) {
        return false;
    }
    if (!std::exchange(cover_.is_over, true)) {
        drain_until_ = worker_.clock.steady_now() + call_.snapshot.settings().timeouts.drain;
        arm_deadline(call_.snapshot.settings().timeouts.drain);
    }
    return true;
}

/// What this read brought goes to the caller, nothing behind it.
void Exchange::end_uncovered() {
    if (!read_on_uncovered()) {
        return finish_uncovered();
    }
    if (forwarded_.empty()) {
        return read_more();
    }
    send_pieces({}, false);
}

/// Settles the call and ends the caller's stream in its dialect's own way.
void Exchange::finish_uncovered() {
    const Dialect dialect = call_.route.dialect;
    const llm::StreamFraming framing = stream_framing();
    const Error spent(
        Errc::budget_exhausted, "The stream was ended: the budget cannot pay for more of it.");
    llm::MeterReading reading = meter_.reading();
    reading.finish_reason = "length";
    const bool was_over = cover_.is_over;
    release_upstream(false);
    const Settled settled = settle(
        reading,
        storage::Outcome::cut,
        answer_.status,
        llm::error_shape(dialect, spent.code()).code);
    tail_.clear();
    meter_.take_broken_end(tail_);
    if (was_over) {
        tail_.clear();
        forwarded_.clear();
    }
    open_part_.see(tail_);
    const bool is_first = !is_head_sent_ && forwarded_.empty() && tail_.empty();
    if (llm::can_end_stream(call_.route.api, framing)) {
        const bool has_cost = call_.snapshot.settings().usage_cost;
        llm::append_stream_end(
            {.api = call_.route.api,
             .framing = framing,
             .response_id = reading.response_id,
             .model = reading.model.empty() ? call_.target.model : std::string_view{reading.model},
             .open_part = open_part_.index(),
             .answers = call_.facts.answers,
             .usage = settled.usage,
             .shows_usage = call_.facts.usage_option == UsageOption::wanted,
             .cost = has_cost ? &settled.cost.total : nullptr,
             .is_first = is_first,
             .now = call_.now},
            tail_);
    } else {
        llm::append_stream_error(dialect, call_.route.api, framing, spent, is_first, tail_);
    }
    if (connection_.is_sending()) {
        // The caller is behind: an unfinished body says the same.
        end_call();
        return connection_.abort();
    }
    send_pieces(tail_, true);
}

}  // namespace pulse::gateway
