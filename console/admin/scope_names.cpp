#include "console/admin/scope_names.h"

#include <array>

namespace pulse::console {
namespace {

using policy::Period;
using policy::Scope;

constexpr std::array kScopes{
    Scope::organisation,
    Scope::team,
    Scope::project,
    Scope::user,
    Scope::app,
    Scope::client,
    Scope::key,
    Scope::model,
    Scope::tag};
constexpr std::array kPeriods{
    Period::hour, Period::day, Period::week, Period::month, Period::total};

template <class Values>
[[nodiscard]] auto named(const Values& values, std::string_view text)
    -> std::optional<typename Values::value_type> {
    for (const auto value : values) {
        if (text == to_string(value)) {
            return value;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<Scope> parse_scope(std::string_view text) {
    return named(kScopes, text);
}

std::optional<Period> parse_period(std::string_view text) {
    return named(kPeriods, text);
}

bool is_policy_scope(Scope scope) {
    return scope == Scope::organisation || scope == Scope::team || scope == Scope::project ||
           scope == Scope::user || scope == Scope::app;
}

}  // namespace pulse::console
