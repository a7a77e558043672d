#include "tests/support/token_reference.h"

#include "pricing/tokens/detail/char_class.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace pulse::test {
namespace {

using namespace pricing::detail;

struct Symbol {
    std::string_view bytes;
    CharClass bits;
};

/// A set of characters: those of some classes, or not of them, and those written out.
struct Set {
    CharClass classes = 0;
    bool is_negated = false;
    std::vector<std::string_view> also{};

    [[nodiscard]] bool has(const Symbol& symbol) const {
        bool found = (symbol.bits & classes) != 0;
        for (const auto& one : also) {
            found = found || one == symbol.bytes;
        }
        return found != is_negated;
    }
};

constexpr std::size_t kMany = std::numeric_limits<std::size_t>::max();

struct Item {
    Set set;
    std::size_t min = 1;
    std::size_t max = 1;
};

struct Alternative {
    std::vector<Item> items;
    std::vector<std::vector<Item>> then_maybe{};  // at most one of these behind the items
    bool not_before_text = false;                 // (?!\S)
};

class Matcher {
public:
    explicit Matcher(std::span<const Symbol> text) : text_(text) {}

    /// Where the first match of the alternative ends, in the order in which backtracking finds
    /// them.
    [[nodiscard]] std::optional<std::size_t> match(
        const Alternative& alternative, std::size_t at) const {
        auto end = match_items(alternative.items, at, alternative.not_before_text);
        for (const auto& items : alternative.then_maybe) {
            if (const auto longer = end ? match_items(items, *end, false) : end) {
                return longer;
            }
        }
        return end;
    }

private:
    [[nodiscard]] std::optional<std::size_t> match_items(
        std::span<const Item> items, std::size_t at, bool not_before_text) const {
        if (items.empty()) {
            const bool is_before_text = at < text_.size() && (text_[at].bits & kSpace) == 0;
            return not_before_text && is_before_text ? std::nullopt : std::optional{at};
        }
        const auto& item = items.front();
        std::size_t most = 0;
        while (most < item.max && at + most < text_.size() && item.set.has(text_[at + most])) {
            ++most;
        }
        for (auto count = most + 1; count-- > item.min;) {
            if (const auto end = match_items(items.subspan(1), at + count, not_before_text)) {
                return end;
            }
        }
        return std::nullopt;
    }

    std::span<const Symbol> text_;
};

Item one(std::vector<std::string_view> of) {
    return {.set = {.also = std::move(of)}};
}

std::vector<std::vector<Item>> contractions(bool ignores_case) {
    const auto letter = [ignores_case](std::string_view lower, std::string_view upper) {
        return ignores_case ? one({lower, upper}) : one({lower});
    };
    const auto s = ignores_case ? one({"s", "S", "ſ"}) : one({"s"});
    const auto quote = one({"'"});
    return {
        {quote, s},
        {quote, letter("t", "T")},
        {quote, letter("r", "R"), letter("e", "E")},
        {quote, letter("v", "V"), letter("e", "E")},
        {quote, letter("m", "M")},
        {quote, letter("l", "L"), letter("l", "L")},
        {quote, letter("d", "D")}};
}

/// Source: pricing/tokens/detail/pieces.h has the expressions.
std::vector<Alternative> alternatives(PieceRule rule) {
    const Set newline{.classes = kNewline};
    const Set space{.classes = kSpace};
    const Set letter{.classes = kLetter};
    const Set number{.classes = kNumber};
    const Set symbol{.classes = kSpace | kLetter | kNumber, .is_negated = true};
    const Set head{.classes = kUpper | kUncased | kMark};
    const Set tail{.classes = kLower | kUncased | kMark};
    const Item before_word{{.classes = kNewline | kLetter | kNumber, .is_negated = true}, 0, 1};
    const Item blank{{.also = {" "}}, 0, 1};
    const Alternative white_before_white{{{space, 1, kMany}}, {}, true};
    const Alternative white{{{space, 1, kMany}}};
    const Alternative white_to_newline{{{space, 0, kMany}, {newline, 1, kMany}}};
    const Alternative three_numbers{{{number, 1, 3}}};

    std::vector<Alternative> all;
    if (rule == PieceRule::o200k) {
        all.push_back({{before_word, {head, 0, kMany}, {tail, 1, kMany}}, contractions(true)});
        all.push_back({{before_word, {head, 1, kMany}, {tail, 0, kMany}}, contractions(true)});
        const Set newline_or_slash{.classes = kNewline, .also = {"/"}};
        all.push_back(three_numbers);
        all.push_back({{blank, {symbol, 1, kMany}, {newline_or_slash, 0, kMany}}});
        all.push_back(white_to_newline);
    } else {
        for (auto& items : contractions(rule == PieceRule::cl100k)) {
            all.push_back({std::move(items)});
        }
        if (rule == PieceRule::cl100k) {
            all.push_back({{before_word, {letter, 1, kMany}}});
            all.push_back(three_numbers);
            all.push_back({{blank, {symbol, 1, kMany}, {newline, 0, kMany}}});
            all.push_back(white_to_newline);
        } else {
            all.push_back({{blank, {letter, 1, kMany}}});
            all.push_back({{blank, {number, 1, kMany}}});
            all.push_back({{blank, {symbol, 1, kMany}}});
        }
    }
    all.push_back(white_before_white);
    all.push_back(white);
    return all;
}

}  // namespace

std::vector<std::string> reference_pieces(PieceRule rule, std::string_view text) {
    std::vector<Symbol> symbols;
    for (auto left = text; !left.empty();) {
        const auto next = char_at(left.data());
        symbols.push_back({left.substr(0, next.size), next.bits});
        left.remove_prefix(next.size);
    }
    const auto rules = alternatives(rule);
    const Matcher matcher{symbols};
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < symbols.size();) {
        std::optional<std::size_t> end;
        for (auto each = rules.begin(); !end && each != rules.end(); ++each) {
            end = matcher.match(*each, at);
        }
        std::string piece;
        for (; at < end.value(); ++at) {
            piece += symbols[at].bytes;
        }
        pieces.push_back(std::move(piece));
    }
    return pieces;
}

ReferenceBpe::ReferenceBpe(const Vocabulary& vocabulary) {
    for (TokenId id = 0; id < vocabulary.tokens(); ++id) {
        std::string bytes;
        vocabulary.append_bytes(id, bytes);
        if (!bytes.empty()) {
            ids_.emplace(std::move(bytes), id);
        }
    }
}

std::vector<TokenId> ReferenceBpe::encode(const std::string& piece) const {
    if (const auto whole = ids_.find(piece); whole != ids_.end()) {
        return {whole->second};
    }
    std::vector<std::string> parts;
    for (const char c : piece) {
        parts.emplace_back(1, c);
    }
    for (;;) {
        auto lowest = kNoToken;
        std::size_t at = 0;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
            const auto found = ids_.find(parts[i] + parts[i + 1]);
            if (found != ids_.end() && found->second < lowest) {
                lowest = found->second;
                at = i;
            }
        }
        if (lowest == kNoToken) {
            break;
        }
        parts[at] += parts[at + 1];
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
    std::vector<TokenId> tokens;
    for (const auto& part : parts) {
        tokens.push_back(ids_.at(part));
    }
    return tokens;
}

}  // namespace pulse::test
