#pragma once

#include "llm/meter_reading.h"

#include <optional>
#include <string>
#include <string_view>

namespace pulse::llm {

/// One answer of a batch, as a line of its results file states it.
struct BatchResultLine {
    std::string custom_id;  ///< the caller's name for the request; Gemini's `key`
    int status = 200;       ///< of the answer; 500 where the line has an error and no status
    std::string_view body;  ///< the answer's JSON, for read_answer(); empty when there is none
    StatedError error;      ///< why there is none; empty parts where the line does not say
};

/// Reads a line of the results of a batch: OpenAI's and compatible ones (`response.body`),
/// Anthropic's
/// (`result.message`), Gemini's (`response`). `line` must be followed by kBodyPadding readable
/// bytes; `body` is a part of it. Nothing when it is not a JSON object that names a request.
/// Source: https://platform.openai.com/docs/api-reference/batch/request-output,
/// https://platform.claude.com/docs/en/api/retrieving-message-batch-results,
/// https://ai.google.dev/gemini-api/docs/batch-api, read 2026-11-21; recorded exchanges.
[[nodiscard]] std::optional<BatchResultLine> read_batch_result_line(std::string_view line);

}  // namespace pulse::llm
