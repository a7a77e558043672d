#include "pricing/catalog/detail/model_name.h"

#include "pricing/catalog/detail/folded_text.h"

#include <algorithm>
#include <array>

namespace pulse::pricing::detail {
namespace {

/// "-preview-2025-09-29:latest" has 5 words; nothing longer is a release, and the bound keeps
/// look-ups linear.
constexpr std::size_t kReleaseWordsMax = 6;

constexpr std::array<std::string_view, 8> kStages{
    "latest", "preview", "exp", "experimental", "beta", "alpha", "stable", "default"};

bool is_number(std::string_view word) {
    return !word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

int two_digits(std::string_view word) {
    return (word[0] - '0') * 10 + (word[1] - '0');
}

bool is_month(std::string_view word) {
    return word.size() == 2 && is_number(word) && two_digits(word) >= 1 && two_digits(word) <= 12;
}

bool is_day(std::string_view word) {
    return word.size() == 2 && is_number(word) && two_digits(word) >= 1 && two_digits(word) <= 31;
}

bool is_year(std::string_view word) {
    return word.size() == 4 && is_number(word) && word.starts_with("20");
}

/// Takes the words of a release one after the other.
class Words {
public:
    explicit Words(std::string_view text) : rest_(text) { advance(); }
    [[nodiscard]] bool done() const { return done_; }
    [[nodiscard]] std::string_view word() const { return word_; }
    /// The boundary in front of the word; 0 at the end.
    [[nodiscard]] char mark() const { return mark_; }
    void advance() {
        done_ = rest_.empty();
        if (done_) {
            word_ = {};
            mark_ = 0;
            return;
        }
        mark_ = rest_.front();
        rest_.remove_prefix(1);
        const auto end =
            static_cast<std::size_t>(std::ranges::find_if(rest_, is_boundary) - rest_.begin());
        word_ = rest_.substr(0, end);
        rest_.remove_prefix(end);
    }

private:
    std::string_view rest_;
    std::string_view word_;
    char mark_ = 0;
    bool done_ = false;
};

bool is_stage(std::string_view word) {
    return std::ranges::any_of(kStages, [word](std::string_view stage) {
        return word.size() == stage.size() && starts_folded(word, stage);
    });
}

/// "v2" of Bedrock's "-v2:1", whose last word may be a context ("-v2:1:200k").
bool is_revision(std::string_view word) {
    return word.size() > 1 && (word.front() == 'v' || word.front() == 'V') &&
           is_number(word.substr(1));
}

bool is_context(std::string_view word) {
    return word.size() > 1 && (word.back() == 'k' || word.back() == 'K') &&
           is_number(word.substr(0, word.size() - 1));
}

/// One release word or date: YYYY-MM[-DD], MM-DD, MM-YYYY, YYYYMMDD, YYMMDD, YYMM or MMDD, NNN, or
/// a revision vN:M.
bool take_release(Words& words) {
    const auto first = words.word();
    words.advance();
    if (is_revision(first) && words.mark() == ':' && is_number(words.word())) {
        words.advance();
        if (words.mark() == ':' && is_context(words.word())) {
            words.advance();
        }
        return true;
    }
    if (is_year(first) && is_month(words.word())) {
        words.advance();
        if (is_day(words.word())) {
            words.advance();
        }
        return true;
    }
    if (is_month(first)) {
        const bool date = is_day(words.word()) || is_year(words.word());
        words.advance();
        return date;
    }
    const auto size = first.size();
    return is_stage(first) ||
           (is_number(first) && (size == 3 || size == 4 || size == 6 || size == 8));
}

}  // namespace

bool is_release(std::string_view words) {
    if (words.empty() || !is_boundary(words.front())) {
        return false;
    }
    Words reader{words};
    while (!reader.done()) {
        if (!take_release(reader)) {
            return false;
        }
    }
    return true;
}

std::optional<std::string_view> ReleasePrefixes::next() {
    while (end_ > 1 && words_ < kReleaseWordsMax) {
        --end_;
        if (!is_boundary(name_[end_])) {
            continue;
        }
        ++words_;
        if (is_release(name_.substr(end_))) {
            return name_.substr(0, end_);
        }
    }
    return std::nullopt;
}

std::string_view fine_tune_base(std::string_view name) {
    constexpr std::string_view kPrefix = "ft:";
    if (name.size() <= kPrefix.size() || !starts_folded(name, kPrefix)) {
        return {};
    }
    return name.substr(0, name.find(':', kPrefix.size()));
}

}  // namespace pulse::pricing::detail
