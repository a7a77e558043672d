#include "gateway/exchange/exchange.h"

namespace pulse::gateway {

Exchange::Exchange(WorkerContext& worker, net::ServerConnection& connection)
    : worker_(worker),
      connection_(connection),
      deadline_(worker.loop, [](void* self) { static_cast<Exchange*>(self)->on_deadline(); }, this) {}

Exchange::~Exchange() {
    *alive_ = false;
    if (stage_ != Stage::idle) {
        abandon(storage::Outcome::cut);
    }
}

Result<void> Exchange::on_head(net::ServerConnection& connection) {
    begin(connection.received_at());
    const net::RequestHead& head = connection.head();
    call_.route = find_route(head.path);
    const bool has_body = head.framing == net::BodyFraming::chunked || head.content_length > 0;
    // Nobody's body takes memory without a key.
    const Error no_body(Errc::request_too_large, "This path takes no body.");
    if (head.method == "OPTIONS" && !call_.snapshot.settings().cors_origins.empty()) {
        if (has_body) {
            return no_body;
        }
        call_.is_preflight = true;
        return {};
    }
    if (head.wants_upgrade) {
        return Error(
            Errc::upgrade_required,
            "WebSocket and other upgrades are not served on this path; send an ordinary HTTP request.");
    }
    if (call_.route.operation == Operation::unknown) {
        return Error(
            Errc::not_found,
            "There is nothing at this path. Model calls are at /v1/chat/completions, /v1/completions and "
            "/v1/embeddings; GET /v1/models lists the models.");
    }
    if (!takes_method(call_.route, head.method)) {
        return Error(
            Errc::method_not_allowed, "This path takes " + std::string(call_.route.allow) + ".");
    }
    if (!needs_key(call_.route.operation)) {
        return has_body ? Result<void>(no_body) : Result<void>();
    }
    if (auto known = authenticate(); !known) {
        return known;
    }
    if (auto named = read_attribution(); !named) {
        return named;
    }
    const std::string_view coding = head.fields.value("content-encoding");
    if (!coding.empty() && !net::iequals(coding, "identity")) {
        return Error(
            Errc::unsupported_media_type,
            "A request body with content-encoding is not read; send it as it is (content-encoding: identity).");
    }
    return {};
}

void Exchange::on_request(net::ServerConnection&) {
    call_.whole_at = worker_.clock.steady_now();
    if (call_.is_preflight) {
        answer_preflight();
    } else if (call_.route.operation == Operation::model_call) {
        call_model();
    } else {
        answer_local();
    }
}

void Exchange::on_refused(net::ServerConnection&, const Error& error) {
    if (stage_ == Stage::idle) {
        begin(worker_.clock.steady_now());
        worker_.metrics.rejected(to_string(error.code())).add();
    }
    answer_error(error, net::ServerConnection::After::close);
}

void Exchange::on_sent(net::ServerConnection&) {
    if (stage_ == Stage::relaying || stage_ == Stage::streaming) {
        arm_deadline(call_.snapshot.settings().timeouts.idle);
        read_more();
    }
}

void Exchange::on_gone(net::ServerConnection& connection) {
    if (stage_ == Stage::idle) {
        connection.abort();
        return;
    }
    worker_.metrics.callers_gone.add();
    call_.caller_gone = true;
    const bool provider_bills_on =
        (stage_ == Stage::awaiting || stage_ == Stage::buffering || stage_ == Stage::relaying ||
         stage_ == Stage::streaming) &&
        call_.target.provider->drains_on_disconnect;
    if (!provider_bills_on) {
        abandon(storage::Outcome::caller_gone);
        connection.abort();
        return;
    }
    const bool is_paused = stage_ != Stage::awaiting && !upstream_->stream.is_reading();
    drain_until_ = worker_.clock.steady_now() + call_.snapshot.settings().timeouts.drain;
    arm_deadline(call_.snapshot.settings().timeouts.drain);
    if (stage_ == Stage::relaying || stage_ == Stage::streaming) {
        stage_ = stage_ == Stage::streaming ? Stage::draining : Stage::buffering;
    }
    if (is_paused) {
        read_more();
    }
}

}  // namespace pulse::gateway
