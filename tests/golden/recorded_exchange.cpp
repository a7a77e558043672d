#include "tests/golden/recorded_exchange.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace pulse::llm {
namespace {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<RecordedExchange> read_exchanges(const std::filesystem::path& folder) {
    std::vector<RecordedExchange> exchanges;
    if (!std::filesystem::is_directory(folder)) {
        return exchanges;
    }
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        const std::string name = entry.path().stem().string();
        const bool is_wanted = name.find("__chat.completions__") != std::string::npos ||
                               name.find("__completions__") != std::string::npos ||
                               name.find("__embeddings__") != std::string::npos;
        if (!is_wanted) {
            continue;
        }
        const auto file = boost::json::parse(read_file(entry.path())).as_object();
        const auto& response = file.at("response").as_object();
        const auto* body = response.if_contains("body_text");
        if (body == nullptr || !body->is_string()) {
            continue;
        }
        exchanges.push_back(
            {.name = name,
             .provider = std::string{file.at("provider").as_string()},
             .api = std::string{file.at("api").as_string()},
             .body = std::string{body->as_string()},
             .is_stream = response.at("framing").as_string() == "sse",
             .expected = file.at("expected").as_object()});
    }
    std::sort(exchanges.begin(), exchanges.end(), [](const auto& a, const auto& b) {
        return a.name < b.name;
    });
    return exchanges;
}

}  // namespace

const std::vector<RecordedExchange>& recorded_openai_exchanges() {
    static const std::vector<RecordedExchange> exchanges =
        read_exchanges(std::filesystem::path{PULSE_FIXTURES_DIR} / "providers");
    return exchanges;
}

}  // namespace pulse::llm
