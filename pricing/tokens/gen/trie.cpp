#include "pricing/tokens/gen/trie.h"

#include <algorithm>
#include <map>
#include <queue>

namespace pulse::pricing::gen {
namespace {

using detail::kNoToken;
using detail::kTrieLabelMask;
using detail::kTrieLinkShift;
using detail::kTrieTaken;
using detail::TokenId;
using detail::TrieUnit;

struct Node {
    std::map<std::uint8_t, std::uint32_t> children;
    TokenId token = kNoToken;
    TokenId lowest = kNoToken;  // rank of the most frequent token at or below this node
};

std::vector<Node> make_nodes(const Tokens& tokens) {
    std::vector<Node> nodes(1);
    for (TokenId id = 0; id < tokens.size(); ++id) {
        if (tokens[id].empty()) {
            continue;
        }
        std::uint32_t at = 0;
        for (const char c : tokens[id]) {
            const auto [child, is_new] = nodes[at].children.try_emplace(
                static_cast<std::uint8_t>(c), static_cast<std::uint32_t>(nodes.size()));
            at = child->second;
            if (is_new) {
                nodes.emplace_back();
            }
            nodes[at].lowest = std::min(nodes[at].lowest, id);
        }
        nodes[at].token = id;
    }
    return nodes;
}

/// The places of a double array: which are free, which links are in use.
class Places {
public:
    /// A link under which all children of `node` find a free place.
    [[nodiscard]] std::uint32_t find_link(const Node& node) {
        const auto first = node.children.begin()->first;
        while (is_taken(first_free_)) {
            ++first_free_;
        }
        // A place that stayed free through many tries is worth less than the time to try again.
        constexpr std::uint32_t kTriesMax = 4096;
        first_free_ = std::max(first_free_, last_found_ > kTriesMax ? last_found_ - kTriesMax : 0);
        for (std::uint32_t place = first_free_;; ++place) {
            const auto link = place ^ first;
            if (!is_taken(place) && link >= 256 && !is_link(link) && fits(node, link)) {
                last_found_ = place;
                return link;
            }
        }
    }

    void take(const Node& node, std::uint32_t link) {
        grow(link | 0xff);
        links_[link] = true;
        for (const auto& [byte, child] : node.children) {
            taken_[link ^ byte] = true;
        }
    }

    [[nodiscard]] std::size_t size() const { return taken_.size(); }

private:
    [[nodiscard]] bool is_taken(std::uint32_t place) const {
        return place < 256 || (place < taken_.size() && taken_[place]);
    }
    [[nodiscard]] bool is_link(std::uint32_t link) const {
        return link < links_.size() && links_[link];
    }
    [[nodiscard]] bool fits(const Node& node, std::uint32_t link) const {
        return std::none_of(node.children.begin(), node.children.end(), [&](const auto& child) {
            return is_taken(link ^ child.first);
        });
    }
    void grow(std::uint32_t last) {
        if (last >= taken_.size()) {
            taken_.resize(last + 1);
            links_.resize(last + 1);
        }
    }

    std::vector<bool> taken_ = std::vector<bool>(256);
    std::vector<bool> links_ = std::vector<bool>(256);
    std::uint32_t first_free_ = 256;
    std::uint32_t last_found_ = 0;
};

}  // namespace

Trie make_trie(const Tokens& tokens) {
    const auto nodes = make_nodes(tokens);
    Places places;
    std::vector<std::uint32_t> place_of(nodes.size());
    std::vector<std::uint32_t> link_of(nodes.size());
    // Frequent tokens have low ranks: their nodes come first and so lie together.
    const auto is_rarer = [&](std::uint32_t a, std::uint32_t b) {
        return nodes[a].lowest > nodes[b].lowest;
    };
    std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, decltype(is_rarer)> open{
        is_rarer};
    open.push(0);
    while (!open.empty()) {
        const auto at = open.top();
        open.pop();
        if (nodes[at].children.empty()) {
            continue;
        }
        const auto link = places.find_link(nodes[at]);
        places.take(nodes[at], link);
        link_of[at] = link;
        for (const auto& [byte, child] : nodes[at].children) {
            place_of[child] = link ^ byte;
            open.push(child);
        }
    }
    Trie trie{std::vector<TrieUnit>(places.size(), TrieUnit{0, kNoToken}), link_of[0]};
    for (std::uint32_t at = 0; at < nodes.size(); ++at) {
        for (const auto& [byte, child] : nodes[at].children) {
            trie.units[place_of[child]] = {
                link_of[child] << kTrieLinkShift | kTrieTaken | byte, nodes[child].token};
        }
    }
    return trie;
}

std::vector<detail::Prefix> prefixes_of(const Tokens& tokens, const Trie& trie) {
    std::vector<detail::Prefix> prefixes(tokens.size(), detail::kNoPrefix);
    for (TokenId id = 0; id < tokens.size(); ++id) {
        auto prefix = detail::kNoPrefix;
        auto link = trie.root;
        for (const char c : tokens[id]) {
            const auto byte = static_cast<std::uint8_t>(c);
            const auto& unit = trie.units[link ^ byte];
            if ((unit.link_and_label & kTrieLabelMask) != (kTrieTaken | byte)) {
                give_up("the trie lost a token");
            }
            link = unit.link_and_label >> kTrieLinkShift;
            prefix = unit.token != kNoToken && unit.token != id ? unit.token : prefix;
        }
        prefixes[id] =
            static_cast<std::uint32_t>(tokens[id].size()) << detail::kPrefixIdBits | prefix;
    }
    return prefixes;
}

}  // namespace pulse::pricing::gen
