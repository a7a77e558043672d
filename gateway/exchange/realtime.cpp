// A realtime session: the handshake is a call like any other; behind it frames pass, and each thing
// that the provider bills within becomes a row of its own (docs/formats/metering.md, "Realtime").
#include "gateway/exchange/answer_head.h"
#include "gateway/exchange/exchange.h"
#include "gateway/exchange/realtime_opening.h"
#include "net/auth/percent.h"
#include "net/websocket/handshake.h"

#include <algorithm>
#include <array>

namespace pulse::gateway {

namespace {

namespace close_code = net::websocket::close_code;
using net::websocket::RelayEnd;

[[nodiscard]] storage::Outcome outcome_of(RelayEnd end) {
    switch (end) {
        case RelayEnd::caller_closed:
        case RelayEnd::provider_closed:
        case RelayEnd::ordered:
            return storage::Outcome::answered;
        case RelayEnd::caller_gone:
            return storage::Outcome::caller_gone;
        case RelayEnd::provider_gone:
        case RelayEnd::timed_out:
            return storage::Outcome::cut;
    }
    return storage::Outcome::cut;
}

}  // namespace

/// Of a handshake what is read of a body elsewhere.
Result<RequestFacts> Exchange::read_realtime_facts() {
    const net::RequestHead& head = connection_.head();
    if (auto opens = net::websocket::check_opening(head); !opens) {
        return opens.error();
    }
    if (auto offers = check_realtime_protocols(head.fields); !offers) {
        return offers.error();
    }
    auto asked = read_realtime_query(head.query);
    if (!asked) {
        return asked.error();
    }
    path_model_.clear();
    net::append_percent_decoded(path_model_, asked->model);
    RequestFacts facts;
    facts.api = Api::realtime;
    facts.stream = true;
    facts.model = path_model_;
    call_.ceiling = kRealtimeHold;
    // A row for the session and one for what is billed next: what is metered has a place.
    if (auto room = worker_.spool.reserve(); !room) {
        worker_.metrics.spool_refusals.add();
        return Error(
                   Errc::overloaded,
                   "The ledger cannot take another session now; open it again shortly.")
            .with_retry_after(std::chrono::seconds{5});
    }
    has_bill_room_ = true;
    return facts;
}

/// The target with the model under the name that the provider knows it by.
void Exchange::append_realtime_target(std::string& target) const {
    const std::string query = without_realtime_model(connection_.head().query);
    const ProviderAddress& address = call_.target.provider->address;
    append_target(
        target,
        address,
        {.api = Api::realtime,
         .native_path = call_.route.native_path,
         .version = call_.route.version,
         .path_model = {},
         .model = {},
         .at_root = call_.route.at_root,
         .query = query});
    if (call_.target.model.empty()) {
        return;
    }
    // Azure's API with dated versions: /openai/realtime?api-version=…&deployment=…
    const bool is_dated =
        address.style == AddressStyle::azure && target.find("/v1/") == std::string::npos;
    target.push_back(target.find('?') == std::string::npos ? '?' : '&');
    target.append(is_dated ? "deployment=" : "model=");
    net::append_percent_encoded(target, name_in_body(address, call_.target.model));
}

/// The fields of Pulse's own handshake with the provider.
void Exchange::append_realtime_fields(std::string& head) {
    realtime_key_ = net::websocket::make_key();
    realtime_protocols_ = protocols_for_provider(connection_.head().fields);
    append_field(head, "connection", "Upgrade");
    append_field(head, "upgrade", "websocket");
    append_field(head, "sec-websocket-version", "13");
    append_field(head, "sec-websocket-key", realtime_key_);
    if (!realtime_protocols_.empty()) {
        append_field(head, "sec-websocket-protocol", realtime_protocols_);
    }
}

/// The provider has answered the handshake with 101: the caller is, too.
void Exchange::begin_realtime() {
    if (auto accepted = net::websocket::check_accepted(answer_, realtime_key_, realtime_protocols_);
        !accepted) {
        return upstream_failed(accepted.error());
    }
    deadline_.cancel();
    worker_.metrics.attempts(call_.target.provider->name, "answered").add();
    stage_ = Stage::realtime;
    is_head_sent_ = true;
    const net::Fields& asked = connection_.head().fields;
    out_head_.assign("HTTP/1.1 101 Switching Protocols\r\n");
    append_field(out_head_, "connection", "Upgrade");
    append_field(out_head_, "upgrade", "websocket");
    append_field(
        out_head_,
        "sec-websocket-accept",
        net::websocket::accept_of(asked.value("sec-websocket-key")));
    if (offers_realtime_protocol(asked)) {
        append_field(out_head_, "sec-websocket-protocol", kRealtimeProtocol);
    }
    const std::string_view id = answer_.fields.value("x-request-id");
    if (id.empty()) {
        append_field(out_head_, "x-request-id", call_.id);
    } else {
        append_field(out_head_, "x-request-id", id);
    }
    append_pulse_fields(out_head_, nullptr);
    out_head_.append("\r\n");
    const std::array<std::string_view, 1> parts{out_head_};
    static_cast<void>(connection_.send(parts));  // a failure is on_gone()
    connection_.upgrade();
}

void Exchange::on_upgraded(net::ServerConnection&, net::Stream& stream, std::string_view early) {
    const GatewaySettings& settings = call_.snapshot.settings();
    is_next_asked_ = false;
    owed_ = {};
    owed_tokens_ = 0;
    realtime_ = std::make_unique<RealtimeSession>(
        RealtimeSession::Parts{
            .loop = worker_.loop,
            .caller = stream,
            .provider = upstream_->stream,
            .limits =
                {.message_bytes_max = settings.server.body_bytes_max,
                 .idle = settings.timeouts.idle,
                 .total = settings.timeouts.total},
            .model = std::string(call_.target.model),
            .id = call_.id.to_string()},
        static_cast<RealtimeOwner&>(*this));
    realtime_->start(early, {in_.data() + answer_.size, filled_ - answer_.size});
}

void Exchange::on_drain(net::ServerConnection&) {
    if (realtime_ != nullptr) {
        // The response at hand may end, within what the rest of the shutdown leaves.
        deadline_.arm(call_.snapshot.settings().shutdown_grace / 2);
        realtime_->drain();
    }
}

void Exchange::on_realtime_deadline() {
    if (realtime_ != nullptr) {
        realtime_->stop(
            {.close_code = close_code::kGoingAway,
             .type = "server_error",
             .code = "overloaded",
             .message = "This instance is shutting down; open the session again."});
    }
}

void Exchange::on_transcription_model(std::string_view model) {
    if (auto allowed = policy::check_model(policies_, call_.target.provider->name, model, model);
        !allowed) {
        worker_.metrics.denied(to_string(allowed.error().code())).add();
        realtime_->stop(
            {.type = "invalid_request_error",
             .code = "model_not_allowed",
             .message = allowed.error().detail()});
    }
}

void Exchange::on_session_end(RelayEnd end) {
    const bool is_told = realtime_->is_caller_told();
    const std::string_view stop = realtime_->stop_code();
    end_realtime();
    release_upstream(false);
    settle_nothing(outcome_of(end), call_.provider_status, stop);
    end_call();
    if (is_told) {
        connection_.finish(net::ServerConnection::After::close);
    } else {
        connection_.abort();
    }
    realtime_.reset();
}

/// Settles what the session still holds. Its relay lives on until the connection's stream is
/// closed.
void Exchange::end_realtime() {
    if (realtime_ != nullptr) {
        realtime_->bill_unfinished();
    }
    if (std::exchange(is_next_asked_, false)) {
        worker_.quota.abandon(hold_, *this);
        pay_owed();
    }
    if (call_.is_admitted) {
        call_.is_admitted = false;
        worker_.quota.settle({.id = hold_, .cost = {}, .tokens = 0, .now = worker_.clock.now()});
    }
}

}  // namespace pulse::gateway
