#include "pricing/cost/price_case.h"

#include "pricing/catalog/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::pricing {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kUsd = 1'000'000'000'000;
const TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 8 / 1}};

std::shared_ptr<const Catalog> catalog() {
    Model model{.provider = "openai", .id = "m", .mode = "chat"};
    const auto add = [&model](PriceClass price_class, std::int64_t usd) {
        model.prices.push_back(
            {.price_class = price_class, .amount_pico = usd * kUsd, .source = "test"});
    };
    add(PriceClass::input, 10);
    add(PriceClass::cache_read, 1);
    add(PriceClass::cache_read_image, 2);
    add(PriceClass::cache_write_5m, 12);
    add(PriceClass::input_image, 20);
    add(PriceClass::output, 30);
    add(PriceClass::output_video, 90);
    model.prices.push_back(
        {.price_class = PriceClass::audio_second,
         .amount_pico = kUsd,
         .per = 3'600,
         .source = "test"});
    return Catalog::make(
        {.version = "v1", .sources = {}, .providers = {}, .models = {std::move(model)}});
}

std::string answer(const std::string& text) {
    const auto prices = catalog();
    const auto wanted = parse_price_case(text, kNow);
    if (!wanted) {
        return wanted.error().detail();
    }
    return to_json(*prices, *wanted, price(*prices, *wanted));
}

std::string usd(const std::string& usage) {
    const auto prices = catalog();
    const auto wanted =
        parse_price_case(R"({"provider":"openai","model":"m","usage":)" + usage + "}", kNow);
    if (!wanted) {
        return wanted.error().detail();
    }
    const auto priced = price(*prices, *wanted);
    return priced.cost.total.to_string() + " " + std::string{to_string(priced.cost.status)};
}

TEST(PriceCase, PrintsWhatTheContractNames) {
    EXPECT_EQ(
        answer(
            R"({"id":"x","provider":"openai","model":"m","tier":"standard","at":"2026-08-01T12:00:00Z",
                "usage":{"input_tokens":3,"output_tokens":1},"expect":{"anything":1}})"),
        R"({"id":"x","usd":"0.00006","picousd":"60000000","picousd_ceil":"60000000","usd_exact":"0.00006",)"
        R"("lines":[{"class":"input","quantity":3,"amount_pico":10000000000000,"per":1000000,"usd":"0.00003",)"
        R"("picousd":"30000000","tier":"standard","source":"test"},)"
        R"({"class":"output","quantity":1,"amount_pico":30000000000000,"per":1000000,"usd":"0.00003",)"
        R"("picousd":"30000000","tier":"standard","source":"test"}],)"
        R"("provider":"openai","matched":"m","status":"exact","warnings":[],"price_version":"v1"})");
}

TEST(PriceCase, EstimatesAnUnknownModelByTheNamedReference) {
    const auto out = answer(
        R"({"provider":"openai","model":"zz","fallback_model":"m","usage":{"input_tokens":5}})");

    EXPECT_THAT(out, HasSubstr(R"("usd":"0.00006")"));
    EXPECT_THAT(out, HasSubstr(R"("factor":"6/5")"));
    EXPECT_THAT(
        out,
        HasSubstr(
            R"("matched":null,"reference":"m","status":"estimated","warnings":["unknown_model"])"));
}

TEST(PriceCase, FindsTheReferenceWhereverItIs) {
    for (const char* reference : {"m", "openai/m", "M"}) {
        EXPECT_THAT(
            answer(
                std::string{R"({"provider":"nobody","model":"zz","fallback_model":")"} + reference +
                R"(","usage":{"input_tokens":5}})"),
            HasSubstr(R"("usd":"0.00006")"))
            << reference;
    }
}

TEST(PriceCase, TakesPartsOutOfTheirTotals) {
    EXPECT_EQ(usd(R"({"input_tokens":100,"cache_read":40,"cache_write_5m":10})"), "0.00066 exact");
    EXPECT_EQ(
        usd(R"({"input_tokens":100,"input_image":60,"cache_read":50,"cache_read_image":20})"),
        "0.00097 exact")
        << "50 uncached (10 text, 40 image), 30 cached, 20 cached image";
    EXPECT_EQ(usd(R"({"output_tokens":10,"output_video":4})"), "0.00054 exact");
    EXPECT_EQ(usd(R"({"input_tokens":1,"cache_read":5})"), "0.000005 derived") << "inconsistent";
}

TEST(PriceCase, TakesDisjointUsageToo) {
    EXPECT_EQ(
        usd(R"({"input_uncached":50,"cached_read":40,"cache_write_unsplit":10,"output_total":0})"),
        "0.00066 exact");
}

TEST(PriceCase, TakesOtherUnitsAndFractionsOfThem) {
    EXPECT_EQ(usd(R"({"audio_seconds":12.5})"), "0.003472222222 exact");
    EXPECT_EQ(usd(R"({"audio_second":3600})"), "1 exact");
    EXPECT_EQ(usd(R"({"pages":1})"), "0 unpriced");
    EXPECT_THAT(
        answer(R"({"provider":"openai","model":"m","usage":{"audio_seconds":1}})"),
        HasSubstr(R"("usd_exact":"1/3600")"));
    EXPECT_THAT(
        answer(R"({"provider":"openai","model":"m","usage":{"audio_seconds":12.5}})"),
        HasSubstr(R"("quantity":12.5)"));
}

