#pragma once

#include "base/request_facts.h"
#include "llm/openai/body_edit.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace pulse::llm {

/// The name under which a chat completion's limit is set where the body has none: OpenAI's newer
/// models take only `max_completion_tokens`, many compatible servers know only `max_tokens`.
/// Source: https://platform.openai.com/docs/api-reference/chat/create
enum class ChatLimitName : std::uint8_t { max_tokens, max_completion_tokens };

/// A request that is to answer with at most `limit` tokens.
struct OutputLimitAsk {
    Api api = Api::none;
    std::string_view body = {};  ///< JSON, followed by kBodyPadding readable bytes
    std::string_view model =
        {};  ///< as addressed: of Bedrock's families each has a name of its own
    ChatLimitName chat_name = ChatLimitName::max_tokens;
    std::int64_t limit = 0;
};

/// The smallest output limit that the API takes; 0 where it has none that could be set.
[[nodiscard]] std::int64_t output_limit_min(Api api);

/// What has to change in the body for that limit: larger ones that stand there, and null, are
/// replaced; where none stands it is put where the API has it. At most kBodyChangesMax. Empty where
/// the API or the family has no limit, or the body is not what it should be.
[[nodiscard]] std::vector<BodyChange> output_limit_changes(const OutputLimitAsk& ask);

}  // namespace pulse::llm
