#include "pricing/tokens/gen/merges.h"

#include <string_view>
#include <unordered_map>

namespace pulse::pricing::gen {
namespace {

using detail::kNoToken;
using detail::Split;
using detail::TokenId;

using Ids = std::unordered_map<std::string_view, TokenId>;

struct Part {
    std::size_t begin;
    TokenId id;
};

/// Byte-pair encoding as it is defined: merge the neighbours of lowest rank, the leftmost first,
/// until none are in the vocabulary. The result's last merge, if it ends in one token.
Split last_merge(const Ids& ids, std::string_view token) {
    std::vector<Part> parts;
    for (std::size_t i = 0; i < token.size(); ++i) {
        parts.push_back({i, ids.at(token.substr(i, 1))});
    }
    Split last{kNoToken, kNoToken};
    while (parts.size() > 1) {
        TokenId lowest = kNoToken;
        std::size_t at = 0;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
            const auto end = i + 2 < parts.size() ? parts[i + 2].begin : token.size();
            const auto found = ids.find(token.substr(parts[i].begin, end - parts[i].begin));
            if (found != ids.end() && found->second < lowest) {
                lowest = found->second;
                at = i;
            }
        }
        if (lowest == kNoToken) {
            return {kNoToken, kNoToken};
        }
        last = {parts[at].id, parts[at + 1].id};
        parts[at].id = lowest;
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
    return last;
}

}  // namespace

std::vector<Split> last_merges(const Tokens& tokens) {
    Ids ids;
    for (TokenId id = 0; id < tokens.size(); ++id) {
        if (!tokens[id].empty() && !ids.emplace(tokens[id], id).second) {
            give_up("two tokens have the same bytes");
        }
        if ((id < detail::kByteTokens) != (tokens[id].size() == 1)) {
            give_up("the single bytes are not the ids 0 to 255");
        }
    }
    std::vector<Split> splits(tokens.size(), Split{0, 0});
    for (TokenId id = 0; id < tokens.size(); ++id) {
        if (tokens[id].size() < 2) {  // a byte or a hole
            splits[id] = {id, id};
            continue;
        }
        splits[id] = last_merge(ids, tokens[id]);
        if (splits[id].left >= id || splits[id].right >= id) {
            give_up("token " + std::to_string(id) + " is not made of tokens of lower rank");
        }
    }
    return splits;
}

}  // namespace pulse::pricing::gen
