#pragma once

#include "base/error.h"
#include "base/uuid.h"

#include <string_view>

namespace pulse::storage {

/// All ids from `first` to `last`, both with them.
struct IdRange {
    Uuid first;
    Uuid last;
};

/// The ids that begin with `prefix`: 1 to 36 characters of an id's text, dashes in their places or
/// none at all, in upper or lower case. Errors: invalid_request.
[[nodiscard]] Result<IdRange> ids_with_prefix(std::string_view prefix);

}  // namespace pulse::storage
