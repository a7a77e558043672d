// The recorded price cases (fixtures/pricing/vectors.json), each against the upstream catalogue
// that it names, by the way that `pulse prices cost` takes: text in, text out.
#include "pricing/catalog/import/import.h"
#include "pricing/cost/price_case.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <sstream>

namespace pulse::pricing {
namespace {

namespace json = boost::json;
using ::testing::Contains;

std::string fixture(const std::string& name) {
    std::ifstream file{std::string{PULSE_FIXTURES_DIR} + "/pricing/" + name};
    std::ostringstream text;
    text << file.rdbuf();
    return file ? std::move(text).str() : std::string{};
}

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string{value.as_string().data(), value.as_string().size()} : "";
}

std::string text_at(const json::value& value, std::string_view key) {
    const auto* found = value.as_object().if_contains({key.data(), key.size()});
    return found == nullptr ? "" : text_of(*found);
}

class Vectors : public ::testing::Test {
protected:
    void SetUp() override {
        const auto text = fixture("vectors.json");
        if (text.empty()) {
            GTEST_SKIP() << "no price cases in " PULSE_FIXTURES_DIR;
        }
        cases_ = json::parse(text).at("vectors").as_array();
        open("genai", CatalogFormat::genai, "genai-prices-0.1.8.json");
        open("litellm", CatalogFormat::litellm, "litellm-2026-08-01.json");
    }

    void open(const char* name, CatalogFormat format, const char* file) {
        auto imported = import_catalog(format, fixture(file));
        ASSERT_TRUE(imported.has_value()) << imported.error().detail();
        catalogs_[name] = imported->catalog;
    }

    /// What the command prints for the case.
    json::value answer(const Catalog& catalog, const json::value& entry) {
        const auto wanted = parse_price_case(json::serialize(entry), {});
        EXPECT_TRUE(wanted.has_value()) << wanted.error().detail();
        return json::parse(to_json(catalog, *wanted, price(catalog, *wanted)));
    }

    json::array cases_;
    std::map<std::string, std::shared_ptr<const Catalog>> catalogs_;
};

TEST_F(Vectors, AreAllEqualToTheLastDigit) {
    ASSERT_EQ(cases_.size(), 120U);
    for (const auto& entry : cases_) {
        const auto& expect = entry.at("expect");
        const auto got = answer(*catalogs_.at(text_at(entry, "catalogue")), entry);
        const auto where = json::serialize(entry) + "\n" + json::serialize(got);

        EXPECT_EQ(text_at(got, "picousd"), text_at(expect, "picousd_half_up")) << where;
        EXPECT_EQ(text_at(got, "picousd_ceil"), text_at(expect, "picousd_ceil")) << where;
        EXPECT_EQ(text_at(got, "usd_exact"), text_at(expect, "usd_exact")) << where;
        EXPECT_EQ(text_at(got, "matched"), text_at(expect, "matched")) << where;
        const bool is_decimal = text_at(expect, "usd_exact").find('/') == std::string::npos;
        if (is_decimal) {
            EXPECT_EQ(text_at(got, "usd"), text_at(expect, "usd_exact")) << where;
        }
    }
}

TEST_F(Vectors, HaveTheSameLines) {
    for (const auto& entry : cases_) {
        const auto* lines = entry.at("expect").as_object().if_contains("lines");
        const auto got = answer(*catalogs_.at(text_at(entry, "catalogue")), entry);
        std::multiset<std::string> wanted;
        std::multiset<std::string> found;
        for (const auto& line : lines == nullptr ? json::array{} : lines->as_array()) {
            wanted.insert(text_at(line, "qty") + " " + text_at(line, "usd"));
        }
        for (const auto& line : got.at("lines").as_array()) {
            found.insert(json::serialize(line.at("quantity")) + " " + text_at(line, "usd"));
        }
        if (lines != nullptr) {
            EXPECT_EQ(found, wanted) << json::serialize(entry);
        }
    }
}

TEST_F(Vectors, SayWhatIsEstimated) {
    for (const auto& entry : cases_) {
        const auto got = answer(*catalogs_.at(text_at(entry, "catalogue")), entry);
        const bool is_unknown = !text_at(entry.at("expect"), "warning").empty();
        std::vector<std::string> warnings;
        for (const auto& warning : got.at("warnings").as_array()) {
            warnings.push_back(text_of(warning));
        }
        EXPECT_EQ(text_at(got, "status") == "estimated", is_unknown) << json::serialize(entry);
        if (is_unknown) {
            EXPECT_THAT(warnings, Contains("unknown_model")) << json::serialize(entry);
        }
    }
}

/// The merged catalogue takes genai's price where the two differ; these are LiteLLM's other ones.
TEST_F(Vectors, AgreeWithTheBuiltinCatalogueWhereItsSourcesDo) {
    const auto catalog = Catalog::builtin();
    std::vector<std::string> different;
    for (const auto& entry : cases_) {
        const auto got = answer(*catalog, entry);
        if (text_at(got, "picousd") != text_at(entry.at("expect"), "picousd_half_up")) {
            different.push_back(text_at(entry, "provider") + "/" + text_at(entry, "model"));
        }
    }
    EXPECT_THAT(
        different,
        ::testing::UnorderedElementsAre(
            "mistral/mistral-large-latest",  // LiteLLM: Large 3, genai: Large 2
            "deepseek/deepseek-chat",
            "openai/gpt-5.5",          // at exactly 272,000 tokens
            "mistral/mistral-zeta"));  // 1.2 × mistral-large-latest
}

}  // namespace
}  // namespace pulse::pricing
