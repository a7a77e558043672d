#include "app/explain/explanation.h"
#include "tests/golden/recorded_exchange.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

// What `pulse explain` says of every recorded exchange, against what its recording states.
namespace pulse::app {
namespace {

namespace json = boost::json;

struct Exception {
    std::string_view exchange;  ///< how its name begins
    std::string_view key;
};

/// The body states it and the recording does not; each with its reason in
/// docs/formats/metering.md.
constexpr std::array kExceptions{
    Exception{"bedrock__bedrock.invoke-stream__s__200__560900f4a4", "finish_reason"},
    Exception{"bedrock__bedrock.invoke-stream__s__200__df3939a02f", "finish_reason"},
    Exception{"bedrock__bedrock.invoke__n__200__704d02943f", "finish_reason"},
    Exception{"bedrock__bedrock.invoke__n__200__8399f9fe17", "finish_reason"},
    Exception{"cohere__generate__n__200__", "finish_reason"},
    Exception{"watsonx__watsonx.generation__", "usage"},
    Exception{"watsonx__watsonx.generation__", "billable"},
    Exception{"watsonx__watsonx.generation__", "model"},
    Exception{"watsonx__watsonx.generation__", "finish_reason"},
};

bool is_exception(std::string_view name, std::string_view key) {
    return std::any_of(kExceptions.begin(), kExceptions.end(), [&](const Exception& exception) {
        return name.starts_with(exception.exchange) && exception.key == key;
    });
}

/// Equal as values: 0.5 and 5e-1 are, whatever the order of keys is.
bool is_same(const json::value& one, const json::value& other) {
    if (one.is_number() && other.is_number()) {
        return one.to_number<double>() == other.to_number<double>();
    }
    if (one.is_object() && other.is_object()) {
        const json::object& left = one.get_object();
        const json::object& right = other.get_object();
        return left.size() == right.size() &&
               std::all_of(left.begin(), left.end(), [&right](const auto& field) {
                   const json::value* value = right.if_contains(field.key());
                   return value != nullptr && is_same(field.value(), *value);
               });
    }
    if (one.is_array() && other.is_array()) {
        const json::array& left = one.get_array();
        const json::array& right = other.get_array();
        return std::equal(left.begin(), left.end(), right.begin(), right.end(), is_same);
    }
    return one == other;
}

constexpr std::array<std::string_view, 7> kComparedKeys{
    "usage",
    "billable",
    "model",
    "service_tier",
    "finish_reason",
    "error",
    "billable_extra_iterations"};

void expect_as_recorded(const RecordedExchange& exchange, const json::object& line) {
    for (const std::string_view key : kComparedKeys) {
        const json::value* wanted = exchange.expected.if_contains(key);
        if (wanted == nullptr || is_exception(exchange.name, key)) {
            continue;
        }
        const json::value* said = line.if_contains(key);
        EXPECT_TRUE(said != nullptr && is_same(*said, *wanted))
            << exchange.name << " " << key << "\n  said "
            << (said != nullptr ? json::serialize(*said) : "nothing") << "\n  want "
            << json::serialize(*wanted);
    }
}

json::object explained_with(const RecordedExchange& exchange, std::optional<std::uint64_t> seed) {
    static const auto catalog = pricing::Catalog::builtin();
    return explained(exchange.answer, metered(exchange.answer, seed), *catalog, TimePoint{});
}

class Explain : public testing::Test {
protected:
    void SetUp() override {
        if (recorded_exchanges().empty()) {
            GTEST_SKIP() << "no recorded exchanges in " << PULSE_FIXTURES_DIR;
        }
    }
};

TEST_F(Explain, SaysOfEveryExchangeWhatItsRecordingStates) {
    for (const RecordedExchange& exchange : recorded_exchanges()) {
        expect_as_recorded(exchange, explained_with(exchange, std::nullopt));
    }
}

TEST_F(Explain, SaysTheSameHoweverTheBodyIsSplit) {
    constexpr std::uint64_t kSplits = 100;
    for (const RecordedExchange& exchange : recorded_exchanges()) {
        const json::object whole = explained_with(exchange, std::nullopt);
        for (std::uint64_t seed = 1; seed <= kSplits; ++seed) {
            ASSERT_EQ(json::serialize(explained_with(exchange, seed)), json::serialize(whole))
                << exchange.name << " split " << seed;
        }
    }
}

/// Exceptions hide nothing else: each of them is one.
TEST_F(Explain, EveryExceptionIsNeeded) {
    for (const Exception& exception : kExceptions) {
        const bool is_needed = std::any_of(
            recorded_exchanges().begin(),
            recorded_exchanges().end(),
            [&exception](const RecordedExchange& exchange) {
                return exchange.name.starts_with(exception.exchange) &&
                       !is_same(
                           explained_with(exchange, std::nullopt).at(exception.key),
                           exchange.expected.at(exception.key));
            });
        EXPECT_TRUE(is_needed) << exception.exchange << " " << exception.key;
    }
}

}  // namespace
}  // namespace pulse::app
