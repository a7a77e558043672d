#include "base/rfc3339.h"
#include "gateway/exchange/answer_head.h"
#include "gateway/exchange/cors.h"
#include "gateway/exchange/exchange.h"
#include "gateway/exchange/upload_url.h"

namespace pulse::gateway {

namespace {

/// Would a second try cost the caller again, or meet the same refusal? (docs/formats/openai.md,
/// retries)
[[nodiscard]] bool must_not_retry(Errc code) {
    switch (code) {
        case Errc::unauthenticated:
        case Errc::forbidden:
        case Errc::ip_not_allowed:
        case Errc::model_not_allowed:
        case Errc::attribution_required:
        case Errc::budget_exhausted:
        case Errc::upstream_credentials:
        case Errc::upstream_timeout:
        case Errc::upgrade_required:
            return true;
        default:
            return false;
    }
}

[[nodiscard]] storage::Outcome outcome_of(Errc code) {
    switch (code) {
        case Errc::upstream_credentials:
            return storage::Outcome::provider_error;
        case Errc::upstream_unavailable:
        case Errc::upstream_timeout:
        case Errc::upstream_bad_answer:
            return storage::Outcome::upstream_failed;
        case Errc::internal:
            return storage::Outcome::internal_error;
        default:
            return storage::Outcome::refused;
    }
}

void append_wait_fields(std::string& head, const Error& error) {
    if (error.retry_after()) {
        const std::int64_t ms = std::max<std::int64_t>(error.retry_after()->count(), 1);
        append_field(head, "retry-after", (ms + 999) / 1000);
        append_field(head, "retry-after-ms", ms);
    }
}

}  // namespace

/// Fields of ours on every answer; cost fields with `settled`, which a streamed answer's head
/// cannot have.
void Exchange::append_pulse_fields(std::string& head, const Settled* settled) {
    append_field(head, "x-pulse-request-id", call_.id);
    append_rate_fields(head, call_.rates);
    if (call_.route.dialect == Dialect::anthropic) {
        append_anthropic_rate_fields(head, call_.rates, call_.now);
    }
    if (call_.target.provider != nullptr) {
        append_field(head, "x-pulse-provider", call_.target.provider->name);
        append_field(head, "x-pulse-model", call_.target.model);
        append_field(head, "x-pulse-attempts", call_.attempts);
        append_field(
            head,
            "x-pulse-overhead-us",
            overhead_us(
                call_.settled_at != SteadyTime{} ? call_.settled_at : worker_.clock.steady_now()));
        if (call_.target.provider->sandbox) {
            append_field(head, "x-pulse-sandbox", "true");
        }
    }
    const bool litellm = call_.snapshot.settings().litellm_headers;
    if (litellm) {
        append_field(head, "x-litellm-call-id", call_.id);
    }
    if (settled != nullptr) {
        append_field(head, "x-pulse-cost", settled->cost.total);
        append_field(head, "x-pulse-cost-status", to_string(settled->cost.status));
        if (litellm) {
            append_field(head, "x-litellm-response-cost", settled->cost.total);
        }
    }
    if (call_.target.provider != nullptr && call_.target.found.model == nullptr) {
        append_field(head, "x-pulse-warning", "estimated price: the model is not in the catalogue");
    }
    append_budget_warnings(head);
    append_own_cors_fields(head);
}

/// The provider's fields and a request id.
void Exchange::append_provider_fields(std::string& head, CallerFields options) {
    options.skip_access_control = has_cors();
    std::string base;
    const bool is_upload = call_.route.native_path.find("/upload/") != std::string_view::npos;
    if (is_upload && call_.route.dialect == Dialect::gemini) {
        const net::RequestHead& asked = connection_.head();
        base = upload_base(asked.fields, asked.path, connection_.is_tls());
        options.upload_base = &base;
    }
    append_caller_fields(head, answer_.fields, options);
    if (!options.has_request_id) {
        append_field(head, "x-request-id", call_.id);
    }
}

bool Exchange::has_cors() const {
    return !call_.snapshot.settings().cors_origins.empty();
}

void Exchange::append_own_cors_fields(std::string& head) {
    if (has_cors()) {
        append_cors_fields(
            head,
            call_.snapshot.settings().cors_origins,
            connection_.head().fields.value("origin"));
    }
}

void Exchange::append_end_of_head(std::string& head) {
    const bool is_close_delimited = (stage_ == Stage::relaying || stage_ == Stage::streaming) &&
                                    !is_chunked_out_ && !has_length_out_;
    if (!connection_.will_keep_alive() || is_close_delimited) {
        append_field(head, "connection", "close");
    } else if (connection_.head().minor_version == 0) {
        append_field(head, "connection", "keep-alive");
    }
    head.append("\r\n");
}

/// Sends out_head_ and `body`: the whole answer.
void Exchange::send_whole(std::string_view body, net::ServerConnection::After after) {
    outgoing_.clear();
    outgoing_.push_back(out_head_);
    if (!body.empty() && connection_.head().method != "HEAD") {
        outgoing_.push_back(body);
    }
    if (!worker_.spool.is_safe(call_.row_mark)) {
        held_body_ = body;
        if (outgoing_.size() > 1) {
            outgoing_.back() = held_body_;
        }
        return end_when_durable(after);
    }
    // A send that fails or is unfinished is the connection's business from here on.
    static_cast<void>(connection_.send(outgoing_));
    end_call();
    connection_.finish(after);
}

void Exchange::answer_error(const Error& error, net::ServerConnection::After after) {
    const Dialect dialect = call_.route.dialect;
    const llm::ErrorShape shape = llm::error_shape(dialect, error.code());
    const bool is_budget = error.code() == Errc::budget_exhausted && shape.status == 429;
    const int status = is_budget ? call_.snapshot.settings().budget_status : shape.status;
    release_upstream(false);
    const bool is_overload = error.code() == Errc::overloaded && call_.attempts == 0;
    if (call_.has_room && !is_overload) {
        settle_nothing(outcome_of(error.code()), status, shape.code);
    } else if (call_.is_admitted) {
        call_.is_admitted = false;
        worker_.quota.settle({.id = hold_, .cost = {}, .tokens = 0, .now = worker_.clock.now()});
    }
    if (status == 401 || status == 403) {
        worker_.metrics.denied(shape.code).add();
    }
    std::string body;
    llm::append_error_body(dialect, error, status, call_.id.to_string(), body);
    out_head_.clear();
    append_status_line(out_head_, status);
    append_field(out_head_, "content-type", "application/json");
    append_own_request_id(out_head_);
    if (const std::string_view type = llm::error_type_field(dialect, error); !type.empty()) {
        append_field(out_head_, "x-amzn-errortype", type);
    }
    append_field(out_head_, "x-pulse-error-source", "pulse");
    append_pulse_fields(out_head_, nullptr);
    append_wait_fields(out_head_, error);
    if (resets_at_) {
        append_field(out_head_, "x-pulse-reset-at", rfc3339_seconds(*resets_at_));
        resets_at_.reset();
    }
    if (must_not_retry(error.code())) {
        append_field(out_head_, "x-should-retry", "false");
    }
    if (status == 401) {
        append_field(out_head_, "www-authenticate", "Bearer");
    } else if (status == 405) {
        append_field(out_head_, "allow", call_.route.allow);
    } else if (status == 426) {
        const bool is_realtime = call_.route.operation == Operation::realtime;
        append_field(out_head_, "upgrade", is_realtime ? "websocket" : "HTTP/1.1");
        if (is_realtime) {
            append_field(out_head_, "sec-websocket-version", "13");
        }
    }
    append_field(out_head_, "content-length", static_cast<std::int64_t>(body.size()));
    if (after == net::ServerConnection::After::close) {
        out_head_.append("connection: close\r\n\r\n");
    } else {
        append_end_of_head(out_head_);
    }
    send_whole(body, after);
}

void Exchange::answer_json(int status, std::string_view body) {
    out_head_.clear();
    append_status_line(out_head_, status);
    append_field(out_head_, "content-type", "application/json");
    append_own_request_id(out_head_);
    append_pulse_fields(out_head_, nullptr);
    append_field(out_head_, "content-length", static_cast<std::int64_t>(body.size()));
    append_end_of_head(out_head_);
    send_whole(body, net::ServerConnection::After::keep_alive);
}

/// Our id under the names that the dialect's clients read.
void Exchange::append_own_request_id(std::string& head) {
    append_field(head, "x-request-id", call_.id);
    if (call_.route.dialect == Dialect::anthropic) {
        append_field(head, "request-id", call_.id);
    } else if (call_.route.dialect == Dialect::bedrock) {
        append_field(head, "x-amzn-requestid", call_.id);
    }
}

void Exchange::answer_preflight() {
    out_head_.clear();
    append_status_line(out_head_, 204);
    append_own_cors_fields(out_head_);
    append_preflight_fields(
        out_head_, connection_.head().fields.value("access-control-request-headers"));
    append_end_of_head(out_head_);
    send_whole({}, net::ServerConnection::After::keep_alive);
}

}  // namespace pulse::gateway
