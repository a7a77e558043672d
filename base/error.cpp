#include "base/error.h"

#include "base/assert.h"

#include <boost/throw_exception.hpp>

#include <stdexcept>
#include <utility>

namespace pulse {

std::string_view to_string(Errc code) {
    switch (code) {
        case Errc::invalid_request:
            return "invalid_request";
        case Errc::unauthenticated:
            return "unauthenticated";
        case Errc::ip_not_allowed:
            return "ip_not_allowed";
        case Errc::forbidden:
            return "forbidden";
        case Errc::model_not_allowed:
            return "model_not_allowed";
        case Errc::attribution_required:
            return "attribution_required";
        case Errc::model_not_found:
            return "model_not_found";
        case Errc::not_found:
            return "not_found";
        case Errc::method_not_allowed:
            return "method_not_allowed";
        case Errc::request_timeout:
            return "request_timeout";
        case Errc::request_too_large:
            return "request_too_large";
        case Errc::unsupported_media_type:
            return "unsupported_media_type";
        case Errc::upgrade_required:
            return "upgrade_required";
        case Errc::header_too_large:
            return "header_too_large";
        case Errc::rate_limited:
            return "rate_limited";
        case Errc::budget_exhausted:
            return "budget_exhausted";
        case Errc::max_tokens_exceeded:
            return "max_tokens_exceeded";
        case Errc::max_cost_exceeded:
            return "max_cost_exceeded";
        case Errc::unpriced_model:
            return "unpriced_model";
        case Errc::upstream_credentials:
            return "upstream_credentials";
        case Errc::upstream_unavailable:
            return "upstream_unavailable";
        case Errc::upstream_timeout:
            return "upstream_timeout";
        case Errc::upstream_bad_answer:
            return "upstream_bad_answer";
        case Errc::policy_unavailable:
            return "policy_unavailable";
        case Errc::overloaded:
            return "overloaded";
        case Errc::storage_unavailable:
            return "storage_unavailable";
        case Errc::corrupt_input:
            return "corrupt_input";
        case Errc::limit_exceeded:
            return "limit_exceeded";
        case Errc::configuration:
            return "configuration";
        case Errc::internal:
            return "internal";
    }
    PULSE_ASSERT(false);
}

Error::Error(Errc code, std::string detail) : code_(code), detail_(std::move(detail)) {}

Error& Error::with_param(std::string param) {
    param_ = std::move(param);
    return *this;
}

Error& Error::with_retry_after(std::chrono::milliseconds wait) {
    retry_after_ = wait;
    return *this;
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
    // Only value() on a failed Result comes here, which is a programmer error; the exception ends
    // in main.
    boost::throw_exception(
        std::logic_error(std::string(to_string(error.code())) + ": " + error.detail()), where);
}

}  // namespace pulse
