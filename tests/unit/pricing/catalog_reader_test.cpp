#include "pricing/catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace pulse::pricing {
namespace {

using ::testing::HasSubstr;

std::string document(const std::string& models) {
    return R"({"schema":1,"version":"v1","sources":[{"name":"s","ref":"r","licence":"MIT"}],)"
           R"("providers":[{"id":"gemini","aliases":["google"]}],"models":[)" +
           models + "]}";
}

std::string model_with(const std::string& prices) {
    return document(R"({"provider":"p","id":"m","mode":"chat","prices":[)" + prices + "]}");
}

TEST(CatalogReader, ReadsEveryField) {
    const auto catalog = Catalog::parse(document(
        R"({"provider":"gemini","id":"m","mode":"chat","aliases":["n","o"],"context":1000,"max_output":10,"prices":[
            {"class":"cache_read","tier":"flex","amount_pico":5,"per":1000,"min_input":200000,"inclusive":false,
             "valid_from":"2026-08-01","valid_to":"2026-09-01T12:30:15Z","hours_utc":"16:30-00:30","source":"s"},
            {"class":"output","amount_pico":7,"source":"s"}]})"));

    ASSERT_TRUE(catalog.has_value()) << catalog.error().detail();
    EXPECT_EQ((*catalog)->version(), "v1");
    const auto& model = (*catalog)->models().at(0);
    EXPECT_EQ(model.aliases, (std::vector<std::string>{"n", "o"}));
    EXPECT_EQ(model.context_tokens, 1000);
    EXPECT_EQ(model.output_tokens_max, 10);
    const auto& price = model.prices.at(0);
    EXPECT_EQ(price.price_class, PriceClass::cache_read);
    EXPECT_EQ(price.tier, ServiceTier::flex);
    EXPECT_EQ(price.amount_pico, 5);
    EXPECT_EQ(price.per, 1000);
    EXPECT_EQ(price.min_input, 200'000);
    EXPECT_FALSE(price.min_input_inclusive);
    EXPECT_EQ(price.valid_from, TimePoint{std::chrono::sys_days{std::chrono::year{2026} / 8 / 1}});
    EXPECT_EQ(
        price.valid_to,
        TimePoint{std::chrono::sys_days{std::chrono::year{2026} / 9 / 1}} +
            std::chrono::seconds{12 * 3600 + 30 * 60 + 15});
    EXPECT_EQ(price.hours, (DayHours{std::chrono::minutes{990}, std::chrono::minutes{30}}));
    EXPECT_EQ(price.source, "s");
    EXPECT_EQ(model.prices.at(1).per, 1'000'000);
}

TEST(CatalogReader, SaysWhereADocumentIsWrong) {
    struct Case {
        std::string text;
        const char* detail;
    };
    const Case cases[] = {
        {"[1", "no JSON"},
        {"[]", "must be an object"},
        {R"({"schema":2})", "schema: must be a whole number from 1 to 1"},
        {R"({"schema":1,"version":"v","models":[]})", "sources: is missing"},
        {R"({"schema":1,"version":"v","sources":[],"models":[],"extra":1})", "extra: unknown key"},
        {document(R"({"provider":"p","id":"m","mode":"chat"})"), "models[0].prices: is missing"},
        {document(R"({"provider":"p","id":"","mode":"chat","prices":[]})"),
         "models[0].id: must be a text"},
        {document(R"({"provider":"p","id":"m","mode":"chat","prices":[],"aliases":[1]})"),
         "models[0].aliases: must be"},
        {document(R"({"provider":"p","id":"m","mode":"chat","prices":[],"context":0})"),
         "models[0].context: must be"},
        {document(
             R"({"provider":"p","id":"m","mode":"chat","prices":[]},{"provider":"P","id":"M","mode":"chat","prices":[]})"),
         "models[1].id: M is listed twice"},
        {document(R"({"provider":"p","id":"m","mode":"chat","aliases":["M"],"prices":[]})"),
         "models[0].aliases: M is listed twice"},
        {model_with(R"({"class":"tokens","amount_pico":1,"source":"s"})"),
         "models[0].prices[0].class: unknown class"},
        {model_with(R"({"class":"input","tier":"turbo","amount_pico":1,"source":"s"})"),
         "prices[0].tier: must be"},
        {model_with(R"({"class":"input","amount_pico":1.5,"source":"s"})"),
         "prices[0].amount_pico: must be a whole"},
        {model_with(R"({"class":"input","amount_pico":-1,"source":"s"})"),
         "prices[0].amount_pico: must be a whole"},
        {model_with(R"({"class":"input","source":"s"})"), "prices[0].amount_pico: is missing"},
        {model_with(R"({"class":"input","amount_pico":1,"per":0,"source":"s"})"),
         "prices[0].per: must be"},
        {model_with(R"({"class":"input","amount_pico":1,"inclusive":1,"source":"s"})"),
         "inclusive: must be true"},
        {model_with(R"({"class":"input","amount_pico":1,"source":"t"})"),
         "prices[0].source: is none of sources"},
        {model_with(R"({"class":"input","amount_pico":1,"valid_from":"2026-02-30","source":"s"})"),
         "valid_from: must be"},
        {model_with(
             R"({"class":"input","amount_pico":1,"valid_from":"2026-02-03","valid_to":"2026-02-03","source":"s"})"),
         "valid_to: must be after"},
        {model_with(R"({"class":"input","amount_pico":1,"hours_utc":"25:00-26:00","source":"s"})"),
         "hours_utc: must be"},
        {model_with(R"({"class":"input","amount_pico":1,"graduated":true,"source":"s"})"),
         "graduated: is reserved"},
        {model_with(R"({"class":"input","amount_pico":1,"confidence":"sure","source":"s"})"),
         "confidence: must be listed"},
        {document(R"({"provider":"p","id":"m","mode":"chat","match":{"like":"x"},"prices":[]})"),
         "models[0].match: must be an object with one of"},
        {R"({"schema":1,"version":"v","sha256":"00","sources":[],"models":[]})",
         "sha256: is not that of this file"},
        {R"({"schema":1,"version":"v","sources":[],"models":[],"overrides":[{"org":"a"}]})",
         "overrides[0].multiplier: one of multiplier and amount_pico"},
        {R"({"schema":1,"version":"v","sources":[],"models":[],"overrides":[{"multiplier":"101"}]})",
         "overrides[0].multiplier: \"101\" must be from 0 to 100"},
        {model_with(
             R"({"class":"input","amount_pico":1,"region":"eu","source":"s"},{"class":"input","amount_pico":2,"region":"eu","source":"s"})"),
         "models[0].prices[1].class: another price holds at the same time"},
        {model_with(
             R"({"class":"input","amount_pico":1,"source":"s"},{"class":"input","amount_pico":2,"source":"s"})"),
         "models[0].prices[1].class: another price holds at the same time"},
    };

    for (const auto& [text, detail] : cases) {
        const auto catalog = Catalog::parse(text);
        ASSERT_FALSE(catalog.has_value()) << text;
        EXPECT_EQ(catalog.error().code(), Errc::corrupt_input);
        EXPECT_THAT(catalog.error().detail(), HasSubstr(detail)) << text;
    }
}

TEST(CatalogReader, TakesPricesThatFollowEachOther) {
    const auto catalog = Catalog::parse(model_with(
        R"({"class":"input","amount_pico":1,"valid_to":"2026-02-03","source":"s"},
           {"class":"input","amount_pico":2,"valid_from":"2026-02-03","source":"s"},
           {"class":"input","amount_pico":3,"min_input":1000,"source":"s"},
           {"class":"input","amount_pico":4,"hours_utc":"01:00-02:00","source":"s"},
           {"class":"input","tier":"batch","amount_pico":5,"source":"s"},
           {"class":"input","region":"eu","amount_pico":6,"source":"s"},
           {"class":"input","region":"eu","deployment":"global","amount_pico":7,"source":"s"})"));

    ASSERT_TRUE(catalog.has_value()) << catalog.error().detail();
    EXPECT_EQ((*catalog)->models().at(0).prices.at(6).deployment, "global");
}

TEST(CatalogReader, RefusesATooLargeDocument) {
    const auto catalog = Catalog::parse(std::string((std::size_t{32} << 20) + 1, ' '));

    ASSERT_FALSE(catalog.has_value());
    EXPECT_EQ(catalog.error().code(), Errc::limit_exceeded);
}

}  // namespace
}  // namespace pulse::pricing
