#include "base/settings/settings_table.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace pulse {
namespace {

using namespace std::chrono_literals;

struct Dish {
    std::string name;
    SettingsPlace place;
    std::string taste = "plain";
    std::int64_t price = 5;
};

struct Guest {
    SettingsPlace place;
    std::string who;
};

struct Kitchen {
    std::chrono::milliseconds wait{10'000};
    std::string secret;
    bool open = true;
    std::vector<std::string> tags{"a", "b c"};
    std::vector<std::pair<std::string, std::string>> labels;
    std::vector<Dish> dishes;
    std::vector<Guest> guests;
    SettingsPlace notes;
};

[[nodiscard]] SettingsTable<Kitchen> kitchen_table() {
    SettingsTable<Dish> dish;
    dish.value(
        "taste",
        [](auto& d) -> auto& { return d.taste; },
        text_setting({1, 20}),
        {.doc = "How it tastes."});
    dish.value(
        "price",
        [](auto& d) -> auto& { return d.price; },
        count_setting({0, 99}),
        {.doc = "What it costs."});

    SettingsTable<Guest> guest;
    guest.value(
        "who",
        [](auto& g) -> auto& { return g.who; },
        text_setting({1, 20}),
        {.doc = "The guest's name.", .required = true});

    SettingsTable<Kitchen> inner;
    inner.value(
        "wait",
        [](auto& k) -> auto& { return k.wait; },
        duration_setting({1s, 1h}),
        {.doc = "The longest wait.", .needs_restart = true});
    inner.value(
        "secret",
        [](auto& k) -> auto& { return k.secret; },
        text_setting({0, 20}),
        {.doc = "The recipe.", .secret = true});
    inner.value(
        "open", [](auto& k) -> auto& { return k.open; }, switch_setting(), {.doc = "Open at all?"});
    inner.list(
        "tags",
        [](auto& k) -> auto& { return k.tags; },
        text_setting({1, 20}),
        {.doc = "Some words."});
    inner.pairs(
        "labels",
        [](auto& k) -> auto& { return k.labels; },
        text_setting({0, 20}),
        {.doc = "Labels."});

    SettingsTable<Kitchen> table;
    table.group("kitchen", inner, {.doc = "The room."});
    table.entries(
        "dishes", [](auto& k) -> auto& { return k.dishes; }, dish, {.doc = "What there is."});
    table.items("guests", [](auto& k) -> auto& { return k.guests; }, guest, {.doc = "Who comes."});
    table.part("notes", [](auto& k) -> auto& { return k.notes; }, "free map", {.doc = "Anything."});
    return table;
}

struct Read {
    Kitchen kitchen;
    std::string error;
};

[[nodiscard]] Read read(std::string_view text, const std::filesystem::path& directory = {}) {
    SettingsReader reader({.file_name = "k.yaml", .directory = directory, .environment = nullptr});
    const SettingsNode root = parse_settings(text, reader.source(), reader.problems());
    Read result;
    kitchen_table().read(reader, {&root, 1, ""}, result.kitchen);
    result.error = reader.error() ? reader.error()->detail() : "";
    return result;
}

TEST(SettingsTable, KeepsTheStructsDefaultsForWhatIsNotWritten) {
    const Read nothing = read("");

    EXPECT_EQ(nothing.error, "");
    EXPECT_EQ(nothing.kitchen.wait, 10s);
    EXPECT_EQ(nothing.kitchen.tags, (std::vector<std::string>{"a", "b c"}));
}

TEST(SettingsTable, FillsEveryKindOfRow) {
    const Read all = read(
        "kitchen: { wait: 2m, open: false, tags: [x], labels: { k: v, l: w } }\n"
        "dishes:\n  soup: { taste: hot, price: 7 }\n  bread:\n"
        "guests:\n  - who: Ann\n  - { who: Bob }\n"
        "notes: { any: thing }\n");

    EXPECT_EQ(all.error, "");
    EXPECT_EQ(all.kitchen.wait, 2min);
    EXPECT_FALSE(all.kitchen.open);
    EXPECT_EQ(all.kitchen.tags, std::vector<std::string>{"x"});
    EXPECT_EQ(all.kitchen.labels[1].second, "w");
    ASSERT_EQ(all.kitchen.dishes.size(), 2U);
    EXPECT_EQ(all.kitchen.dishes[0].name, "soup");
    EXPECT_EQ(all.kitchen.dishes[0].price, 7);
    EXPECT_EQ(all.kitchen.dishes[1].name, "bread");
    EXPECT_EQ(all.kitchen.dishes[1].taste, "plain");
    EXPECT_EQ(all.kitchen.dishes[1].place.line, 4);
    ASSERT_EQ(all.kitchen.guests.size(), 2U);
    EXPECT_EQ(all.kitchen.guests[1].who, "Bob");
    EXPECT_EQ(all.kitchen.notes.path, "notes");
}

TEST(SettingsTable, RefusesAnUnknownKeyAndNamesTheNearest) {
    EXPECT_EQ(
        read("kitchen:\n  wiat: 1s\n").error,
        "k.yaml:2: key `kitchen.wiat`: is not known; did you mean `wait`?; allowed here: wait, "
        "secret, open, "
        "tags, labels");
    EXPECT_EQ(
        read("cellar: 1\n").error,
        "k.yaml:1: key `cellar`: is not known; allowed here: kitchen, dishes, guests, notes");
}

TEST(SettingsTable, ReportsEverythingThatIsWrongInTheFilesOrder) {
    EXPECT_EQ(
        read("guests:\n  - {}\n  - ~\nkitchen:\n  wait: soon\n  open: [true]\n  tags: x\n  labels: "
             "[y]\n"
             "dishes:\n  soup: 3\n  stew: { price: 100 }\n")
            .error,
        "k.yaml:2: key `guests[0].who`: is missing; it is text\n"
        "k.yaml:3: key `guests[1].who`: is missing; it is text\n"
        "k.yaml:5: key `kitchen.wait`: is no duration; allowed are a whole number and ms, s, m, h, "
        "d, w or mo, such as 30s\n"
        "k.yaml:6: key `kitchen.open`: is a list or map; one value is allowed\n"
        "k.yaml:7: key `kitchen.tags`: is no list; allowed is one such as [a, b]\n"
        "k.yaml:8: key `kitchen.labels`: is no map; allowed is one such as { key: value }\n"
        "k.yaml:10: key `dishes.soup`: is no map; allowed is one such as { key: value }\n"
        "k.yaml:11: key `dishes.stew.price`: is out of bounds; allowed is 0 to 99");
}

TEST(SettingsTable, BoundsHowMuchItReports) {
    std::string text = "kitchen:\n";
    for (int i = 0; i < 200; ++i) {
        text += "  unknown" + std::to_string(i) + ": 1\n";
    }

    EXPECT_TRUE(read(text).error.ends_with("\n… and 150 more"));
}

TEST(SettingsTable, SaysWhichVariableIsNotSet) {
    EXPECT_EQ(
        read("kitchen: { wait: \"${WAIT}\" }\n").error,
        "k.yaml:1: key `kitchen.wait`: is no duration; allowed are a whole number and ms, s, m, h, "
        "d, w or mo, such as "
        "30s (not set in the environment: WAIT)");
}

TEST(SettingsTable, NeverRepeatsASecretInAnError) {
    const std::string error = read("kitchen: { secret: much-too-long-for-a-secret }\n").error;

    EXPECT_EQ(error, "k.yaml:1: key `kitchen.secret`: has 26 bytes; allowed are 0 to 20");
}

TEST(SettingsTable, ReadsASecretFromAFileBesideTheConfiguration) {
    const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "pulse_secret";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "recipe") << "salt\r\n";
    std::ofstream(folder / "two") << "salt\n\n";

