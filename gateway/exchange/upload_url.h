#pragma once

#include "net/http/head.h"

#include <string>
#include <string_view>

namespace pulse::gateway {

/// Where the caller's request came to, as a URL that ends with the mount it used:
/// `https://pulse.example.com/gemini`. A proxy's `x-forwarded-proto` is believed from anyone: a
/// caller only gets back what it said. Empty without a Host field.
[[nodiscard]] std::string upload_base(
    const net::Fields& fields, std::string_view path, bool is_tls);

/// Does this field say where the rest of a resumable upload goes? A caller that went there would
/// take its key past Pulse to the provider. Source: uploadBlobInternal() of @google/genai 3.1,
/// which sends the key along.
[[nodiscard]] bool names_upload_url(std::string_view field_name);

/// The upload that the provider calls `provider_url`, as a URL below `base`.
[[nodiscard]] std::string upload_url_below(std::string_view base, std::string_view provider_url);

}  // namespace pulse::gateway
