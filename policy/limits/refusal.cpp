#include "policy/limits/refusal.h"

#include "base/rfc3339.h"

#include <fmt/format.h>

#include <utility>

namespace pulse::policy {
namespace {

constexpr std::chrono::milliseconds kParallelRetry{1'000};

[[nodiscard]] std::string wait_text(std::chrono::milliseconds wait) {
    constexpr std::int64_t kTenth = 100;
    const std::int64_t tenths = (wait.count() + kTenth - 1) / kTenth;
    return fmt::format("{}.{} s", tenths / 10, tenths % 10);
}

[[nodiscard]] Verdict refuse(Errc code, std::string message) {
    Verdict verdict;
    verdict.code = code;
    verdict.message = std::move(message);
    return verdict;
}

[[nodiscard]] Verdict refuse_as_too_large(
    const ScopeName& name, const CountLimit& count, std::string_view period) {
    return refuse(
        Errc::max_tokens_exceeded,
        fmt::format(
            "this request may use {} {}, more than the {}'s limit of {} per {} ever admits: "
            "shorten it or lower its output limit",
            count.needed,
            count.what,
            to_string(name),
            count.limit,
            period));
}

[[nodiscard]] std::string reached(
    const ScopeName& name, const CountLimit& count, std::string_view period) {
    std::string text = fmt::format(
        "{} limit of {} {} per {} reached: {} used",
        to_string(name),
        count.limit,
        count.what,
        period,
        count.used);
    if (count.needed > 1) {
        text += fmt::format(", {} needed", count.needed);
    }
    return text;
}

}  // namespace

std::string to_string(const ScopeName& name) {
    if (name.scope == Scope::key || name.scope == Scope::organisation) {
        return std::string{to_string(name.scope)};
    }
    return fmt::format("{} '{}'", to_string(name.scope), name.id);
}

Verdict refuse_for_budget(const Budget& budget, const BudgetUse& use) {
    Verdict verdict = refuse(
        Errc::budget_exhausted,
        fmt::format(
            "{} budget of {} {}{} does not cover this request: {} spent, {} held by running "
            "requests, up to {} needed",
            to_string(ScopeName{budget.scope, budget.scope_id}),
            budget.limit.to_string(),
            budget.currency,
            budget.period == Period::total ? " in total"
                                           : fmt::format(" per {}", to_string(budget.period)),
            use.spent.to_string(),
            use.reserved.to_string(),
            use.ceiling.to_string()));
    if (use.ceiling > budget.limit) {
        verdict.message += "; it is larger than the whole budget";
        return verdict;
    }
    verdict.resets_at = use.resets_at;
    verdict.message += verdict.resets_at ? "; resets at " + rfc3339_seconds(*verdict.resets_at)
                                         : std::string{"; it does not reset"};
    return verdict;
}

Verdict refuse_for_day(const ScopeName& name, const CountLimit& count, TimePoint resets_at) {
    if (count.needed > count.limit) {
        return refuse_as_too_large(name, count, "day");
    }
    Verdict verdict = refuse(
        Errc::rate_limited,
        reached(name, count, "day") + "; resets at " + rfc3339_seconds(resets_at));
    verdict.resets_at = resets_at;
    return verdict;
}

Verdict refuse_for_minute(
    const ScopeName& name, const CountLimit& count, std::optional<std::chrono::milliseconds> wait) {
    if (!wait) {
        return refuse_as_too_large(name, count, "minute");
    }
    Verdict verdict = refuse(
        Errc::rate_limited, reached(name, count, "minute") + "; retry in " + wait_text(*wait));
    verdict.retry_after = wait;
    return verdict;
}

Verdict refuse_for_parallel(const ScopeName& name, std::int64_t limit, std::int64_t running) {
    Verdict verdict = refuse(
        Errc::rate_limited,
        fmt::format(
            "{} limit of {} parallel requests reached: {} running; retry in {}",
            to_string(name),
            limit,
            running,
            wait_text(kParallelRetry)));
    verdict.retry_after = kParallelRetry;
    return verdict;
}

Money left_of(Money limit, Money used) {
    return used < limit ? limit - used : Money{};
}

bool is_nearly(Money used, Money limit) {
    return used.pico() * 10 >= limit.pico() * 9;
}

}  // namespace pulse::policy