    EXPECT_EQ(read("kitchen: { secret: 'file:recipe' }", folder).kitchen.secret, "salt");
    EXPECT_EQ(
        read("kitchen: { secret: 'file:" + (folder / "recipe").string() + "' }").kitchen.secret,
        "salt");
    EXPECT_EQ(
        read("kitchen: { secret: 'file:two' }", folder).error,
        "k.yaml:1: key `kitchen.secret`: holds a control character; allowed is one line of text");
    EXPECT_EQ(
        read("\nkitchen:\n  secret: file:none\n", folder).error,
        "k.yaml:3: key `kitchen.secret`: cannot read " + (folder / "none").string() +
            ": No such file or directory");
}

TEST(SettingsTable, KeepsOneLinePerProblemWhateverAKeyHolds) {
    const std::string error = read("\"a\\nb\\x1b\": 1\n").error;

    EXPECT_EQ(error.find('\n'), std::string::npos);
    EXPECT_EQ(error.find('\x1b'), std::string::npos);
}

TEST(SettingsYaml, ShowsEverySettingWithItsDefaultAndNoSecret) {
    Kitchen kitchen;
    kitchen.secret = "salt";
    std::vector<SettingDoc> docs;
    kitchen_table().describe(SettingDoc{}, kitchen, docs);

    EXPECT_EQ(settings_yaml(docs), R"(# The room.
kitchen:
  # The longest wait. Needs a restart. (duration, 1s to 1h)
  wait: 10s
  # The recipe. Secret: may be file:PATH. (text)
  secret: ""
  # Open at all? (true | false)
  open: true
  # Some words. (list of text)
  tags: [a, "b c"]
  # Labels. (map of text)
  labels: {}

# What there is.
#dishes:
#  NAME:
#    # How it tastes. (text)
#    taste: plain
#    # What it costs. (number, 0 to 99)
#    price: 5

# Who comes.
#guests:
#  -
#    # The guest's name. Needed. (text)
#    who: ""

# Anything. (free map)
notes: {}
)");
}

TEST(SettingsYaml, ReadsBackAsTheDefaults) {
    const Read back = read(settings_yaml(kitchen_table().describe()));

    EXPECT_EQ(back.error, "");
    EXPECT_EQ(back.kitchen.wait, 10s);
    EXPECT_EQ(back.kitchen.tags, (std::vector<std::string>{"a", "b c"}));
    EXPECT_TRUE(back.kitchen.open);
}

TEST(SettingsYaml, QuotesWhatWouldBeReadAsSomethingElse) {
    EXPECT_EQ(yaml_scalar("127.0.0.1:8080"), "127.0.0.1:8080");
    EXPECT_EQ(yaml_scalar(""), R"("")");
    EXPECT_EQ(yaml_scalar("a: b"), R"("a: b")");
    EXPECT_EQ(yaml_scalar("*"), R"("*")");
    EXPECT_EQ(yaml_scalar("-x"), R"("-x")");
    EXPECT_EQ(yaml_scalar("null"), R"("null")");
}

TEST(SettingsMarkdown, IsATablePerSection) {
    const std::string text = settings_markdown(kitchen_table().describe());

    EXPECT_NE(
        text.find("## `kitchen`\n\nThe room.\n\n| setting | type | default | meaning |\n"),
        std::string::npos);
    EXPECT_NE(
        text.find("| `kitchen.wait` | duration, 1s to 1h | `10s` | The longest wait. Needs a "
                  "restart. |\n"),
        std::string::npos);
    EXPECT_NE(
        text.find("| `kitchen.open` | true \\| false | `true` | Open at all? |\n"),
        std::string::npos);
    EXPECT_NE(
        text.find("| `guests[].who` | text |  | The guest's name. Needed. |\n"), std::string::npos);
}

TEST(NearestWord, IsFoundForTyposAndNotForOtherWords) {
    const std::vector<std::string_view> known{"listen", "threads", "max_body"};

    EXPECT_EQ(nearest_word("lisen", known), "listen");
    EXPECT_EQ(nearest_word("thraeds", known), "threads");
    EXPECT_EQ(nearest_word("maxbody", known), "max_body");
    EXPECT_EQ(nearest_word("colour", known), "");
    EXPECT_EQ(nearest_word(std::string(10'000, 'x'), known), "");
}

}  // namespace
}  // namespace pulse
