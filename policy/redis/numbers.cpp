#include "policy/redis/numbers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <iterator>

namespace pulse::policy::redis {
namespace {

static_assert(std::endian::native == std::endian::little, "doubles are sent as they lie in memory");

constexpr std::int64_t kPicoPerMicro = 1'000'000;
constexpr std::int64_t kMicroMax = 9'000'000'000'000'000;  // below 2^53
constexpr std::int64_t kTimeMax = 9'000'000'000'000'000;   // the year 2255

[[nodiscard]] std::int64_t micros_of(TimePoint at) {
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

/// What is_nearly() is true from: nine tenths, rounded up.
[[nodiscard]] Money nearly(Money limit) {
    return Money::from_pico((limit.pico() * 9 + 9) / 10);
}

// Parts of a scope's state.
[[nodiscard]] std::int64_t part_of(Period period) {
    return static_cast<std::int64_t>(period) + 1;
}
constexpr std::int64_t kRequestRatePart = 6;
constexpr std::int64_t kTokenRatePart = 7;

[[nodiscard]] char letter_of(Scope scope) {
    switch (scope) {
        case Scope::organisation:
            return 'o';
        case Scope::team:
            return 't';
        case Scope::project:
            return 'p';
        case Scope::user:
            return 'u';
        case Scope::app:
            return 'a';
        case Scope::client:
            return 'c';
        case Scope::key:
            return 'k';
        case Scope::model:
            return 'm';
        case Scope::tag:
            return 'g';
    }
    return '?';
}

}  // namespace

void NumberText::add(double number) {
    const std::size_t at = text_.size();
    text_.resize(at + sizeof number);
    std::memcpy(text_.data() + at, &number, sizeof number);
}

void NumberText::add(Money amount) {
    const Int128 micros = amount.pico() / kPicoPerMicro;
    if (micros >= kMicroMax) {
        add(kMicroMax);
        add(std::int64_t{0});
        return;
    }
    add(static_cast<std::int64_t>(micros));
    add(static_cast<std::int64_t>(amount.pico() % kPicoPerMicro));
}

void NumberText::add(TimePoint at) {
    add(at == TimePoint::max() ? kTimeMax : at == TimePoint::min() ? -kTimeMax : micros_of(at));
}

void NumberText::add_limits(const ScopeLimits& limits) {
    const std::array counts{
        limits.requests_per_minute,
        limits.tokens_per_minute,
        limits.requests_per_day,
        limits.tokens_per_day};
    const bool has_counts =
        std::any_of(counts.begin(), counts.end(), [](const auto& count) { return count; });
    add(limits.max_parallel_requests.value_or(-1));
    add(std::ssize(limits.budgets));
    add(std::int64_t{has_counts ? 1 : 0});
    for (const Budget& budget : limits.budgets) {
        add(part_of(budget.period));
        add(budget.limit);
        add(std::int64_t{budget.soft ? 1 : 0});
        add(nearly(budget.limit));
    }
    if (has_counts) {
        add(limits.requests_per_minute.value_or(-1));
        add(kRequestRatePart);
        add(limits.tokens_per_minute.value_or(-1));
        add(kTokenRatePart);
        add(limits.requests_per_day.value_or(-1));
        add(limits.tokens_per_day.value_or(-1));
        add(part_of(Period::day));
    }
}

std::int64_t NumberReader::whole() {
    double number = -1;
    if (text_.size() >= sizeof number) {
        std::memcpy(&number, text_.data(), sizeof number);
        text_.remove_prefix(sizeof number);
    }
    return static_cast<std::int64_t>(number);
}

Money NumberReader::money() {
    const Int128 micros = whole();
    return Money::from_pico(micros * kPicoPerMicro + whole());
}

TimePoint NumberReader::time() {
    const std::int64_t micros = whole();
    return micros >= kTimeMax ? TimePoint::max() : TimePoint{std::chrono::microseconds{micros}};
}

void NumberReader::skip(int numbers) {
    for (int i = 0; i < numbers; ++i) {
        static_cast<void>(whole());
    }
}

void write_field(std::string& out, const ScopeLimits& limits) {
    out.assign(1, letter_of(limits.scope));
    out += ':';
    out += limits.id;
}

}  // namespace pulse::policy::redis
