// The recorded price cases (fixtures/pricing/vectors.json) against the built-in catalogue, which
// merges two upstream ones, and against each of the two alone.
#include "pricing/catalog/catalog.h"
#include "pricing/cost/cost.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <sstream>

namespace pulse::pricing {
namespace {

namespace json = boost::json;

std::string read_file(const std::string& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string text_of(const json::value& value) {
    return std::string{value.as_string().data(), value.as_string().size()};
}

std::int64_t count(const json::object& usage, std::string_view name) {
    const auto* value = usage.if_contains({name.data(), name.size()});
    return value == nullptr ? 0 : value->to_number<std::int64_t>();
}

/// The cases' usage counts parts inside their totals.
Usage usage_of(const json::object& from) {
    Usage usage;
    usage.cached_read = count(from, "cache_read");
    usage.cache_write_5m = count(from, "cache_write_5m");
    usage.cache_write_1h = count(from, "cache_write_1h");
    usage.input_uncached = count(from, "input_tokens") - usage.cached_read - usage.cache_write_5m -
                           usage.cache_write_1h;
    usage.output_total = count(from, "output_tokens");
    usage.of_which_reasoning = count(from, "output_reasoning");
    usage.of_input_audio = count(from, "input_audio");
    usage.of_cached_audio = count(from, "cache_read_audio");
    usage.of_output_audio = count(from, "output_audio");
    usage.of_input_image = count(from, "input_image");
    usage.of_output_image = count(from, "output_image");
    usage.web_search_requests = count(from, "web_searches");
    return usage;
}

TimePoint time_of(const std::string& text) {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    EXPECT_EQ(
        std::sscanf(
            text.c_str(), "%d-%u-%uT%d:%d:%dZ", &year, &month, &day, &hour, &minute, &second),
        6);
    return std::chrono::sys_days{
               std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}} +
           std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
}

/// Why a case is not for this catalogue; empty when it is.
std::string out_of_scope(const Catalog& catalog, const json::object& entry) {
    const auto provider = text_of(entry.at("provider"));
    const auto& usage = entry.at("usage").as_object();
    const bool listed = std::ranges::any_of(catalog.models(), [&](const Model& model) {
        return catalog.find(provider, model.id).model == &model;
    });
    if (!listed) {
        return "provider not built in";
    }
    for (const auto* unit : {"audio_seconds", "characters", "images", "pixels"}) {
        if (usage.contains(unit)) {
            return "unit without a class";
        }
    }
    if (entry.contains("region") || entry.contains("discount")) {
        return "region or discount";
    }
    const auto* context = usage.if_contains("search_context");
    return context != nullptr && text_of(*context) != "medium" ? "search context" : "";
}

struct Tally {
    int equal = 0;
    std::map<std::string, int> left_out;
    std::vector<std::string> different;
};

/// `upstream`: only the cases of that catalogue; empty: all.
Tally run(const Catalog& catalog, std::string_view upstream) {
    Tally tally;
    const auto document =
        json::parse(read_file(std::string{PULSE_FIXTURES_DIR} + "/pricing/vectors.json"));
    for (const auto& value : document.at("vectors").as_array()) {
        const auto& entry = value.as_object();
        const auto provider = text_of(entry.at("provider"));
        if (!upstream.empty() && text_of(entry.at("catalogue")) != upstream) {
            continue;
        }
        if (const auto why = out_of_scope(catalog, entry); !why.empty()) {
            ++tally.left_out[why];
            continue;
        }
        Call call{
            .found = catalog.find(provider, text_of(entry.at("model"))),
            .usage = usage_of(entry.at("usage").as_object()),
            .tier = parse_service_tier(text_of(entry.at("tier"))).value(),
            .at = time_of(text_of(entry.at("at"))),
        };
        if (const auto* reference = entry.if_contains("fallback_model")) {
            EXPECT_EQ(call.found.model, nullptr);
            call.found = {.reference = catalog.find(provider, text_of(*reference)).model};
        }
        const auto cost = cost_of(call);
        Money ceil;
        for (const auto& line : cost.lines) {
            ceil += multiply(
                {.quantity = line.quantity, .amount_pico = line.amount_pico, .per = line.per},
                Rounding::ceil);
        }
        const auto& expect = entry.at("expect");
        const auto pico = [&expect](const char* key) {
            return Money::from_pico(std::stoll(text_of(expect.at(key))));
        };
        const bool equal = cost.total == pico("picousd_half_up") && ceil == pico("picousd_ceil");
        tally.equal += equal ? 1 : 0;
        if (!equal) {
            tally.different.push_back(
                text_of(entry.at("id")) + " " + text_of(entry.at("catalogue")) + " " + provider +
                "/" + text_of(entry.at("model")) + " is " + cost.total.to_string() + ", not " +
                text_of(expect.at("usd_exact")));
        }
    }
    return tally;
}

class Vectors : public ::testing::Test {
protected:
    void SetUp() override {
        if (!std::ifstream{std::string{PULSE_FIXTURES_DIR} + "/pricing/vectors.json"}) {
            GTEST_SKIP() << "no price cases in " PULSE_FIXTURES_DIR;
        }
    }
};

std::string listing(const Tally& tally) {
    std::ostringstream out;
    out << tally.equal << " equal\n";
    for (const auto& [why, cases] : tally.left_out) {
        out << cases << " left out: " << why << "\n";
    }
    for (const auto& line : tally.different) {
        out << line << "\n";
    }
    return out.str();
}

TEST_F(Vectors, AgreeWithTheBuiltinCatalogueWhereItsSourcesDo) {
    const auto tally = run(*Catalog::builtin(), "");

    // The merged catalogue takes genai's price where the two differ; these four cases are LiteLLM's
    // other one: mistral-large-latest (twice), deepseek-chat, and gpt-5.5 at exactly 272,000
    // tokens.
    EXPECT_EQ(tally.different.size(), 4U) << listing(tally);
    EXPECT_EQ(tally.equal, 84) << listing(tally);
}

#ifdef PULSE_CATALOGUES_DIR
class VectorsOf : public Vectors,
                  public ::testing::WithParamInterface<std::pair<const char*, int>> {};

TEST_P(VectorsOf, OneCatalogueAreAllEqual) {
    const auto& [name, cases] = GetParam();
    const auto catalog =
        Catalog::parse(read_file(std::string{PULSE_CATALOGUES_DIR} + "/" + name + ".json"));
    ASSERT_TRUE(catalog.has_value()) << catalog.error().detail();

    const auto tally = run(**catalog, name);

    EXPECT_TRUE(tally.different.empty()) << listing(tally);
    EXPECT_EQ(tally.equal, cases) << listing(tally);
}

INSTANTIATE_TEST_SUITE_P(
    Upstream,
    VectorsOf,
    ::testing::Values(std::pair{"genai", 48}, std::pair{"litellm", 40}),
    [](const auto& suite) { return suite.param.first; });
#endif

}  // namespace
}  // namespace pulse::pricing
