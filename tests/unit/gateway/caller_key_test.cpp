#include "gateway/exchange/caller_key.h"

#include <gtest/gtest.h>

namespace pulse::gateway {
namespace {

[[nodiscard]] net::RequestHead head_with(std::initializer_list<net::Field> fields) {
    net::RequestHead head;
    for (const net::Field& field : fields) {
        head.fields.add(field);
    }
    return head;
}

TEST(FindCallerKey, TakesBearerWhateverTheCaseOfItsScheme) {
    EXPECT_EQ(find_caller_key(head_with({{"Authorization", "Bearer sk-pulse-a"}})), "sk-pulse-a");
    EXPECT_EQ(find_caller_key(head_with({{"authorization", "bearer  sk-pulse-a"}})), "sk-pulse-a");
}

TEST(FindCallerKey, TakesEveryPlaceThatClientsUse) {
    EXPECT_EQ(find_caller_key(head_with({{"x-api-key", "k1"}})), "k1");
    EXPECT_EQ(find_caller_key(head_with({{"api-key", "k2"}})), "k2");
    EXPECT_EQ(find_caller_key(head_with({{"x-goog-api-key", "k3"}})), "k3");
    EXPECT_EQ(find_caller_key(head_with({{"x-litellm-api-key", "Bearer k4"}})), "k4");
}

TEST(FindCallerKey, TakesABrowsersSubprotocolBehindHeaderFieldsOfTheSameKind) {
    constexpr std::string_view kOffer = "realtime, openai-insecure-api-key.sk-pulse-s, openai-beta.realtime-v1";
    EXPECT_EQ(find_caller_key(head_with({{"sec-websocket-protocol", kOffer}})), "sk-pulse-s");
    EXPECT_EQ(find_caller_key(head_with({{"sec-websocket-protocol", "realtime"}})), "");
    EXPECT_EQ(
        find_caller_key(head_with({{"sec-websocket-protocol", "realtime"}, {"sec-websocket-protocol", kOffer}})),
        "sk-pulse-s");
    EXPECT_EQ(
        find_caller_key(head_with({{"authorization", "Bearer sk-pulse-a"}, {"sec-websocket-protocol", kOffer}})),
        "sk-pulse-a");
    EXPECT_EQ(
        find_caller_key(head_with({{"authorization", "Bearer other"}, {"sec-websocket-protocol", kOffer}})),
        "sk-pulse-s");
}

TEST(FindCallerKey, PrefersItsOwnFieldAndThenWhatLooksLikeAPulseKey) {
    EXPECT_EQ(
        find_caller_key(head_with({{"authorization", "Bearer sk-pulse-a"}, {"x-pulse-key", "sk-pulse-b"}})),
        "sk-pulse-b");
    EXPECT_EQ(
        find_caller_key(head_with({{"authorization", "Bearer sk-other"}, {"x-api-key", "sk-pulse-c"}})), "sk-pulse-c");
}

TEST(FindCallerKey, IgnoresOtherSchemes) {
    EXPECT_EQ(find_caller_key(head_with({{"authorization", "Basic c2stcHVsc2U6"}})), "");
    EXPECT_EQ(find_caller_key(head_with({})), "");
}

TEST(FindCallerKey, TakesTheQueryLast) {
    net::RequestHead head;
    head.query = "alt=sse&key=sk-pulse-q";

    EXPECT_EQ(find_caller_key(head), "sk-pulse-q");
}

}  // namespace
}  // namespace pulse::gateway
