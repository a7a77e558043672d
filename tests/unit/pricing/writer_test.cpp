#include "pricing/catalog/writer.h"

#include "pricing/catalog/import/import.h"
#include "pricing/cost/cost.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace pulse::pricing {
namespace {

/// Everything of a catalogue but its version.
void expect_same(const Catalog& a, const Catalog& b) {
    ASSERT_EQ(a.models().size(), b.models().size());
    for (std::size_t i = 0; i < a.models().size(); ++i) {
        const auto& x = a.models()[i];
        const auto& y = b.models()[i];
        ASSERT_EQ(x.provider + x.id, y.provider + y.id);
        EXPECT_EQ(x.mode, y.mode) << x.id;
        EXPECT_EQ(x.aliases, y.aliases) << x.id;
        EXPECT_EQ(x.listed_as, y.listed_as) << x.id;
        EXPECT_EQ(x.context_tokens, y.context_tokens) << x.id;
        EXPECT_EQ(x.output_tokens_max, y.output_tokens_max) << x.id;
        EXPECT_EQ(x.match == nullptr, y.match == nullptr) << x.id;
        EXPECT_EQ(x.prices, y.prices) << x.id;
    }
    ASSERT_EQ(a.providers().size(), b.providers().size());
    for (std::size_t i = 0; i < a.providers().size(); ++i) {
        EXPECT_EQ(a.providers()[i].id, b.providers()[i].id);
        EXPECT_EQ(a.providers()[i].aliases, b.providers()[i].aliases);
        EXPECT_EQ(a.providers()[i].fallback, b.providers()[i].fallback);
    }
}

TEST(Writer, WritesWhatTheReaderReads) {
    const auto catalog = Catalog::builtin();

    const auto text = write_catalog(*catalog, "v2", "2026-08-01");
    const auto read = Catalog::parse(text);

    ASSERT_TRUE(read.has_value()) << read.error().detail();
    EXPECT_EQ((*read)->version(), "v2");
    expect_same(*catalog, **read);
    EXPECT_EQ(write_catalog(**read, "v2", "2026-08-01"), text);
}

TEST(Writer, WritesImportedCataloguesWhole) {
    for (const auto& [format, name] :
         {std::pair{CatalogFormat::genai, "genai-prices-0.1.8.json"},
          std::pair{CatalogFormat::litellm, "litellm-2026-08-01.json"}}) {
        std::ifstream file{std::string{PULSE_FIXTURES_DIR} + "/pricing/" + name};
        std::ostringstream text;
        text << file.rdbuf();
        if (!file) {
            GTEST_SKIP() << "no catalogues in " PULSE_FIXTURES_DIR;
        }
        const auto imported = import_catalog(format, text.str());
        ASSERT_TRUE(imported.has_value());

        const auto read = Catalog::parse(write_catalog(*imported->catalog));

        ASSERT_TRUE(read.has_value()) << read.error().detail();
        expect_same(*imported->catalog, **read);
    }
}

TEST(Writer, NamesEqualContentEqually) {
    const auto catalog = Catalog::builtin();
    const auto name = [](const std::string& text) {
        return (*Catalog::parse(text))->version();
    };

    const auto version = name(write_catalog(*catalog, {}, "2026-08-01"));

    EXPECT_EQ(version, name(write_catalog(*catalog, {}, "2026-08-01")));
    EXPECT_TRUE(version.starts_with("2026-08-01-")) << version;
    EXPECT_TRUE(name(write_catalog(*catalog)).starts_with("catalogue-"));
    auto models = catalog->models();
    models.resize(10);
    const auto fewer = Catalog::make(
        {.version = "v",
         .sources = catalog->sources(),
         .providers = catalog->providers(),
         .models = models});
    EXPECT_NE(version, name(write_catalog(*fewer, {}, "2026-08-01")));
}

TEST(Writer, MarksAFileThatIsChangedLater) {
    auto text = write_catalog(*Catalog::builtin(), "v", "2026-08-01");
    const auto at = text.find("\"amount_pico\": ") + 15;
    text[at] = text[at] == '1' ? '2' : '1';

    const auto read = Catalog::parse(text);

    ASSERT_FALSE(read.has_value());
    EXPECT_NE(read.error().detail().find("sha256"), std::string::npos);
}

TEST(Writer, WritesTimes) {
    const TimePoint day{std::chrono::sys_days{std::chrono::year{2026} / 8 / 1}};

    EXPECT_EQ(time_text(day), "2026-08-01");
    EXPECT_EQ(time_text(day + std::chrono::seconds{45'015}), "2026-08-01T12:30:15Z");
}

}  // namespace
}  // namespace pulse::pricing
