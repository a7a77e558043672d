#pragma once

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace pulse::llm {

/// One recorded exchange of the fixtures: what the provider sent, and what a reader must find in
/// it.
struct RecordedExchange {
    std::string name;  ///< the file's, without ".json"
    std::string provider;
    std::string api;
    std::string body;  ///< of the answer
    bool is_stream = false;
    boost::json::object expected;
};

/// All exchanges whose answer is text in the OpenAI dialect's framings (JSON or SSE) and whose api
/// is one of chat, legacy completions and embeddings. Empty when the fixtures are not there.
[[nodiscard]] const std::vector<RecordedExchange>& recorded_openai_exchanges();

}  // namespace pulse::llm
