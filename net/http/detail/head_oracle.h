#pragma once

#include "net/http/head.h"

#include <string_view>

namespace pulse::net::detail {

/// Beast's word on a head, without the quick scan: what tests and fuzz targets hold the scan against.
[[nodiscard]] bool is_accepted_by_beast(std::string_view bytes, RequestHead& head);
[[nodiscard]] bool is_accepted_by_beast(std::string_view bytes, ResponseHead& head);

}  // namespace pulse::net::detail
