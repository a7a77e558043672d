#pragma once

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pulse {

/// What went wrong, in the words that callers are answered with (docs/formats/errors.md maps each
/// to a status, type and code per dialect).
enum class Errc : std::uint8_t {
    invalid_request,
    unauthenticated,
    forbidden,
    ip_not_allowed,
    model_not_allowed,
    attribution_required,
    model_not_found,
    not_found,
    method_not_allowed,
    request_timeout,
    request_too_large,
    unsupported_media_type,
    upgrade_required,
    header_too_large,
    rate_limited,
    budget_exhausted,
    max_tokens_exceeded,
    max_cost_exceeded,
    unpriced_model,
    upstream_credentials,
    upstream_unavailable,
    upstream_timeout,
    upstream_bad_answer,
    policy_unavailable,
    overloaded,
    storage_unavailable,
    corrupt_input,
    limit_exceeded,
    configuration,
    internal,
};

[[nodiscard]] std::string_view to_string(Errc code);

/// A failure that was to be expected. `detail` may be shown to the operator and to the caller: it
/// never holds a secret or the text of a prompt. Value; not thread-safe.
class Error {
public:
    // Not an aggregate: in C++20 an aggregate counts as constructible from its first member, and
    // `return value;` into a Result<T> would stop compiling.
    explicit Error(Errc code, std::string detail = {});
    /// `internal` without detail: what Result::error() answers where there is none.
    explicit Error() = default;

    [[nodiscard]] Errc code() const { return code_; }
    [[nodiscard]] const std::string& detail() const { return detail_; }

    /// The request's field that is wrong ("stream_options"), empty when none is.
    [[nodiscard]] const std::string& param() const { return param_; }
    [[nodiscard]] std::optional<std::chrono::milliseconds> retry_after() const {
        return retry_after_;
    }

    Error& with_param(std::string param);
    Error& with_retry_after(std::chrono::milliseconds wait);

private:
    Errc code_ = Errc::internal;
    std::string detail_;
    std::string param_;
    std::optional<std::chrono::milliseconds> retry_after_;
};

[[noreturn]] void throw_exception_from_error(
    const Error& error, const boost::source_location& where);

/// A value or an Error. Boost 1.81's class is not [[nodiscard]]: every function that returns one
/// says so itself.
template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace pulse
