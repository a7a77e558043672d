#pragma once

#include "net/http/detail/head_facts.h"
#include "net/http/head.h"

#include <string_view>

namespace pulse::net::detail {

/// The quick way through a head that is written as clients and providers write them: one pass, eight bytes a step, views only.
/// It accepts nothing that Beast's parser would refuse, and leaves everything unusual to it: false means "ask Beast", not
/// "refuse". The fuzz targets hold the two against each other. `head` and `facts` are filled when it says true.
[[nodiscard]] bool scan_request_head(std::string_view bytes, RequestHead& head, HeadFacts& facts);
[[nodiscard]] bool scan_response_head(std::string_view bytes, ResponseHead& head, HeadFacts& facts);

}  // namespace pulse::net::detail
