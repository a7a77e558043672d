#include "policy/redis/numbers.h"

#include <array>
#include <bit>
#include <cstring>

namespace pulse::policy::redis {
namespace {

static_assert(std::endian::native == std::endian::little, "doubles are sent as they lie in memory");

constexpr std::int64_t kPicoPerMicro = 1'000'000;
constexpr std::int64_t kMicroMax = 9'000'000'000'000'000;  // below 2^53
constexpr std::int64_t kTimeMax = 9'000'000'000'000'000;   // the year 2255
constexpr std::array kPeriods{
    Period::hour, Period::day, Period::week, Period::month, Period::total};

[[nodiscard]] std::int64_t micros_of(TimePoint at) {
    return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

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

void NumberText::add_windows(const WindowCalendar& calendar, TimePoint at) {
    for (const Period period : kPeriods) {
        const Window window = calendar.window(period, at);
        add(window.begin.value_or(TimePoint::min()));
        add(window.end.value_or(TimePoint::max()));
    }
}

void NumberText::add_limits(const ScopeLimits& limits) {
    for (const auto& limit :
         {limits.requests_per_minute,
          limits.tokens_per_minute,
          limits.requests_per_day,
          limits.tokens_per_day,
          limits.max_parallel_requests}) {
        add(limit.value_or(-1));
    }
    for (const Budget& budget : limits.budgets) {
        add(std::int64_t{static_cast<std::int64_t>(budget.period) + 1});
        add(budget.limit);
        add(std::int64_t{budget.soft ? 1 : 0});
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
