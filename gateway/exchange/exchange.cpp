#include "gateway/exchange/exchange.h"
#include "llm/framing/inflater.h"
#include "llm/request/native_request.h"

namespace pulse::gateway {

namespace {

constexpr std::size_t kPadding = net::ServerConnection::kBodyPadding;
// One step's output is bounded by the inflater's ratio: the limit is not passed by much.
constexpr std::size_t kInflateStep = 4096;

/// The codings of request bodies that are read.
[[nodiscard]] std::optional<llm::ContentCoding> request_coding(std::string_view name) {
    const auto coding = llm::parse_content_coding(name);
    const bool is_read = coding == llm::ContentCoding::gzip || coding == llm::ContentCoding::zstd;
    return is_read ? coding : std::nullopt;
}

}  // namespace

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
    const Result<void> found = find_path();
    const bool has_body = head.framing == net::BodyFraming::chunked || head.content_length > 0;
    // Nobody's body takes memory without a key.
    const Error no_body(Errc::request_too_large, "This path takes no body.");
    if (head.method == "OPTIONS" && has_cors()) {
        if (has_body) {
            return no_body;
        }
        call_.is_preflight = true;
        return {};
    }
    if (head.wants_upgrade && call_.route.operation != Operation::realtime) {
        return Error(
            Errc::upgrade_required,
            "WebSocket and other upgrades are not served on this path; send an ordinary HTTP request.");
    }
    if (!found) {
        return found;
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
    if (auto allowed = find_policies(); !allowed) {
        return allowed;
    }
    if (call_.route.operation == Operation::closed) {
        return Error(
            Errc::forbidden,
            "This path belongs to the provider's account and is not open to callers: it would give access that Pulse "
            "cannot meter.");
    }
    if (takes_uploads(call_.route)) {
        connection.expect_upload();
    }
    const std::string_view coding = head.fields.value("content-encoding");
    if (!coding.empty() && !net::iequals(coding, "identity") && !request_coding(coding)) {
        return Error(
            Errc::unsupported_media_type,
            "This content-encoding of a request body is not read; gzip, zstd and identity are.");
    }
    return {};
}

void Exchange::on_request(net::ServerConnection&) {
    call_.whole_at = worker_.clock.steady_now();
    if (auto inflated = inflate_body(); !inflated) {
        return answer_error(inflated.error());
    }
    if (call_.is_preflight) {
        answer_preflight();
    } else if (goes_to_provider(call_.route.operation) || provider_counts_tokens()) {
        call_provider();
    } else {
        answer_local();
    }
}

std::string_view Exchange::body() const {
    return inflated_body_.empty() ? connection_.body()
                                  : std::string_view{inflated_body_}.substr(0, inflated_body_.size() - kPadding);
}

/// Takes the content coding off the body, bounded by what a body may be and by the budget of all bodies.
Result<void> Exchange::inflate_body() {
    inflated_body_.clear();
    const auto coding = request_coding(connection_.head().fields.value("content-encoding"));
    if (!coding) {
        return {};
    }
    const std::size_t bytes_max = call_.snapshot.settings().server.body_bytes_max;
    const std::string_view coded = connection_.body();
    llm::Inflater inflater(*coding);
    for (std::size_t at = 0; at < coded.size(); at += kInflateStep) {
        if (!inflater.feed(coded.substr(at, kInflateStep), inflated_body_)) {
            return inflated_body_.size() >= llm::Inflater::kFreeOutput
                       ? Error(Errc::request_too_large, "The request body grows beyond all measure when it is inflated.")
                       : Error(Errc::invalid_request, "The request body is not what its content-encoding says.");
        }
        if (inflated_body_.size() > bytes_max) {
            return Error(Errc::request_too_large, "The request body is larger than gateway.max_body once it is inflated.");
        }
        const std::size_t want = inflated_body_.size();
        if (want > inflated_charge_) {
            if (!worker_.bodies.try_take(want - inflated_charge_)) {
                return Error(Errc::overloaded, "There is no memory for this body now.")
                    .with_retry_after(std::chrono::seconds{1});
            }
            inflated_charge_ = want;
        }
    }
    inflated_body_.append(kPadding, '\0');
    return {};
}

/// `count_tokens` is the provider's matter where the model's provider has it; the call then is one like any other.
bool Exchange::provider_counts_tokens() {
    if (call_.route.operation != Operation::token_count) {
        return false;
    }
    const auto facts = llm::read_native_request(call_.route.dialect, call_.route.api, body());
    if (!facts) {
        return false;
    }
    const auto target = call_.snapshot->shared.routes->find(facts->model, call_.route.dialect);
    const Provider* const provider =
        call_.mounted != nullptr ? call_.mounted : (target ? target->provider : nullptr);
    if (provider == nullptr || provider->dialect != call_.route.dialect) {
        return false;
    }
    call_.route.operation = Operation::model_call;
    return true;
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
    if (stage_ == Stage::ending) {
        abandon(storage::Outcome::answered);
        return connection.abort();
    }
    // Deferred work goes on too, and its answer says by which id it is to be billed.
    const bool provider_bills_on =
        (stage_ == Stage::awaiting || stage_ == Stage::buffering || stage_ == Stage::relaying ||
         stage_ == Stage::streaming) &&
        (call_.target.provider->drains_on_disconnect || asks_for_deferred_work());
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
