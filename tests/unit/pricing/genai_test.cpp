#include "pricing/catalog/import/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace pulse::pricing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string one_model(const std::string& prices, const std::string& match = R"({"equals": "m"})") {
    return R"([{"id": "openai", "models": [{"id": "m", "match": )" + match + R"(, "prices": )" +
           prices + "}]}]";
}

Imported read(const std::string& text) {
    auto imported = import_catalog(CatalogFormat::genai, text, {.version = "v"});
    EXPECT_TRUE(imported.has_value()) << imported.error().detail();
    return std::move(*imported);
}

/// "class amount/per [min][+] from..to hours" of each row.
std::vector<std::string> rows(const Imported& imported) {
    std::vector<std::string> out;
    for (const auto& price : imported.catalog->models().at(0).prices) {
        std::string text = std::string{to_string(price.price_class)} + " " +
                           std::to_string(price.amount_pico) + "/" + std::to_string(price.per);
        if (price.min_input > 0) {
            text += (price.min_input_inclusive ? " from " : " above ") +
                    std::to_string(price.min_input);
        }
        if (price.hours) {
            text += " " + std::to_string(price.hours->from.count()) + "-" +
                    std::to_string(price.hours->to.count());
        }
        if (price.valid_from || price.valid_to) {
            text += price.valid_from ? " since" : "";
            text += price.valid_to ? " until" : "";
        }
        out.push_back(std::move(text));
    }
    return out;
}

TEST(Genai, ReadsUnitsAndSizes) {
    const auto imported = read(one_model(
        R"({"input_mtok": 2.5, "output_mtok": {"base": 10, "tiers": [{"start": 200000, "price": 20},
            {"start": 271999, "price": 30}]}, "requests_kcount": 14, "audio_hours": 0.111,
            "input_audio_hours": 0.111, "input_document_kpages": 1})"));

    EXPECT_THAT(
        rows(imported),
        ElementsAre(
            "input 2500000000000/1000000",
            "output 10000000000000/1000000",
            "output 20000000000000/1000000 above 200000",
            "output 30000000000000/1000000 from 272000",
            "request 14000000000000/1000",
            "audio_second 111000000000/3600",
            "page 1000000000000/1000"));
    EXPECT_EQ(imported.report.prices, 8U);
    EXPECT_EQ(imported.report.exact, 8U);
}

TEST(Genai, ReadsDatesAndHours) {
    const auto imported = read(one_model(
        R"([{"prices": {"input_mtok": 10}},
            {"constraint": {"type": "start_date", "start_date": "2025-06-10"}, "prices": {"input_mtok": 2}},
            {"constraint": {"type": "time_of_date", "start_time": "16:30:00Z", "end_time": "00:30:00Z"},
             "prices": {"input_mtok": 1}}])"));

    EXPECT_THAT(
        rows(imported),
        ElementsAre(
            "input 10000000000000/1000000 until",
            "input 2000000000000/1000000 since",
            "input 1000000000000/1000000 990-30"));
}

TEST(Genai, LetsTheLastOfTwoSetsThatHoldCount) {
    const auto imported = read(one_model(
        R"([{"constraint": {"start_date": "2026-01-01"}, "prices": {"input_mtok": 3}},
            {"constraint": {"start_time": "01:00:00Z", "end_time": "02:00:00Z"}, "prices": {"input_mtok": 2}},
            {"constraint": {"start_date": "2025-01-01"}, "prices": {"input_mtok": 1}}])"));

    EXPECT_THAT(
        rows(imported),
        ElementsAre(
            "input 2000000000000/1000000 60-120 until", "input 1000000000000/1000000 since"));
}

TEST(Genai, ListsWhatItCannotHold) {
    const auto imported =
        read(one_model(R"({"input_mtok": 2.5, "unicorns_kcount": 1, "output_mtok": -1})"));

    ASSERT_EQ(imported.report.left_out.size(), 2U);
    EXPECT_EQ(imported.report.left_out[0].where, "openai/m");
    EXPECT_EQ(imported.report.left_out[0].what, "unicorns_kcount");
    EXPECT_EQ(imported.report.left_out[1].why, "is negative");
    EXPECT_EQ(imported.report.prices, 3U);
    EXPECT_EQ(imported.report.exact, 1U);
}

TEST(Genai, KeepsNamesAndRulesInUpstreamsOrder) {
    const auto imported = read(
        R"([{"id": "x-ai", "provider_match": {"equals": "xai-eu"}, "models": [
            {"id": "a", "match": {"or": [{"equals": "a"}, {"starts_with": "a-"}]}, "prices": {"input_mtok": 1}},
            {"id": "b", "match": {"or": [{"equals": "b"}, {"equals": "a-b"}, {"equals": "bb"}]},
             "prices": {"input_mtok": 2}},
            {"id": "c:free", "match": {"equals": "c:free"}, "prices": {}}]}])");
    const auto& catalog = *imported.catalog;

    EXPECT_EQ(catalog.find("xai", "bb").model->id, "b");
    EXPECT_EQ(catalog.find("x-ai", "a-b").model->id, "a") << "the first rule that takes it";
    EXPECT_EQ(catalog.find("xai-eu", "a-z").model->id, "a");
    EXPECT_EQ(catalog.find("xai", "c:free").model->prices.at(0).amount_pico, 0);
}

TEST(Genai, SaysThatACopiedPriceIsAssumed) {
    const auto imported = read(
        R"([{"id": "azure", "models": [{"id": "m", "match": {"equals": "m"},
            "price_comments": "Prices taken from OpenRouter", "prices": {"input_mtok": 1}}]}])");

    EXPECT_EQ(imported.catalog->models().at(0).prices.at(0).confidence, Confidence::assumed);
}

TEST(Genai, SaysWhereADocumentIsWrong) {
    struct Case {
        std::string text;
        const char* detail;
    };
    const Case cases[] = {
        {"{}", "must be an array"},
        {R"([{"id": "p"}])", "providers[0]: must have an id and models"},
        {R"([{"id": "p", "models": []}, {"id": "p", "models": []}])", "is listed twice"},
        {R"([{"id": "p", "models": [{"id": "m"}]}])", "p/m: must have an id, a match and prices"},
        {one_model("[]", R"({"like": "m"})"), "openai/m.match: must be an object"},
        {one_model("1"), "openai/m.prices: must be an object or an array"},
        {one_model(R"([{"constraint": {"start_date": "soon"}, "prices": {}}])"),
         "start_date: must be a date"},
        {one_model(R"([{"constraint": {"start_time": "1:00"}, "prices": {}}])"),
         "constraint: must be"},
    };
    for (const auto& [text, detail] : cases) {
        const auto imported = import_catalog(CatalogFormat::genai, text);
        ASSERT_FALSE(imported.has_value()) << text;
        EXPECT_EQ(imported.error().code(), Errc::corrupt_input);
        EXPECT_THAT(imported.error().detail(), HasSubstr(detail)) << text;
    }
}

TEST(Genai, HoldsEveryPriceOfTheRecordedCatalogue) {
    std::ifstream file{std::string{PULSE_FIXTURES_DIR} + "/pricing/genai-prices-0.1.8.json"};
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) {
        GTEST_SKIP() << "no catalogues in " PULSE_FIXTURES_DIR;
    }
    const auto imported = read(text.str());

    EXPECT_EQ(imported.report.models, 1'694U);
    EXPECT_EQ(imported.report.prices, 4'174U);
    EXPECT_EQ(imported.report.exact, imported.report.prices);
}

}  // namespace
}  // namespace pulse::pricing
