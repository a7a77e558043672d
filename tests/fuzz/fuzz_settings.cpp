#include "app/config/config.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace {

[[nodiscard]] std::optional<std::string> lookup(std::string_view name) {
    return name == "NAME" ? std::optional<std::string>("va}lue: [") : std::nullopt;
}

}  // namespace

/// Any bytes as a configuration file: an answer or an error of class `configuration`, within
/// bounds. `file:PATH` is left out: it would read this machine's files.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    if (text.find("file:") != std::string::npos) {
        return 0;
    }
    const auto config = pulse::app::parse_config(text, "fuzz.yaml", &lookup);
    if (!config &&
        (config.error().code() != pulse::Errc::configuration || config.error().detail().empty())) {
        __builtin_trap();
    }
    return 0;
}
