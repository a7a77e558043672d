#include "base/assert.h"
#include "pricing/catalog/import/import.h"
#include "pricing/catalog/writer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// Whatever a reader takes for a catalogue keeps the bounds of prices, finds its own names, and is
/// written as a document that reads back to the same text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pulse::pricing;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    for (const auto format : {CatalogFormat::pulse, CatalogFormat::genai, CatalogFormat::litellm}) {
        const auto imported = import_catalog(format, text, {.version = "v", .ref = "r"});
        if (!imported) {
            continue;
        }
        const auto& report = imported->report;
        PULSE_ASSERT(report.exact <= report.prices);
        for (const auto& model : imported->catalog->models()) {
            PULSE_ASSERT(std::ranges::all_of(model.prices, in_bounds));
            const auto found = imported->catalog->find(model.provider, model.id);
            PULSE_ASSERT(model.prices.empty() || found.model != nullptr);
        }
        const auto written = write_catalog(*imported->catalog, "v");
        if (const auto again = Catalog::parse(written)) {
            PULSE_ASSERT(write_catalog(**again, "v") == written);
        } else {
            // Names of upstream's that are no names of ours: the reader says so.
            PULSE_ASSERT(!again.error().detail().empty());
        }
    }
    return 0;
}
