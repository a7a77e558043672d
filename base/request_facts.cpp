#include "base/request_facts.h"

#include "base/assert.h"

namespace pulse {

std::string_view to_string(Api api) {
    switch (api) {
        case Api::none:
            return "none";
        case Api::chat_completions:
            return "chat.completions";
        case Api::completions:
            return "completions";
        case Api::embeddings:
            return "embeddings";
        case Api::models:
            return "models";
    }
    PULSE_ASSERT(false);
}

std::string_view to_string(Dialect dialect) {
    switch (dialect) {
        case Dialect::none:
            return "none";
        case Dialect::openai:
            return "openai";
        case Dialect::anthropic:
            return "anthropic";
    }
    PULSE_ASSERT(false);
}

}  // namespace pulse
