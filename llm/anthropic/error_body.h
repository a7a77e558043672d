#pragma once

#include "base/error.h"

#include <string>

namespace pulse::llm {

/// Appends `{"type":"error","error":{"type","message"}}` with Anthropic's type for the HTTP
/// `status`: its clients choose their exception by the status and show the rest. Source:
/// https://docs.anthropic.com/en/api/errors
void append_anthropic_error_body(const Error& error, int status, std::string& out);

}  // namespace pulse::llm
