#include "gateway/exchange/realtime_opening.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::gateway {
namespace {

net::Fields offering(std::string_view first, std::string_view second = {}) {
    net::Fields fields;
    fields.add({"Sec-WebSocket-Protocol", first});
    if (!second.empty()) {
        fields.add({"sec-websocket-protocol", second});
    }
    return fields;
}

TEST(RealtimeOpening, NamesItsModelInTheQuery) {
    EXPECT_EQ(read_realtime_query("model=gpt-realtime")->model, "gpt-realtime");
    EXPECT_EQ(read_realtime_query("api-version=2024-10-01-preview&deployment=mine")->model, "mine");
    EXPECT_EQ(
        read_realtime_query("a&&model=openai%2Fgpt-realtime&b=c")->model, "openai%2Fgpt-realtime");
    EXPECT_EQ(read_realtime_query("model=one&deployment=one")->model, "one");
    EXPECT_EQ(read_realtime_query("intent=transcription")->model, "");
}

TEST(RealtimeOpening, RefusesAQueryThatCannotBeServed) {
    for (const std::string_view query :
         {"", "model=", "intent=other", "modell=x", "model=a&deployment=b", "model=a&model=b"}) {
        const auto read = read_realtime_query(query);
        ASSERT_FALSE(read) << query;
        EXPECT_EQ(read.error().code(), Errc::invalid_request) << query;
        EXPECT_EQ(read.error().param(), "model");
    }
    EXPECT_EQ(read_realtime_query("model=a&call_id=rtc_1").error().code(), Errc::forbidden);
}

TEST(RealtimeOpening, TakesTheModelOutOfTheQueryAndNothingElse) {
    EXPECT_EQ(without_realtime_model("model=a"), "");
    EXPECT_EQ(without_realtime_model("x=1&model=a&y&deployment=b&z="), "x=1&y&z=");
    EXPECT_EQ(without_realtime_model("models=a"), "models=a");
}

TEST(RealtimeOpening, PassesNeitherKeyNorOrganisation) {
    const net::Fields fields = offering(
        "realtime, openai-insecure-api-key.sk-pulse-secret, openai-organization.org-1",
        "openai-project.p,openai-beta.realtime-v1");
    EXPECT_TRUE(check_realtime_protocols(fields));
    EXPECT_TRUE(offers_realtime_protocol(fields));
    EXPECT_EQ(protocols_for_provider(fields), "realtime, openai-beta.realtime-v1");
    EXPECT_EQ(key_in_protocols(fields.begin()->value), "sk-pulse-secret");
}

TEST(RealtimeOpening, WantsRealtimeAmongSubprotocols) {
    EXPECT_TRUE(check_realtime_protocols(net::Fields{}));
    EXPECT_FALSE(check_realtime_protocols(offering("openai-insecure-api-key.k")));
    EXPECT_FALSE(check_realtime_protocols(offering("Realtime")));
    EXPECT_EQ(key_in_protocols("realtime"), "");
}

}  // namespace
}  // namespace pulse::gateway
