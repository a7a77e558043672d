#include "gateway/exchange/realtime_opening.h"

#include "net/websocket/handshake.h"

namespace pulse::gateway {

namespace {

constexpr std::string_view kField = "sec-websocket-protocol";
constexpr std::string_view kBetaPrefix = "openai-beta.";

/// Takes the next `name=value` off a query. False: there is none.
[[nodiscard]] bool next_pair(std::string_view& query, std::string_view& pair) {
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
        if (!pair.empty()) {
            return true;
        }
    }
    return false;
}

[[nodiscard]] std::string_view name_of(std::string_view pair) {
    return pair.substr(0, pair.find('='));
}

[[nodiscard]] std::string_view value_of(std::string_view pair) {
    const std::size_t equals = pair.find('=');
    return equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
}

[[nodiscard]] bool names_model(std::string_view pair) {
    const std::string_view name = name_of(pair);
    return name == "model" || name == "deployment";
}

/// Calls `visit` for every subprotocol that is offered.
template <class Visit>
void for_each_protocol(const net::Fields& fields, Visit visit) {
    for (const net::Field& field : fields) {
        if (!net::iequals(field.name, kField)) {
            continue;
        }
        std::string_view list = field.value;
        std::string_view protocol;
        while (net::websocket::next_protocol(list, protocol)) {
            visit(protocol);
        }
    }
}

}  // namespace

Result<RealtimeQuery> read_realtime_query(std::string_view query) {
    RealtimeQuery asked;
    bool is_transcription = false;
    for (std::string_view pair; next_pair(query, pair);) {
        if (name_of(pair) == "call_id") {
            return Error(
                       Errc::forbidden,
                       "Joining a call by `call_id` is not served: calls are made outside of "
                       "Pulse, and nothing says whose they "
                       "are. Open a session of your own with `?model=`.")
                .with_param("call_id");
        }
        if (names_model(pair)) {
            if (!asked.model.empty() && asked.model != value_of(pair)) {
                return Error(Errc::invalid_request, "The query names two models.")
                    .with_param("model");
            }
            asked.model = value_of(pair);
        }
        is_transcription = is_transcription || pair == "intent=transcription";
    }
    if (asked.model.empty() && !is_transcription) {
        return Error(
                   Errc::invalid_request,
                   "A realtime session names its model in the query: "
                   "/v1/realtime?model=gpt-realtime.")
            .with_param("model");
    }
    return asked;
}

std::string without_realtime_model(std::string_view query) {
    std::string rest;
    for (std::string_view pair; next_pair(query, pair);) {
        if (!names_model(pair)) {
            rest.append(rest.empty() ? "" : "&").append(pair);
        }
    }
    return rest;
}

Result<void> check_realtime_protocols(const net::Fields& fields) {
    bool has_any = false;
    for_each_protocol(fields, [&](std::string_view) { has_any = true; });
    if (has_any && !offers_realtime_protocol(fields)) {
        return Error(
            Errc::invalid_request,
            "Of subprotocols only `realtime` is answered: offer it beside the others, as in "
            "`sec-websocket-protocol: "
            "realtime, openai-insecure-api-key.KEY`.");
    }
    return {};
}

bool offers_realtime_protocol(const net::Fields& fields) {
    bool offers = false;
    for_each_protocol(fields, [&](std::string_view protocol) {
        offers = offers || protocol == kRealtimeProtocol;
    });
    return offers;
}

std::string_view key_in_protocols(std::string_view protocols) {
    std::string_view protocol;
    while (net::websocket::next_protocol(protocols, protocol)) {
        if (protocol.starts_with(kProtocolKeyPrefix)) {
            return protocol.substr(kProtocolKeyPrefix.size());
        }
    }
    return {};
}

std::string protocols_for_provider(const net::Fields& fields) {
    std::string offered;
    for_each_protocol(fields, [&](std::string_view protocol) {
        if (protocol == kRealtimeProtocol || protocol.starts_with(kBetaPrefix)) {
            offered.append(offered.empty() ? "" : ", ").append(protocol);
        }
    });
    return offered;
}

}  // namespace pulse::gateway
