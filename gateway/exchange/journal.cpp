// What outlives this process: that a request is under way, and that its row is on the disk.
#include "gateway/exchange/exchange.h"
#include "pricing/cost/priced_as.h"

namespace pulse::gateway {

namespace {
// A disk that takes longer is broken: the answer is cut, never shown as whole.
constexpr std::chrono::milliseconds kDurablePatience{10'000};
}  // namespace

/// Before the provider gets the request's first byte: its row, should this process die before its
/// end. It costs what was reserved, as far as anybody then knows.
void Exchange::journal() {
    if (!call_.has_journal_room) {
        return;
    }
    call_.has_journal_room = false;
    if (!is_billed_call()) {
        return worker_.spool.release();
    }
    storage::AttemptRecord attempt;
    attempt.provider = call_.target.provider->name;
    attempt.model = call_.target.model;
    attempt.outcome = storage::Outcome::internal_error;
    attempt.usage.input_uncached = call_.tokens.input_max;
    attempt.usage.output_total = call_.tokens.output_max * call_.facts.answers;
    attempt.usage_source = UsageSource::estimated;
    attempt.cost = call_.ceiling;
    attempt.cost_status = to_string(pricing::CostStatus::estimated);
    attempt.is_price_missing = call_.target.found.model == nullptr;
    storage::RequestRecord record;
    std::string tags;
    describe_caller(record, tags);
    record.id = call_.id;
    record.model_requested = call_.facts.model;
    record.service_tier = pricing::priced_tier(call_.facts.service_tier, call_.facts.speed);
    record.region =
        pricing::priced_region(call_.facts.inference_geo, call_.target.provider->price_region);
    record.hold = call_.held_under;
    record.outcome = attempt.outcome;
    record.error_code = storage::kGatewayDied;
    record.usage = attempt.usage;
    record.usage_source = attempt.usage_source;
    record.estimated_cost = call_.estimated_cost;
    record.cost = attempt.cost;
    record.cost_status = attempt.cost_status;
    record.request_id_caller = connection_.head().fields.value("x-request-id");
    record.attempts = {&attempt, 1};
    worker_.spool.admit(record);
}

/// The rest of the answer is in out_head_ and held_body_, or in outgoing_.
void Exchange::end_when_durable(net::ServerConnection::After after) {
    stage_ = Stage::ending;
    after_ = after;
    deadline_.arm(kDurablePatience);
    worker_.durable_answers.wait(call_.row_mark, *this);
}

void Exchange::on_durable() {
    deadline_.cancel();
    if (!outgoing_.empty()) {
        static_cast<void>(connection_.send(outgoing_));
    }
    end_call();
    connection_.finish(after_);
}

}  // namespace pulse::gateway
