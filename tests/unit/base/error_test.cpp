#include "base/error.h"

#include "base/request_facts.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace pulse {
namespace {

TEST(Error, CarriesCodeDetailFieldAndWait) {
    Error error{Errc::rate_limited, "60 requests a minute are used"};

    error.with_param("model").with_retry_after(std::chrono::milliseconds{1500});

    EXPECT_EQ(error.code(), Errc::rate_limited);
    EXPECT_EQ(error.detail(), "60 requests a minute are used");
    EXPECT_EQ(error.param(), "model");
    EXPECT_EQ(error.retry_after(), std::chrono::milliseconds{1500});
}

TEST(Error, HasADistinctNameForEveryCode) {
    std::set<std::string_view> names;

    for (int code = 0; code <= static_cast<int>(Errc::internal); ++code) {
        names.insert(to_string(static_cast<Errc>(code)));
    }

    EXPECT_EQ(names.size(), static_cast<std::size_t>(Errc::internal) + 1);
}

[[nodiscard]] Result<std::string> value_or_error(bool fail) {
    if (fail) {
        return Error{Errc::internal, "as asked"};
    }
    return std::string{"value"};
}

TEST(Result, HoldsAValueOrAnError) {
    EXPECT_EQ(value_or_error(false).value(), "value");
    EXPECT_EQ(value_or_error(true).error().code(), Errc::internal);
    EXPECT_THROW((void)value_or_error(true).value(), std::logic_error);
}

TEST(RequestFacts, NamesApisAndDialects) {
    EXPECT_EQ(to_string(Api::chat_completions), "chat.completions");
    EXPECT_EQ(to_string(Api::completions), "completions");
    EXPECT_EQ(to_string(Api::embeddings), "embeddings");
    EXPECT_EQ(to_string(Api::models), "models");
    EXPECT_EQ(to_string(Api::none), "none");
    EXPECT_EQ(to_string(Dialect::openai), "openai");
    EXPECT_EQ(to_string(Dialect::none), "none");
}

}  // namespace
}  // namespace pulse
