#include "gateway/estimate/token_count.h"

#include "llm/anthropic/prompt_reader.h"
#include "pricing/tokens/prompt_tokens.h"

namespace pulse::gateway {

Result<std::string> count_anthropic_tokens(std::string_view body) {
    const auto read = llm::read_anthropic_prompt(body);
    if (!read) {
        return read.error();
    }
    const auto counted = pricing::count_prompt(read->prompt, read->model);
    return R"({"input_tokens":)" + std::to_string(counted.tokens) + "}";
}

}  // namespace pulse::gateway
