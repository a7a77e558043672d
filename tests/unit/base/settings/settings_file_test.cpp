#include "base/settings/settings_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace pulse {
namespace {

[[nodiscard]] std::optional<std::string> lookup(std::string_view name) {
    if (name == "NAME") {
        return "value";
    }
    if (name == "EMPTY") {
        return "";
    }
    if (name == "HOSTILE") {
        return "a: [b\n\"c${NAME}";
    }
    return std::nullopt;
}

struct Parsed {
    SettingsNode root;
    std::vector<std::string> problems;

    [[nodiscard]] const SettingsNode& at(std::string_view key) const {
        return root.find(key)->value;
    }
};

[[nodiscard]] Parsed parse(std::string_view text) {
    const SettingsSource source{.file_name = "p.yaml", .directory = {}, .environment = &lookup};
    std::vector<SettingsProblem> problems;
    Parsed parsed;
    parsed.root = parse_settings(text, source, problems);
    for (const SettingsProblem& problem : problems) {
        parsed.problems.push_back(problem.text("p.yaml"));
    }
    return parsed;
}

[[nodiscard]] std::string first_problem(std::string_view text) {
    const Parsed parsed = parse(text);
    return parsed.problems.empty() ? "" : parsed.problems.front();
}

[[nodiscard]] bool mentions(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(SettingsFile, KeepsKeysValuesAndLines) {
    const Parsed parsed = parse("a: 1\nb:\n  - x\n  - 'y'\nc: { d: e }\n");

    EXPECT_EQ(parsed.problems, std::vector<std::string>{});
    ASSERT_EQ(parsed.root.entries.size(), 3U);
    EXPECT_EQ(parsed.at("a").text, "1");
    EXPECT_EQ(parsed.root.find("b")->line, 2);
    EXPECT_EQ(parsed.at("b").items[1].text, "y");
    EXPECT_EQ(parsed.at("b").items[1].line, 4);
    EXPECT_TRUE(parsed.at("b").items[1].quoted);
    EXPECT_FALSE(parsed.at("b").items[0].quoted);
    EXPECT_EQ(parsed.at("c").find("d")->value.text, "e");
}

TEST(SettingsFile, IsEmptyForNothingAndForCommentsAlone) {
    EXPECT_TRUE(parse("").root.entries.empty());
    EXPECT_TRUE(parse("# only a comment\n").root.entries.empty());
    EXPECT_TRUE(parse("---\n").problems.empty());
}

TEST(SettingsFile, ReadsNothingBehindAKeyAsBlank) {
    const Parsed parsed = parse("a:\nb: ~\nc: ''\n");

    EXPECT_TRUE(parsed.at("a").is_blank());
    EXPECT_TRUE(parsed.at("b").is_blank());
    EXPECT_FALSE(parsed.at("c").is_blank());
}

TEST(SettingsVariables, AreReplacedInValuesAlsoInsideFlowMaps) {
    const Parsed parsed =
        parse("a: ${NAME}\nb: { c: ${NAME}, d: \"x-${NAME}-y\" }\ne: [${NAME}, '${NAME}']\n");

    EXPECT_EQ(parsed.problems, std::vector<std::string>{});
    EXPECT_EQ(parsed.at("a").text, "value");
    EXPECT_EQ(parsed.at("b").find("c")->value.text, "value");
    EXPECT_EQ(parsed.at("b").find("d")->value.text, "x-value-y");
    EXPECT_EQ(parsed.at("e").items[1].text, "value");
}

TEST(SettingsVariables, HaveDefaultsForUnsetAndEmptyOnes) {
    const Parsed parsed = parse(
        "a: ${UNSET:-http://h:1/v1}\nb: ${EMPTY:-x}\nc: ${NAME:-x}\nd: ${UNSET:-}\ne: ${EMPTY}\nf: "
        "${UNSET}");

    EXPECT_EQ(parsed.at("a").text, "http://h:1/v1");
    EXPECT_EQ(parsed.at("b").text, "x");
    EXPECT_EQ(parsed.at("c").text, "value");
    EXPECT_EQ(parsed.at("d").text, "");
    EXPECT_EQ(parsed.at("d").unset_variables, "");
    EXPECT_EQ(parsed.at("e").text, "");
    EXPECT_EQ(parsed.at("f").text, "");
    EXPECT_EQ(parsed.at("f").unset_variables, "UNSET");
}

TEST(SettingsVariables, AreNeverReadAsYamlOrExpandedTwice) {
    const Parsed parsed = parse("a: ${HOSTILE}\nb: 2\n");

    EXPECT_EQ(parsed.problems, std::vector<std::string>{});
    EXPECT_EQ(parsed.at("a").text, "a: [b\n\"c${NAME}");
    EXPECT_EQ(parsed.at("b").text, "2");
}

TEST(SettingsVariables, CanBeEscaped) {
    EXPECT_EQ(parse("a: $${NAME}").at("a").text, "${NAME}");
    EXPECT_EQ(parse("a: cost$5 $NAME").at("a").text, "cost$5 $NAME");
}

TEST(SettingsVariables, AreRefusedWhenMalformed) {
    EXPECT_EQ(
        first_problem("x: 1\na:\n  b: \"${1X}\"\n"),
        "p.yaml:3: key `a.b`: holds a `${` that is no variable; allowed are `${NAME}` and "
        "`${NAME:-default}`, and `$${` for a literal `${`");
    EXPECT_TRUE(mentions(first_problem("a: '${NAME'"), "no variable"));
    EXPECT_TRUE(mentions(first_problem("a: '${NAME-x}'"), "no variable"));
    EXPECT_EQ(first_problem("# ${ in a comment is nobody's business"), "");
    EXPECT_TRUE(mentions(first_problem("a: \xee\x80\x80"), "reserved"));
}

TEST(SettingsVariables, StayAsWrittenInKeys) {
    EXPECT_EQ(parse("${NAME}: 1").root.entries[0].key, "${NAME}");
}

TEST(SettingsVariables, CannotBeForgedByEscapesOfYaml) {
    EXPECT_EQ(parse("a: \"\\uE0000\\uE001\"\n").at("a").text, "\xee\x80\x81");
}

TEST(SettingsFile, RefusesDuplicateKeysWithBothLines) {
    EXPECT_EQ(
        first_problem("a:\n  b: 1\n  c: 2\n  b: 3\n"),
        "p.yaml:4: key `a.b`: appears twice, first in line 2; write it once");
}

TEST(SettingsFile, RefusesWhatIsNoMapOfText) {
    EXPECT_EQ(first_problem("- a\n"), "p.yaml:1: must be a map of sections, such as `gateway:`");
    EXPECT_TRUE(mentions(first_problem("word"), "must be a map"));
    EXPECT_TRUE(mentions(first_problem("? [a]\n: b\n"), "a key must be text"));
    EXPECT_TRUE(mentions(
        first_problem("a: 1\n---\nb: 2\n"), "p.yaml:2: cannot be read as YAML: a second document"));
    EXPECT_TRUE(
        mentions(first_problem("a: &x 1\nb: *x\n"), "p.yaml:1: cannot be read as YAML: anchors"));
}

TEST(SettingsFile, NamesTheLineOfASyntaxError) {
    EXPECT_TRUE(
        first_problem("a: 1\nb: [1, 2\n").starts_with("p.yaml:3: cannot be read as YAML: "));
    EXPECT_TRUE(first_problem("a: 1\n\tb: 2\n").starts_with("p.yaml:2: cannot be read as YAML: "));
}

TEST(SettingsFile, RefusesDeepNesting) {
    EXPECT_TRUE(mentions(
        first_problem("a: " + std::string(40, '[') + std::string(40, ']')),
        "nested deeper than 32 levels"));
    EXPECT_FALSE(first_problem(std::string(500'000, '[')).empty());
    EXPECT_FALSE(first_problem(std::string(500'000, '{')).empty());
}

TEST(SettingsFile, RefusesTooManyValuesAndTooManyBytes) {
    std::string list = "a: [";
    for (int i = 0; i < 30'000; ++i) {
        list += "1,";
    }
    EXPECT_TRUE(mentions(first_problem(list + "]"), "more than 20000 values"));

    std::string map;
    for (int i = 0; i < 3'000; ++i) {
        map += "k" + std::to_string(i) + ": 1\n";
    }
    EXPECT_EQ(
        first_problem(map), "p.yaml:2001: cannot be read as YAML: more than 2000 keys in one map");

    EXPECT_EQ(
        first_problem(std::string((1 << 20) + 1, ' ')), "p.yaml:1: the file is larger than 1 MiB");
}

TEST(ReadSettingsFile, SaysWhatIsWrongWithAFile) {
    const std::filesystem::path folder =
        std::filesystem::path(testing::TempDir()) / "pulse_settings_file";
    std::filesystem::create_directories(folder);
    const std::filesystem::path file = folder / "a.yaml";
    std::ofstream(file) << "a: 1\n";

    EXPECT_EQ(read_settings_file(file).value(), "a: 1\n");
    EXPECT_EQ(
        read_settings_file(file, 3).error().detail(),
        "cannot read " + file.string() + ": it is larger than 3 bytes");
    EXPECT_EQ(
        read_settings_file(folder / "none").error().detail(),
        "cannot read " + (folder / "none").string() + ": No such file or directory");
    EXPECT_EQ(
        read_settings_file(folder).error().detail(),
        "cannot read " + folder.string() + ": it is a directory");
}

}  // namespace
}  // namespace pulse
