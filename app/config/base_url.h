#pragma once

#include <string>

namespace pulse::app {

/// What a clear connection is allowed to.
enum class ClearText { loopback_only, anywhere };

/// What is wrong with a provider's base URL, and what is allowed; empty when nothing is.
[[nodiscard]] std::string base_url_problem(const std::string& text, ClearText clear_text);

/// What is wrong with the address of a document that is trusted: https, or http to this machine;
/// empty when nothing is.
[[nodiscard]] std::string document_url_problem(const std::string& text);

[[nodiscard]] std::string without_trailing_slash(std::string url);

}  // namespace pulse::app
