#include "gateway/exchange/exchange.h"
#include "gateway/exchange/provider_head.h"

#include <array>

namespace pulse::gateway {

namespace {
constexpr std::size_t kReadBufferBytes = std::size_t{16} * 1024;
}

net::UpstreamPool& Exchange::pool() const {
    return *call_.snapshot->pools[call_.target.provider->index];
}

void Exchange::connect(net::UpstreamPool::Freshness freshness, SteadyTime now) {
    stage_ = Stage::connecting;
    call_.connect_at = now;
    ++call_.attempts;
    is_acquiring_ = true;
    pool().acquire(freshness, *this);
    is_acquiring_ = false;
    if (stage_ == Stage::connecting) {
        // The pool bounds a connection attempt; the wait for one of too few connections is bounded
        // here.
        arm_deadline(call_.snapshot.settings().timeouts.first_byte);
    }
}

void Exchange::on_connection(Result<std::unique_ptr<net::UpstreamConnection>> connection) {
    call_.connected_at = is_acquiring_ ? call_.connect_at : worker_.clock.steady_now();
    if (!connection) {
        worker_.metrics.attempts(call_.target.provider->name, "unreachable").add();
        return upstream_failed(connection.error());
    }
    upstream_ = *std::move(connection);
    send_request();
}

void Exchange::send_request() {
    stage_ = Stage::sending;
    const bool is_generation =
        call_.route.api == Api::chat_completions || call_.route.api == Api::completions;
    call_.asked_for_usage =
        is_generation && call_.facts.stream && call_.target.provider->takes_usage_option &&
        call_.facts.usage_option != UsageOption::wanted && !call_.drops_usage_option &&
        !worker_.usage_option_refusers.contains(call_.target.provider->pool_key);
    edited_.clear();
    llm::edit_body(
        body(),
        call_.facts,
        model_in_body(),
        call_.asked_for_usage,
        edited_,
        limit_changes_);
    if (auto built = build_head(); !built) {
        return upstream_failed(built.error());
    }
    outgoing_.clear();
    outgoing_.push_back(out_head_);
    outgoing_.insert(outgoing_.end(), edited_.begin(), edited_.end());
    call_.sent_before = upstream_->stream.bytes_sent();
    journal();
    switch (upstream_->stream.write(outgoing_, *this)) {
        case net::WriteProgress::done:
            return await_answer();
        case net::WriteProgress::pending:
            return arm_deadline(call_.snapshot.settings().timeouts.idle);
        case net::WriteProgress::failed:
            return no_answer(Proof::not_processed);  // the kernel took no byte of it
    }
}

Result<void> Exchange::build_head() {
    const Provider& provider = *call_.target.provider;
    const bool is_realtime = call_.route.operation == Operation::realtime;
    native_target_.clear();
    if (is_realtime) {
        append_realtime_target(native_target_);
    } else {
        append_target(
            native_target_,
            provider.address,
            {.api = call_.route.api,
             .native_path = call_.route.native_path,
             .version = call_.route.version,
             .path_model = call_.route.model,
             .model = call_.target.model,
             .at_root = call_.route.at_root,
             .query = connection_.head().query});
    }
    out_head_.clear();
    append_provider_head(
        out_head_,
        {.head = connection_.head(),
         .provider = provider,
         .target = native_target_,
         .caller_key = call_.key_text,
         .body_size = edited_.size(),
         .hops = call_.hops + 1});
    if (is_realtime) {
        append_realtime_fields(out_head_);
    }
    if (provider.credential != nullptr) {
        auto signed_in = provider.credential->append_auth_fields(
            {.method = connection_.head().method,
             .target = native_target_,
             .host = provider.host,
             .body = {edited_.begin(), edited_.end()},
             .now = worker_.clock.now()},
            worker_.signer,
            out_head_);
        if (!signed_in) {
            return signed_in;
        }
    }
    out_head_.append("\r\n");
    return {};
}

/// What the body must call the model at the provider; empty: the body stays as it is.
std::string_view Exchange::model_in_body() const {
    const bool names_one = call_.facts.model_value.size > 0;
    const bool path_names_one = !call_.route.model.empty();
    if (call_.route.operation != Operation::model_call || (!names_one && !path_names_one)) {
        return {};
    }
    const Provider& provider = *call_.target.provider;
    // Gemini's, Vertex's and Bedrock's paths name the model, and so do Azure's deployments.
    if (call_.route.dialect != Dialect::openai && path_names_one) {
        return {};
    }
    return names_one || provider.address.style != AddressStyle::azure
               ? name_in_body(provider.address, call_.target.model)
               : std::string_view{};
}

void Exchange::on_written(net::StreamStatus status) {
    if (status == net::StreamStatus::ok) {
        return await_answer();
    }
    no_answer(Proof::none);
}

/// The provider's connection ended before a byte of an answer. A pooled one may have been closed by
/// the provider while it was idle; the request goes out a second time only with proof that nobody
/// read it: a POST to a model costs money.
void Exchange::no_answer(Proof proof) {
    if (proof == Proof::not_processed && upstream_->reused && !call_.retried) {
        call_.retried = true;
        call_.may_have_billed = false;
        worker_.metrics.attempts(call_.target.provider->name, "cut").add();
        end_attempt(storage::Outcome::upstream_failed, worker_.clock.steady_now());
        release_upstream(false);
        return connect(net::UpstreamPool::Freshness::fresh, worker_.clock.steady_now());
    }
    if (proof == Proof::not_processed) {
        call_.may_have_billed = false;
    }
    worker_.metrics.attempts(call_.target.provider->name, "cut").add();
    upstream_failed(Error(
        Errc::upstream_unavailable, "The provider closed the connection before it answered."));
}

void Exchange::await_answer() {
    stage_ = Stage::awaiting;
    call_.sent_at = worker_.clock.steady_now();
    call_.may_have_billed = true;
    if (in_.empty()) {
        in_.resize(kReadBufferBytes + net::ServerConnection::kBodyPadding);
    }
    filled_ = 0;
    const UpstreamTimeouts& timeouts = call_.snapshot.settings().timeouts;
    arm_deadline(call_.facts.stream ? timeouts.first_byte : timeouts.first_byte_buffered);
    read_more();
}

void Exchange::upstream_failed(const Error& error) {
    release_upstream(false);
    if (call_.caller_gone) {
        settle_nothing(storage::Outcome::caller_gone, 0, to_string(error.code()));
        end_call();
        return connection_.abort();
    }
    answer_error(error);
}

}  // namespace pulse::gateway
