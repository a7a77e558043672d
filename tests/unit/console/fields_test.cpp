#include "console/api/fields.h"

#include <gmock/gmock.h>

namespace pulse::console {
namespace {

using testing::HasSubstr;

[[nodiscard]] HttpRequest request_of(
    std::string_view body, std::string_view type = "application/json") {
    HttpRequest request;
    request.body = body;
    request.fields.emplace_back("content-type", type);
    return request;
}

TEST(BodyFields, ReadsWhatItIsAskedFor) {
    auto body = BodyFields::read(request_of(
        R"({"name":"Ada","on":true,"teams":["a","b"],"at":"2026-01-01T00:00:00Z","zone":null})"));
    ASSERT_TRUE(body);

    EXPECT_EQ(body->text("name"), "Ada");
    EXPECT_EQ(body->optional_switch("on"), true);
    EXPECT_EQ(body->optional_texts("teams", 2), (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(body->optional_time("at").value().has_value());
    EXPECT_EQ(body->optional_text("zone", {.may_be_null = true}), "");
    EXPECT_EQ(body->optional_text("absent"), std::nullopt);
    EXPECT_TRUE(body->finish());
}

TEST(BodyFields, NamesAnUnknownFieldBeforeAMissingOne) {
    auto body = BodyFields::read(request_of(R"({"nmae":"Ada"})"));
    (void)body->text("name");

    const auto done = body->finish();

    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), Errc::invalid_request);
    EXPECT_THAT(done.error().detail(), HasSubstr("`nmae`"));
}

TEST(BodyFields, RefusesWhatDoesNotFitAndNamesIt) {
    for (const char* text :
         {R"({"a":1})",
          R"({"a":""})",
          R"({"a":null})",
          R"({"a":"x\u0000y"})",
          R"({"a":"x\ny"})",
          R"({"a":["x"]})",
          R"({"a":"xxxxx"})"}) {
        auto body = BodyFields::read(request_of(text));
        (void)body->text("a", {.bytes_max = 4});

        const auto done = body->finish();

        ASSERT_FALSE(done) << text;
        EXPECT_EQ(done.error().param(), "a");
    }
    for (const char* text :
         {R"({"a":["x","x"]})", R"({"a":[1]})", R"({"a":["x","y","z"]})", R"({"a":{}})"}) {
        auto body = BodyFields::read(request_of(text));
        (void)body->optional_texts("a", 2);
        EXPECT_FALSE(body->finish()) << text;
    }
}

TEST(BodyFields, RefusesWhatIsNoJsonObject) {
    for (const char* text : {"[]", "1", "{", "{}x", "{\"a\":}", "\xff"}) {
        EXPECT_FALSE(BodyFields::read(request_of(text))) << text;
    }
    EXPECT_FALSE(BodyFields::read(request_of(std::string(40, '[') + std::string(40, ']'))));
    EXPECT_EQ(
        BodyFields::read(request_of("{}", "text/plain")).error().code(),
        Errc::unsupported_media_type);
    EXPECT_TRUE(BodyFields::read(request_of("{}", "Application/JSON; charset=utf-8")));
    EXPECT_TRUE(BodyFields::read(HttpRequest{}));
}

TEST(QueryFields, DecodesBoundsAndRefusesWhatItDoesNotKnow) {
    auto query = QueryFields::read("name=a%20b+c&limit=5&tag.env=prod&from=2026-01-01&empty=");
    ASSERT_TRUE(query);

    EXPECT_EQ(query->text("name"), "a b c");
    EXPECT_EQ(query->number("limit", 1, 1, 10), 5);
    EXPECT_EQ(
        query->with_prefix("tag."),
        (std::vector<std::pair<std::string, std::vector<std::string>>>{{"env", {"prod"}}}));
    EXPECT_TRUE(query->time("from"));
    EXPECT_FALSE(query->finish()) << "empty was not asked for";
    EXPECT_EQ(query->text("empty"), "");
    EXPECT_TRUE(query->finish());
}

TEST(QueryFields, RefusesWhatIsWrong) {
    EXPECT_FALSE(QueryFields::read("a=%zz"));
    EXPECT_FALSE(QueryFields::read("a=%0a"));
    auto twice = QueryFields::read("a=1&a=2");
    ASSERT_TRUE(twice);
    EXPECT_EQ(twice->texts("a"), (std::vector<std::string>{"1", "2"}));
    EXPECT_TRUE(twice->finish());
    (void)twice->text("a");
    EXPECT_FALSE(twice->finish());
    for (const char* text :
         {"limit=0", "limit=11", "limit=x", "limit=5x", "limit=99999999999999999999"}) {
        auto query = QueryFields::read(text);
        (void)query->number("limit", 1, 1, 10);
        EXPECT_FALSE(query->finish()) << text;
    }
}

}  // namespace
}  // namespace pulse::console
