// Runs a fuzz target without libFuzzer: every seed of a directory, and mutations of it that are the
// same on every run. Usage: fuzz_<name> <corpus directory>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kRunsMax = 20'000;      // of one target: a second or two with sanitizers
constexpr std::size_t kMutationsMax = 2'000;  // of one seed
constexpr std::size_t kBytesMax = 256 * 1024;

class Mutator {
public:
    /// One to four small changes: of the kind that parsers have been split by.
    [[nodiscard]] std::string mutate(std::string input) {
        for (std::size_t left = 1 + below(4); left > 0; --left) {
            change(input);
        }
        return input;
    }

private:
    [[nodiscard]] std::size_t below(std::size_t bound) {
        return bound == 0 ? 0 : random_() % bound;
    }

    [[nodiscard]] char telling_byte() {
        static constexpr char kTelling[] = "\r\n\t :;,\0\x7f\xff{}[]\"\\09aF-+.e";
        return below(2) == 0 ? kTelling[below(sizeof kTelling)] : static_cast<char>(below(256));
    }

    void change(std::string& input) {
        const std::size_t at = below(input.size());
        switch (below(6)) {
            case 0:
                input.insert(at, 1, telling_byte());
                break;
            case 1:
                input.erase(at, 1 + below(8));
                break;
            case 2:
                input.resize(at);
                break;
            case 3:
                input.insert(at, input.substr(below(input.size()), 1 + below(64)));
                break;
            case 4:
                input.append(input.substr(at));
                break;
            default:
                if (!input.empty()) {
                    input[at] = telling_byte();
                }
        }
    }

    std::mt19937 random_{20260101};  // NOLINT(cert-msc51-cpp): the same inputs on every run
};

void run(const std::string& input) {
    (void)LLVMFuzzerTestOneInput(
        reinterpret_cast<const std::uint8_t*>(input.data()), std::min(input.size(), kBytesMax));
}

[[nodiscard]] std::vector<std::string> read_seeds(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator{directory}) {
        paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());  // the order of a directory is nobody's promise
    std::vector<std::string> seeds;
    for (const auto& path : paths) {
        std::ifstream file{path, std::ios::binary};
        seeds.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
    }
    return seeds;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2 || !std::filesystem::is_directory(argv[1])) {
        std::fprintf(stderr, "usage: %s <corpus directory>\n", argv[0]);
        return 2;
    }
    const std::vector<std::string> seeds = read_seeds(argv[1]);
    if (seeds.empty()) {
        std::fprintf(stderr, "no seeds in %s\n", argv[1]);
        return 2;
    }
    Mutator mutator;
    const std::size_t mutations = std::min(kMutationsMax, kRunsMax / seeds.size());
    run({});
    for (const std::string& seed : seeds) {
        run(seed);
        for (std::size_t i = 0; i < mutations; ++i) {
            run(mutator.mutate(seed));
        }
    }
    std::printf("%zu seeds, %zu mutations of each\n", seeds.size(), mutations);
    return 0;
}
