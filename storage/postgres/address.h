#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace pulse::storage::postgres {

/// What libpq is given of `store.url`.
struct Address {
    std::string conninfo;
    std::string options;  ///< the address's own `options`, empty for none
};

[[nodiscard]] bool is_address(std::string_view url);

/// "postgresql://user@host:5432/database": what of it may be shown. No password, no option.
[[nodiscard]] std::string shown_address(std::string_view url);

/// Errors: configuration, for what libpq does not take or would misread; never with a password in
/// it.
[[nodiscard]] Result<Address> parse_address(std::string_view url);

}  // namespace pulse::storage::postgres
