#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"

#include <string>
#include <string_view>

namespace pulse::storage {

/// A place in the list of requests, newest first: behind the request of this time and id. As text
/// it means something to Pulse only, and gives no access: every page is asked for with a scope.
/// Value.
struct RequestCursor {
    TimePoint ts;
    Uuid id;
    friend bool operator==(const RequestCursor&, const RequestCursor&) = default;
};

/// 48 hexadecimal digits.
[[nodiscard]] std::string to_string(const RequestCursor& cursor);
/// Errors: invalid_request for what to_string() did not make.
[[nodiscard]] Result<RequestCursor> parse_request_cursor(std::string_view text);

}  // namespace pulse::storage
