// Host tool of the build: makes the tables of detail/vocabulary_format.h from a file of ranks.
// Usage: make_vocabulary ENCODING RANKS OUTPUT

#include "pricing/tokens/detail/vocabulary_format.h"
#include "pricing/tokens/gen/merges.h"
#include "pricing/tokens/gen/perfect_table.h"
#include "pricing/tokens/gen/rank_file.h"
#include "pricing/tokens/gen/trie.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <vector>

namespace {

using namespace pulse::pricing::detail;
using namespace pulse::pricing::gen;

/// Of the files that the encodings are defined by. Source: openai/tiktoken,
/// tiktoken_ext/openai_public.py, `expected_hash`.
std::string sha256_of_ranks(std::string_view encoding) {
    if (encoding == "o200k_base") {
        return "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d";
    }
    if (encoding == "cl100k_base") {
        return "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7";
    }
    if (encoding == "p50k_base") {
        return "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069";
    }
    give_up("unknown encoding " + std::string{encoding});
}

struct Keys {
    std::vector<std::uint64_t> of_short;
    std::vector<PieceKey> of_medium;
};

Keys keys_of(const Tokens& tokens) {
    Keys keys;
    for (const auto& token : tokens) {
        const auto key = key_of_piece(token.data(), token.size(), token.size());
        if (key.high != 0) {
            keys.of_medium.push_back(key);
        } else if (key.low != 0) {
            keys.of_short.push_back(key.low);
        }
    }
    return keys;
}

struct Pairs {
    std::vector<std::uint64_t> slots;
    std::vector<TokenId> of_bytes = std::vector<TokenId>(kByteTokens * kByteTokens, kNoToken);
};

Pairs pairs_of(const std::vector<Split>& splits) {
    Pairs pairs;
    for (TokenId id = kByteTokens; id < splits.size(); ++id) {
        const auto left = splits[id].left;
        const auto right = splits[id].right;
        if (left == id) {
            continue;  // a hole
        }
        if (left < kByteTokens && right < kByteTokens) {
            pairs.of_bytes[left * kByteTokens + right] = id;
        } else {
            pairs.slots.push_back(pair_key(left, right) << kPairIdBits | id);
        }
    }
    return pairs;
}

class Output {
public:
    explicit Output(const std::string& path) : file_(path, std::ios::binary) {}

    void write(const void* bytes, std::size_t size) {
        file_.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
        constexpr char kZeros[kSectionAlignment] = {};
        const auto padding = (kSectionAlignment - size % kSectionAlignment) % kSectionAlignment;
        file_.write(kZeros, static_cast<std::streamsize>(padding));
    }
    template <class T>
    void write(const std::vector<T>& items) {
        write(items.data(), items.size() * sizeof(T));
    }
    [[nodiscard]] bool finish() { return static_cast<bool>(file_.flush()); }

private:
    std::ofstream file_;
};

template <class Slot>
void write_table(Output& output, const PerfectTable<Slot>& table) {
    output.write(table.buckets);
    output.write(table.slots);
}

template <class T>
std::uint32_t size32(const std::vector<T>& items) {
    return static_cast<std::uint32_t>(items.size());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        give_up("usage: make_vocabulary ENCODING RANKS OUTPUT");
    }
    const auto tokens = read_rank_file(argv[2], sha256_of_ranks(argv[1]));
    const auto splits = last_merges(tokens);
    const auto trie = make_trie(tokens);
    const auto prefixes = prefixes_of(tokens, trie);
    const auto keys = keys_of(tokens);
    const auto short_keys =
        make_table(keys.of_short, [](std::uint64_t key) { return hash_of(key); });
    const auto medium_keys = make_table(keys.of_medium, [](PieceKey key) { return hash_of(key); });
    const auto pairs = pairs_of(splits);
    const auto pair_table =
        make_table(pairs.slots, [](std::uint64_t slot) { return hash_of(slot >> kPairIdBits); });

    VocabularyHeader header;
    header.tokens = size32(tokens);
    header.short_keys = short_keys.size;
    header.medium_keys = medium_keys.size;
    header.pairs = pair_table.size;
    header.trie_units = size32(trie.units);
    header.trie_root = trie.root;
    for (TokenId id = 0; id < kByteTokens; ++id) {
        header.bytes[id] = static_cast<std::uint8_t>(tokens[id].front());
    }

    Output output{argv[3]};
    output.write(&header, sizeof header);
    write_table(output, short_keys);
    write_table(output, medium_keys);
    write_table(output, pair_table);
    output.write(trie.units);
    output.write(pairs.of_bytes);
    output.write(splits);
    output.write(prefixes);
    if (!output.finish()) {
        give_up(std::string{"cannot write "} + argv[3]);
    }
    return 0;
}
