#include "llm/openai/body_edit.h"

#include "llm/openai/request_reader.h"
#include "tests/unit/llm/padded.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace pulse::llm {
namespace {

std::string joined(const EditedBody& body) {
    std::string out;
    for (const std::string_view part : body) {
        out += part;
    }
    EXPECT_EQ(out.size(), body.size());
    return out;
}

std::string edited(const std::string& text, std::string_view model, bool ask_for_usage) {
    const Padded body{text};
    const auto facts = read_openai_request(Api::chat_completions, body.view());
    EXPECT_TRUE(facts.has_value()) << text;
    EditedBody out;
    edit_body(body.view(), *facts, model, ask_for_usage, out);
    return joined(out);
}

TEST(BodyEdit, LeavesABodyAloneThatNeedsNoChange) {
    const std::string text = R"({ "model" : "m" , "x" : [1, 2.50, "é\u00e9"] } )";

    EXPECT_EQ(edited(text, "m", false), text);
}

TEST(BodyEdit, ReplacesTheModelWhereItStands) {
    EXPECT_EQ(
        edited(R"({"x":{"model":"m"},  "model" :  "openai/m" , "y":"m"})", "m", false),
        R"({"x":{"model":"m"},  "model" :  "m" , "y":"m"})");
}

TEST(BodyEdit, EscapesTheModel) {
    EXPECT_EQ(edited(R"({"model":"m"})", "a\"\\\n", false), R"({"model":"a\"\\\n"})");
}

struct UsageEdit {
    std::string before;
    std::string after;
};

class AskForUsage : public testing::TestWithParam<UsageEdit> {};

TEST_P(AskForUsage, ChangesNothingElse) {
    EXPECT_EQ(edited(GetParam().before, "m", true), GetParam().after);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    AskForUsage,
    testing::Values(
        UsageEdit{R"({"model":"m"})", R"({"stream_options":{"include_usage":true},"model":"m"})"},
        UsageEdit{
            R"( { "model":"m"})", R"( {"stream_options":{"include_usage":true}, "model":"m"})"},
        UsageEdit{
            R"({"model":"m","stream_options":null ,"x":1})",
            R"({"model":"m","stream_options":{"include_usage":true} ,"x":1})"},
        UsageEdit{
            R"({"model":"m","stream_options":{ } })",
            R"({"model":"m","stream_options":{"include_usage":true} })"},
        UsageEdit{
            R"({"model":"m","stream_options":{"include_usage":true}})",
            R"({"model":"m","stream_options":{"include_usage":true}})"},
        UsageEdit{
            R"({"model":"m","stream_options":{"include_usage": false ,"a":1}})",
            R"({"model":"m","stream_options":{"include_usage": true ,"a":1}})"},
        UsageEdit{
            R"({"model":"m","stream_options":{"a":{},"include_usage":null}})",
            R"({"model":"m","stream_options":{"a":{},"include_usage":true}})"},
        UsageEdit{
            R"({"model":"m","stream_options":{ "include_obfuscation":false}})",
            R"({"model":"m","stream_options":{"include_usage":true, "include_obfuscation":false}})"}));

TEST(BodyEdit, DoesBothInEitherOrder) {
    EXPECT_EQ(
        edited(R"({"stream_options":{"include_usage":false},"model":"p/m"})", "m", true),
        R"({"stream_options":{"include_usage":true},"model":"m"})");
    EXPECT_EQ(
        edited(R"({"model":"p/m","stream_options":{"include_usage":false}})", "m", true),
        R"({"model":"m","stream_options":{"include_usage":true}})");
}

TEST(BodyEdit, IsNewAfterClear) {
    const Padded body{R"({"model":"m"})"};
    EditedBody out;
    edit_body(
        body.view(), *read_openai_request(Api::chat_completions, body.view()), "n", true, out);

    out.clear();

    EXPECT_EQ(out.size(), 0U);
    EXPECT_EQ(out.begin(), out.end());
}

/// Makes request bodies of every form: governed fields in any order, odd spacing, nested
/// look-alikes.
class RandomBodies {
public:
    explicit RandomBodies(unsigned seed) : random_(seed) {}

