#include "llm/detail/answer_fields.h"

#include "llm/detail/base64.h"
#include "llm/usage/usage_rules.h"
#include "tests/unit/llm/padded.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace pulse::llm::detail {
namespace {

/// Gives the value of `{"v": …}` to `visit`.
template <class Visit>
void with_value(std::string_view value, Visit visit) {
    const Padded json{"{\"v\":" + std::string{value} + "}"};
    ASSERT_TRUE(read_object(json.view(), [&visit](std::string_view, ondemand::value& field) {
        visit(field);
        return simdjson::SUCCESS;
    })) << value;
}

TEST(CountOf, TakesNumbersAndDigits) {
    struct Case {
        std::string_view json;
        std::optional<std::int64_t> count;
    };
    for (const Case& one :
         {Case{"0", 0},
          Case{"12", 12},
          Case{"12.0", 12},
          Case{"\"12\"", 12},
          Case{"-3", -3},
          Case{"null", std::nullopt},
          Case{"true", std::nullopt},
          Case{"\"\"", std::nullopt},
          Case{"\"12x\"", std::nullopt},
          Case{"[]", std::nullopt},
          Case{"{}", std::nullopt},
          Case{"1e300", kTokensMax + 1},
          Case{"-1e300", -kTokensMax - 1},
          Case{"18446744073709551615", kTokensMax + 1},
          Case{"\"9223372036854775807\"", kTokensMax + 1}}) {
        with_value(one.json, [&one](ondemand::value& value) {
            EXPECT_EQ(count_of(value), one.count) << one.json;
        });
    }
}

TEST(AssignMessage, CutsNoCharacterInTwo) {
    std::string text;
    while (text.size() < kErrorMessageMax + 10) {
        text += "é";
    }
    with_value("\"x" + text + "\"", [](ondemand::value& value) {
        std::string message;
        assign_message(value, message);
        EXPECT_EQ(message.size(), kErrorMessageMax - 1);
        EXPECT_TRUE(message.ends_with("é"));
    });
}

TEST(SetError, PrefersAWordToANumber) {
    MeterReading reading;
    EventFacts facts;
    set_error({.type = "NOT_FOUND", .code = {"404", true}, .message = "m"}, reading, facts);
    EXPECT_EQ(reading.error_code, "NOT_FOUND");
    set_error(
        {.type = "invalid_request_error", .code = {"model_not_found", false}, .message = {}},
        reading,
        facts);
    EXPECT_EQ(reading.error_code, "model_not_found");
    set_error({.type = {}, .code = {"429", true}, .message = {}}, reading, facts);
    EXPECT_EQ(reading.error_code, "429");
    EXPECT_TRUE(reading.is_error && facts.has_error);
}

TEST(WithoutArray, TakesTheBracketsOfOneOff) {
    EXPECT_EQ(without_array(" [ {} ]\n"), " {} ");
    EXPECT_EQ(without_array("{}"), "{}");
    EXPECT_EQ(without_array("["), "[");
    EXPECT_EQ(without_array(""), "");
}

TEST(DeliveredText, IsBoundedAndCountsAll) {
    MeterReading reading;
    EventFacts facts;
    facts.keeps_text = true;
    DeliveredText text{reading, facts};
    const std::string piece(1000, 'x');
    for (int at = 0; at < 100; ++at) {
        text.add_plain(piece);
    }
    EXPECT_EQ(reading.delivered_text_bytes, 100'000);
    EXPECT_EQ(facts.text_bytes, 100'000);
    EXPECT_LE(reading.delivered_text.size(), kDeliveredTextMax);
    EXPECT_GT(reading.delivered_text.size(), kDeliveredTextMax - 1000);
}

TEST(DecodeBase64, TakesWholeGroupsAlone) {
    std::string bytes;
    EXPECT_TRUE(decode_base64("SGVsbG8=", bytes));
    EXPECT_EQ(bytes, "Hello");
    EXPECT_TRUE(decode_base64("", bytes));
    EXPECT_EQ(bytes, "");
    for (const std::string_view text :
         {"SGVsbG8", "SGVs#G8=", "====", "A===", " SGVsbG8", "SGVsbG8\n"}) {
        EXPECT_FALSE(decode_base64(text, bytes)) << text;
        EXPECT_EQ(bytes, "");
    }
}

}  // namespace
}  // namespace pulse::llm::detail
