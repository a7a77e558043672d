#include "tests/golden/recorded_exchange.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace pulse::app {
namespace {

RecordedExchange read_exchange(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    const auto exchange = boost::json::parse(std::string{std::istreambuf_iterator<char>{file}, {}});
    const auto answer = parse_exchange(exchange);
    if (!answer) {
        throw std::runtime_error(path.string() + ": " + answer.error().detail());
    }
    return {path.stem().string(), *answer, exchange.at("expected").as_object()};
}

}  // namespace

const std::vector<RecordedExchange>& recorded_exchanges() {
    static const std::vector<RecordedExchange> exchanges = [] {
        std::vector<RecordedExchange> all;
        const auto folder = std::filesystem::path{PULSE_FIXTURES_DIR} / "providers";
        std::error_code absent;
        for (const auto& entry : std::filesystem::directory_iterator{folder, absent}) {
            if (entry.path().extension() == ".json" && entry.path().stem() != "MANIFEST") {
                all.push_back(read_exchange(entry.path()));
            }
        }
        std::sort(all.begin(), all.end(), [](const auto& one, const auto& other) {
            return one.name < other.name;
        });
        return all;
    }();
    return exchanges;
}

}  // namespace pulse::app
