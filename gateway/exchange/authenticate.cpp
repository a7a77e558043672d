
#include "gateway/exchange/caller_address.h"
#include "gateway/exchange/caller_key.h"
#include "gateway/exchange/exchange.h"
#include "gateway/exchange/provider_head.h"

namespace pulse::gateway {

namespace {

constexpr std::size_t kAttributionBytesMax = 128;
constexpr std::size_t kTagsMax = 16;
constexpr std::size_t kNameShownMax = 64;
constexpr std::string_view kFieldPrefix = "x-pulse-";

[[nodiscard]] std::string* attribution_part(Attribution& attribution, std::string_view name) {
    if (name == "project") {
        return &attribution.project;
    }
    if (name == "team") {
        return &attribution.team;
    }
    if (name == "user") {
        return &attribution.user;
    }
    if (name == "app") {
        return &attribution.app;
    }
    if (name == "client") {
        return &attribution.client;
    }
    return nullptr;
}

/// What tells dialects apart that share a path. Few paths are shared: the fields of others are not
/// looked at.
[[nodiscard]] DialectHints hints_of(const net::RequestHead& head) {
    DialectHints hints;
    if (head.path.find("/models") == std::string_view::npos &&
        head.path.find("/files") == std::string_view::npos) {
        return hints;
    }
    for (const net::Field& field : head.fields) {
        hints.anthropic = hints.anthropic || net::iequals(field.name, "anthropic-version") ||
                          net::iequals(field.name, "x-api-key");
        hints.gemini = hints.gemini || net::iequals(field.name, "x-goog-api-key");
    }
    hints.gemini = hints.gemini || head.query.starts_with("key=") ||
                   head.query.find("&key=") != std::string_view::npos;
    return hints;
}

/// "k=v,k2=v2"
[[nodiscard]] Result<void> read_tags(std::string_view value, Attribution& attribution) {
    while (!value.empty()) {
        const std::size_t comma = value.find(',');
        const std::string_view pair = net::trimmed(value.substr(0, comma));
        value = comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
        const std::size_t equals = pair.find('=');
        const bool is_good = equals != std::string_view::npos && equals > 0 &&
                             pair.size() <= kAttributionBytesMax &&
                             attribution.tags.size() < kTagsMax;
        if (!is_good) {
            return Error(
                Errc::invalid_request,
                "x-pulse-tags takes up to 16 pairs like `cost-center=search,env=prod`.");
        }
        attribution.tags.emplace_back(
            net::trimmed(pair.substr(0, equals)), net::trimmed(pair.substr(equals + 1)));
    }
    return {};
}

}  // namespace

void Exchange::begin(SteadyTime now) {
    stage_ = Stage::received;
    call_ = Call{};
    call_.snapshot = worker_.snapshot;
    call_.now = worker_.clock.now();
    call_.id = worker_.ids.next(call_.now);
    hold_ = call_.id;
    call_.whole_at = now;
    is_head_sent_ = false;
    logged_answer_.clear();
    is_logged_answer_cut_ = false;
    attempts_.clear();
    policies_.clear();
    limits_.clear();
    limit_changes_.clear();
    if (cover_.is_watched) {
        cover_ = Cover{};
    }
    created_object_.clear();
    worker_.metrics.inflight.add();
}

/// Finds what the path is for; under `/providers/{name}` in that provider's dialect, and whatever
/// it is.
Result<void> Exchange::find_path() {
    const net::RequestHead& head = connection_.head();
    const Mount mount = find_mount(head.path);
    const Dialect dialect = mount.dialect;
    if (!mount.provider.empty()) {
        call_.mounted = call_.snapshot->shared.routes->provider_named(mount.provider);
        if (call_.mounted == nullptr) {
            return Error(
                Errc::not_found,
                "No provider `" + std::string(mount.provider.substr(0, kNameShownMax)) +
                    "` is configured here.");
        }
        call_.route = find_mounted_route(
            mount.rest,
            head.method,
            {.dialect = call_.mounted->dialect,
             .is_azure = call_.mounted->address.style == AddressStyle::azure,
             .base_path = call_.mounted->address.base_path});
        return {};
    }
    call_.route = find_route(mount.rest, dialect, hints_of(head));
    if (call_.route.operation == Operation::unknown) {
        call_.route.dialect = dialect == Dialect::none ? Dialect::openai : dialect;
        return Error(
            Errc::not_found,
            "There is nothing at this path. Model calls are at /v1/chat/completions, "
            "/v1/responses, /v1/messages and the "
            "like; a provider's own API is under /providers/{name}/…; GET /v1/models lists the "
            "models.");
    }
    return {};
}

Result<void> Exchange::authenticate() {
    call_.key_text = find_caller_key(connection_.head());
    if (call_.key_text.empty() &&
        net::istarts_with(connection_.head().fields.value("authorization"), "AWS4-")) {
        return Error(
            Errc::unauthenticated,
            "The call is signed with AWS credentials (SigV4), which Pulse cannot check. Give the "
            "AWS client a Pulse key as "
            "its bearer token instead: AWS_BEARER_TOKEN_BEDROCK=sk-pulse-….");
    }
    if (call_.key_text.empty()) {
        return Error(
            Errc::unauthenticated,
            "No API key was sent. Send a Pulse key as `Authorization: Bearer sk-pulse-…`.");
    }
    if (auto found = find_key(); !found) {
        return found;
    }
    call_.attribution = &call_.key->attribution;
    if (auto room = take_room(); !room) {
        return room;
    }
    call_.hops = hops_of(connection_.head());
    if (call_.hops >= kHopsMax) {
        return Error(
            Errc::invalid_request,
            "The request has come through Pulse three times: a provider's base_url leads back "
            "here.");
    }
    return {};
}

Result<void> Exchange::find_key() {
    call_.key =
        call_.snapshot->shared.keys->find_usable(worker_.hasher.hash(call_.key_text), call_.now);
    return call_.key != nullptr ? Result<void>() : Result<void>(refuse_key());
}

/// Unknown, revoked and expired keys alike: the same answer by the same path.
Error Exchange::refuse_key() {
    const auto address = policy::parse_address(caller_address());
    const auto wait =
        address ? worker_.failed_keys.note(*address, worker_.clock.steady_now()) : std::nullopt;
    if (wait) {
        worker_.metrics.denied("failed_keys").add();
        Error error(
            Errc::rate_limited, "Too many calls with invalid API keys came from this address.");
        return error.with_retry_after(*wait);
    }
    return Error(
        Errc::unauthenticated,
        "The API key is not valid here: unknown, revoked or expired. Ask for one with `pulse "
        "keys create`.");
}

std::string_view Exchange::caller_address() const {
    const std::vector<policy::Cidr>& trusted = *call_.snapshot->shared.trusted_proxies;
    std::string_view forwarded_for;
    for (const net::Field& field : connection_.head().fields) {
        // The last field is the nearest proxy's own.
        if (!trusted.empty() && net::iequals(field.name, "x-forwarded-for")) {
            forwarded_for = field.value;
        }
    }
    return gateway::caller_address(connection_.peer_address(), forwarded_for, trusted);
}

Result<void> Exchange::take_room() {
    const bool writes_row = goes_to_provider(call_.route.operation) ||
                            call_.route.operation == Operation::token_count ||
                            call_.route.operation == Operation::closed ||
                            call_.route.operation == Operation::model_list ||
                            call_.route.operation == Operation::model_detail;
    if (!writes_row) {
        return {};
    }
    if (worker_.is_draining) {
        return Error(Errc::overloaded, "This instance is shutting down; send the request again.")
            .with_retry_after(std::chrono::seconds{1});
    }
    auto room = worker_.spool.reserve();
    call_.has_room = room.has_value();
    // Only what may be billed as it is answered is journaled (journal.cpp).
    const bool is_journaled = goes_to_provider(call_.route.operation) &&
                              call_.route.operation != Operation::realtime &&
                              connection_.head().method != "GET";
    if (room && is_journaled) {
        room = worker_.spool.reserve();
        call_.has_journal_room = room.has_value();
    }
    if (!room) {
        worker_.metrics.spool_refusals.add();
        return Error(
                   Errc::overloaded,
                   "The ledger cannot take another request now; send it again shortly.")
            .with_retry_after(std::chrono::seconds{5});
    }
    return {};
}

Result<void> Exchange::read_attribution() {
    bool is_own = false;
    for (const net::Field& field : connection_.head().fields) {
        if (field.name.size() <= kFieldPrefix.size() ||
            !net::iequals(field.name.substr(0, kFieldPrefix.size()), kFieldPrefix)) {
            continue;
        }
        std::string name(field.name.substr(kFieldPrefix.size()));
        for (char& c : name) {
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
        if (name != "tags" && attribution_part(attribution_, name) == nullptr) {
            continue;
        }
        if (!is_own) {
            if (auto may = check_fixed_attribution(name); !may) {
                return may;
            }
            attribution_ = *call_.attribution;
            is_own = true;
        }
        if (name == "tags") {
            if (auto read = read_tags(field.value, attribution_); !read) {
                return read;
            }
        } else if (field.value.size() > kAttributionBytesMax) {
            return Error(Errc::invalid_request, "x-pulse-" + name + " is longer than 128 bytes.");
        } else {
            *attribution_part(attribution_, name) = std::string(field.value);
        }
    }
    if (is_own) {
        if (auto stays = check_own_scopes(); !stays) {
            return stays;
        }
        call_.attribution = &attribution_;
    }
    return {};
}

}  // namespace pulse::gateway
