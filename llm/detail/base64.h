#pragma once

#include <string>
#include <string_view>

namespace pulse::llm::detail {

/// Decodes whole base64 (RFC 4648, with its padding) into `bytes`. False: it is none.
[[nodiscard]] bool decode_base64(std::string_view base64, std::string& bytes);

}  // namespace pulse::llm::detail