TEST(PriceCase, FindsTheProviderOfANameByItself) {
    EXPECT_THAT(
        answer(R"({"model":"m","usage":{"input_tokens":1}})"), HasSubstr(R"("matched":"m")"));
    EXPECT_THAT(
        answer(R"({"model":"openai/m","usage":{"input_tokens":1}})"),
        HasSubstr(R"("matched":"m")"));
}

TEST(PriceCase, TakesADiscountAsNumberOrText) {
    const std::string head =
        R"({"provider":"openai","model":"m","usage":{"input_tokens":100},"discount":)";
    EXPECT_THAT(answer(head + "0.25}"), HasSubstr(R"("usd":"0.00075")"));
    EXPECT_THAT(answer(head + "\"0.25\"}"), HasSubstr(R"("usd":"0.00075")"));
    EXPECT_THAT(answer(head + "1}"), HasSubstr(R"("usd":"0")"));
}

TEST(PriceCase, CountsTheAgreementsOfTheCatalogue) {
    const auto text =
        R"({"schema":1,"version":"v","sources":[{"name":"s","ref":"r","licence":"MIT"}],
        "models":[{"provider":"openai","id":"m","mode":"chat","prices":[
            {"class":"input","amount_pico":10000000000000,"source":"s"}]}],
        "overrides":[{"org":"acme","multiplier":"0.85","valid_to":"2027-01-01"},
            {"org":"acme","team":"search","class":"input","amount_pico":1000000000000,"per":1000000},
            {"key":"k1","provider":"openai","model":"m","multiplier":"2/3"}]})";
    const auto prices = Catalog::parse(text);
    ASSERT_TRUE(prices.has_value()) << prices.error().detail();
    const auto of = [&](const std::string& who) {
        const auto wanted = parse_price_case(
            R"({"provider":"openai","model":"m","usage":{"input_tokens":1000000},)" + who + "}",
            kNow);
        return price(**prices, *wanted).cost.total.to_string();
    };

    EXPECT_EQ(of(R"("org":"acme")"), "8.5");
    EXPECT_EQ(of(R"("org":"acme","team":"search")"), "1");
    EXPECT_EQ(of(R"("org":"acme","at":"2027-01-01")"), "10");
    EXPECT_EQ(of(R"("org":"other")"), "10");
    EXPECT_EQ(of(R"("key":"k1")"), "6.666666666667");
    const auto written = write_catalog(**prices, "v");
    EXPECT_EQ(write_catalog(**Catalog::parse(written), "v"), written);
}

TEST(PriceCase, SaysWhatIsWrong) {
    const std::string head = R"({"provider":"openai","model":"m",)";
    struct Case {
        std::string text;
        const char* detail;
    };
    const Case cases[] = {
        {"", "no JSON"},
        {"[]", "must be an object"},
        {R"({"usage":{}})", "model: is missing"},
        {R"({"provider":"openai","model":"m"})", "usage: is missing"},
        {R"({"provider":1,"model":"m","usage":{}})", "provider: must be a text"},
        {head + R"("usage":[]})", "usage: must be an object"},
        {head + R"("usage":{"input_token":1}})", "usage.input_token: is no kind of usage"},
        {head + R"("usage":{"input_tokens":-1}})", "usage.input_tokens: must be a number from 0"},
        {head + R"("usage":{"input_tokens":1.5}})", "usage.input_tokens: must be a whole number"},
        {head + R"("usage":{"input_tokens":"1"}})", "usage.input_tokens: must be a number"},
        {head + R"("usage":{"web_searches":1,"search_context":"huge"}})",
         "search_context: must be low"},
        {head + R"("usage":{},"tier":"turbo"})", "tier: must be standard"},
        {head + R"("usage":{},"at":"yesterday"})", "at: must be a UTC time"},
        {head + R"("usage":{},"discount":"1.1"})", "discount: "},
        {head + R"("usage":{},"discount":[]})", "discount: must be a number"},
    };
    for (const auto& [text, detail] : cases) {
        EXPECT_THAT(answer(text), HasSubstr(detail)) << text;
    }
}

TEST(PriceCase, BillsASizeTierAtItsBoundaries) {
    auto above = catalog()->models().at(0);
    above.prices.push_back(
        {.price_class = PriceClass::input,
         .amount_pico = 20 * kUsd,
         .min_input = 200'000,
         .min_input_inclusive = false,
         .source = "test"});
    above.prices.push_back(
        {.price_class = PriceClass::input,
         .amount_pico = 40 * kUsd,
         .min_input = 272'000,
         .min_input_inclusive = true,
         .source = "test"});
    const auto prices = Catalog::merged(Catalog{}, {above});
    const auto of = [&](const std::string& tokens) {
        const auto wanted = parse_price_case(
            R"({"provider":"openai","model":"m","usage":{"input_tokens":)" + tokens + "}}", kNow);
        return price(*prices, *wanted).cost.total.to_string();
    };

    EXPECT_EQ(of("200000"), "2");
    EXPECT_EQ(of("200001"), "4.00002");
    EXPECT_EQ(of("271999"), "5.43998");
    EXPECT_EQ(of("272000"), "10.88");
}

}  // namespace
}  // namespace pulse::pricing