    std::string next() {
        std::vector<std::string> fields{
            key("model") + pick({R"("m")", R"("provider/m")", R"("é 漢")"})};
        const std::size_t others = number(6);
        for (std::size_t other = 0; other < others; ++other) {
            fields.push_back(key("field_" + std::to_string(other)) + value(3));
        }
        if (number(4) != 0) {
            fields.push_back(key("stream_options") + options());
        }
        std::shuffle(fields.begin(), fields.end(), random_);
        return space() + "{" + list(fields) + "}" + space();
    }

private:
    std::size_t number(std::size_t below) {
        return std::uniform_int_distribution<std::size_t>{0, below - 1}(random_);
    }
    std::string pick(const std::vector<std::string>& choices) {
        return choices[number(choices.size())];
    }
    std::string space() { return pick({"", "", " ", "\n", "\t ", "\r\n"}); }
    std::string key(const std::string& name) {
        return "\"" + name + "\"" + space() + ":" + space();
    }

    std::string list(const std::vector<std::string>& items) {
        std::string out = space();
        for (std::size_t index = 0; index < items.size(); ++index) {
            out += (index == 0 ? "" : ",") + space() + items[index] + space();
        }
        return out;
    }

    std::string options() {
        const std::string usage = key("include_usage") + pick({"true", "false", "null"});
        const std::string other =
            key("include_obfuscation") + pick({"true", "{\"include_usage\":false}", "[{}]"});
        return pick(
            {"null",
             "{" + space() + "}",
             "{" + list({usage}) + "}",
             "{" + list({other}) + "}",
             "{" + list({usage, other}) + "}",
             "{" + list({other, usage}) + "}"});
    }

    std::string value(int depth) {
        const std::size_t kind = number(depth == 0 ? 4 : 6);
        if (kind < 4) {
            return pick(
                {"null",
                 "true",
                 "-12",
                 "1.50e3",
                 "\"\"",
                 R"("a \"model\" , { } \\ \u00e9")",
                 "\"]}\""});
        }
        const std::string inner = value(depth - 1);
        return kind == 4 ? "[" + list({inner, value(depth - 1)}) + "]"
                         : "{" + list({key(pick({"model", "stream_options", "x"})) + inner}) + "}";
    }

    std::mt19937 random_;
};

TEST(BodyEdit, RandomBodiesChangeInModelAndUsageOptionOnly) {
    RandomBodies bodies{20'240'607};
    for (int round = 0; round < 3'000; ++round) {
        const std::string text = bodies.next();
        const std::string model = round % 3 == 0 ? "m" : "new \"model\"";
        const bool ask = round % 2 == 0;
        boost::json::value expected = boost::json::parse(text);
        expected.as_object()["model"] = model;
        if (ask) {
            auto& options = expected.as_object()["stream_options"];
            if (!options.is_object()) {
                options.emplace_object();
            }
            options.as_object()["include_usage"] = true;
        }

        const std::string result = edited(text, model, ask);

        ASSERT_EQ(boost::json::parse(result), expected) << text << "\n" << result;
    }
}

TEST(BodyEdit, RandomBodiesKeepTheirOtherBytesInPlace) {
    RandomBodies bodies{7};
    for (int round = 0; round < 3'000; ++round) {
        const Padded body{bodies.next()};
        EditedBody out;
        edit_body(
            body.view(),
            *read_openai_request(Api::chat_completions, body.view()),
            "new",
            true,
            out);

        const char* reached = body.view().data();
        const char* const end = reached + body.view().size();
        std::size_t kept = 0;
        for (const std::string_view part : out) {
            const bool is_callers = part.data() >= body.view().data() && part.data() < end;
            ASSERT_TRUE(!is_callers || part.data() >= reached);
            reached = is_callers ? part.data() + part.size() : reached;
            kept += is_callers ? part.size() : 0;
        }
        ASSERT_EQ(reached, end);
        ASSERT_GE(kept + 40, body.view().size()) << body.view();
    }
}

}  // namespace
}  // namespace pulse::llm
