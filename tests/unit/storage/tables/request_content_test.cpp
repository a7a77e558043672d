#include "storage/tables/request_content.h"

#include "storage/redaction/redact.h"
#include "tests/unit/storage/engines.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace pulse::storage {
namespace {

using tests::EngineTest;
using tests::sample_id;

[[nodiscard]] RequestContent sample_content(std::uint64_t number) {
    return {
        .id = sample_id(number),
        .request = R"({"messages":[{"content":"grüß 😀"}]})",
        .answer = "data: {}\n\n",
        .is_request_cut = false,
        .is_answer_cut = true,
        .is_redacted = true};
}

class RequestContentTest : public EngineTest {};

TEST_P(RequestContentTest, IsStoredOnceUnderTheRequestsId) {
    const std::vector<RequestContent> rows{sample_content(1), sample_content(2)};

    ASSERT_TRUE(insert_content(session(), rows));
    ASSERT_TRUE(insert_content(session(), rows));

    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_content"), "2");
    EXPECT_EQ(
        value_of("SELECT request FROM ai_request_content WHERE id = $1", {sample_id(1)}),
        rows[0].request);
    EXPECT_EQ(
        value_of(
            "SELECT count(*) FROM ai_request_content WHERE answer_cut = $1 AND request_cut = $2 "
            "AND redacted = $1 AND ts = $3",
            {true, false, sample_id(2).time()}),
        "1");
}

TEST_P(RequestContentTest, TakesWhateverBytesACallerSends) {
    RequestContent row = sample_content(1);
    row.request = stored_text(std::string("a\0b\xff\xed\xa0\x80", 7));

    ASSERT_TRUE(insert_content(session(), std::vector{row}));

    EXPECT_EQ(value_of("SELECT request FROM ai_request_content"), row.request);
}

TEST_P(RequestContentTest, GoesWhenItIsOldAtMostSoManyAtOnce) {
    std::vector<RequestContent> rows;
    for (std::uint64_t number = 0; number < 10; ++number) {
        rows.push_back(sample_content(number));
    }
    ASSERT_TRUE(insert_content(session(), rows));

    EXPECT_EQ(*delete_content_before(session(), sample_id(8).time(), 5), 5);
    EXPECT_EQ(*delete_content_before(session(), sample_id(8).time(), 5), 3);
    EXPECT_EQ(*delete_content_before(session(), sample_id(8).time(), 5), 0);

    EXPECT_EQ(
        value_of(
            "SELECT min(id) FROM (SELECT CAST(id AS text) AS id FROM ai_request_content) AS kept"),
        sample_id(8).to_string());
}

PULSE_ON_BOTH_ENGINES(RequestContentTest);

}  // namespace
}  // namespace pulse::storage
