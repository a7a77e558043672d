// A budget that cannot pay for a call as it was asked: another model (`downgrade_to`), or a shorter
// answer (`clamp`).
#include "gateway/exchange/answer_head.h"
#include "gateway/exchange/exchange.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace pulse::gateway {

namespace {

// What is left may be taken by other calls between the two answers of the store.
constexpr int kClampsMax = 3;

/// OpenAI's newer models refuse `max_tokens`. Source:
/// https://platform.openai.com/docs/api-reference/chat/create#chat-create-max_completion_tokens
[[nodiscard]] bool needs_completion_limit(std::string_view model) {
    model = model.substr(model.rfind('/') + 1);
    return model.starts_with("gpt-5") || model.starts_with("o1") || model.starts_with("o3") ||
           model.starts_with("o4");
}

/// What Anthropic's models may think at most: the output limit has to be above it. Source:
/// https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
[[nodiscard]] std::int64_t thinking_budget(std::string_view body) {
    // As it stands here it is no part of a text: there JSON escapes the quotes.
    constexpr std::string_view kField = R"("budget_tokens")";
    std::int64_t budget = 0;
    if (const std::size_t at = body.find(kField); at != std::string_view::npos) {
        body.remove_prefix(at + kField.size());
        body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n:"), body.size()));
        std::from_chars(body.data(), body.data() + body.size(), budget);
    }
    return budget;
}

[[nodiscard]] std::string_view mode_of(const pricing::Found& found) {
    return found.model != nullptr ? std::string_view{found.model->mode} : std::string_view{};
}

}  // namespace

/// Asks the store again for a cheaper form of the call; false when there is none.
bool Exchange::try_cheaper(const policy::Verdict& verdict) {
    if (call_.route.operation != Operation::model_call) {
        return false;
    }
    const bool is_spent = !verdict.admitted && verdict.code == Errc::budget_exhausted;
    const bool is_near = verdict.admitted && verdict.budget_nearly_spent;
    if ((is_spent || is_near) && downgrade(verdict)) {
        return true;
    }
    return is_spent && verdict.affordable && clamp(*verdict.affordable);
}

/// Once a call at most, so that no two policies can send it round.
bool Exchange::downgrade(const policy::Verdict& verdict) {
    const std::string_view name = call_.rules.downgrade_to;
    if (name.empty() || call_.is_downgraded) {
        return false;
    }
    const auto found =
        call_.snapshot->shared.routes->find(name, call_.route.dialect, kind_of_path());
    if (!found || !is_served_by(*found->provider)) {
        return false;
    }
    const bool is_same =
        found->provider == call_.target.provider && found->model == call_.target.model;
    const bool is_bound = found->provider != call_.target.provider &&
                          (call_.mounted != nullptr || call_.names_objects);
    const std::string_view mode = mode_of(call_.target.found);
    const std::string_view other_mode = mode_of(found->found);
    const bool is_other_kind = !mode.empty() && !other_mode.empty() && mode != other_mode;
    if (is_same || is_bound || is_other_kind) {
        return false;
    }
    const Target target = call_.target;
    if (!take_target(*found)) {
        // It was let in, or refused, as it was.
        static_cast<void>(take_target(target));
        return false;
    }
    call_.is_downgraded = true;
    if (verdict.admitted) {
        worker_.quota.settle({.id = hold_, .cost = {}, .tokens = 0, .now = call_.now});
        // The store may hear of that end later than of what is asked now.
        hold_ = worker_.ids.next(call_.now);
        forget_requests();
    }
    admit();
    return true;
}

/// A call that was let in stays counted as a request when its hold is given back: it is not to be
/// counted twice.
void Exchange::forget_requests() {
    call_.is_counted = true;
    own_limits_.clear();
    own_limits_.reserve(limits_.size());
    for (const policy::ScopeLimits*& limits : limits_) {
        policy::ScopeLimits& own = own_limits_.emplace_back(*limits);
        own.requests_per_minute.reset();
        own.requests_per_day.reset();
        limits = &own;
    }
}

/// Errors: what the policies say to that target.
Result<void> Exchange::take_target(const Target& target) {
    call_.target = target;
    find_limits();
    if (auto allowed = check_policy(); !allowed) {
        return allowed;
    }
    return foresee();
}

/// Lowers the output limit to what `affordable` pays.
bool Exchange::clamp(Money affordable) {
    const std::int64_t least = llm::output_limit_min(call_.route.api);
    const std::int64_t most = call_.tokens.output_max;
    if (!call_.rules.clamps || least == 0 || call_.facts.is_form || call_.clamps == kClampsMax) {
        return false;
    }
    ++call_.clamps;
    const auto within = pricing::output_tokens_within(worst_case(), affordable);
    // The legacy API answers each prompt of a list.
    const std::int64_t prompts =
        call_.route.api == Api::completions ? std::max<std::int64_t>(call_.facts.prompts, 1) : 1;
    const std::int64_t limit = within.value_or(0) / prompts;
    if (limit < least || limit * prompts >= most || limit <= thinking_budget(body())) {
        return false;
    }
    auto changes = llm::output_limit_changes(
        {.api = call_.route.api,
         .body = body(),
         .model = call_.target.model,
         .chat_name = chat_limit_name(),
         .limit = limit});
    if (changes.empty()) {
        return false;
    }
    limit_changes_ = std::move(changes);
    if (call_.clamped_from == 0) {
        call_.clamped_from = most / prompts;
    }
    call_.clamped_to = limit;
    call_.facts.max_output_tokens = limit;
    if (!foresee()) {
        return false;
    }
    admit();
    return true;
}

/// Of a body that names no limit.
llm::ChatLimitName Exchange::chat_limit_name() const {
    const bool is_newer =
        call_.target.provider->is_official || needs_completion_limit(call_.target.model);
    return is_newer ? llm::ChatLimitName::max_completion_tokens : llm::ChatLimitName::max_tokens;
}

void Exchange::append_budget_warnings(std::string& head) const {
    if (call_.soft_budget_passed) {
        append_field(head, "x-pulse-warning", "soft budget passed");
    }
    if (call_.is_downgraded) {
        append_field(
            head, "x-pulse-warning", "downgraded to " + std::string(call_.rules.downgrade_to));
    }
    if (call_.clamped_to > 0) {
        append_field(
            head,
            "x-pulse-warning",
            "clamped: the output limit is " + std::to_string(call_.clamped_to) + " instead of " +
                std::to_string(call_.clamped_from) + ", which is what the budget can still pay");
    }
}

}  // namespace pulse::gateway
