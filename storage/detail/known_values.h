#pragma once

#include "base/request_facts.h"
#include "base/usage.h"
#include "storage/records.h"

#include <cstdint>
#include <string_view>

/// Which values of the enumerations in a record this program knows: bytes of a spool and words of a
/// database may come from a newer one. The switches have no default, so that the compiler asks for
/// a new value here.
namespace pulse::storage::detail {

[[nodiscard]] constexpr bool is_known(Dialect value) {
    switch (value) {
        case Dialect::none:
        case Dialect::openai:
        case Dialect::anthropic:
            return true;
    }
    return false;
}

[[nodiscard]] constexpr bool is_known(Api value) {
    switch (value) {
        case Api::none:
        case Api::chat_completions:
        case Api::completions:
        case Api::embeddings:
        case Api::models:
            return true;
    }
    return false;
}

[[nodiscard]] constexpr bool is_known(Outcome value) {
    switch (value) {
        case Outcome::answered:
        case Outcome::refused:
        case Outcome::provider_error:
        case Outcome::upstream_failed:
        case Outcome::cut:
        case Outcome::caller_gone:
        case Outcome::internal_error:
            return true;
    }
    return false;
}

[[nodiscard]] constexpr bool is_known(UsageSource value) {
    switch (value) {
        case UsageSource::none:
        case UsageSource::provider:
        case UsageSource::counted:
        case UsageSource::estimated:
            return true;
    }
    return false;
}

/// The value that to_string() calls `name`, the first one where there is none. Values count from 0
/// without gaps.
template <class Enum>
[[nodiscard]] Enum value_named(std::string_view name) {
    for (std::uint8_t value = 0; is_known(static_cast<Enum>(value)); ++value) {
        if (to_string(static_cast<Enum>(value)) == name) {
            return static_cast<Enum>(value);
        }
    }
    return Enum{};
}

}  // namespace pulse::storage::detail
