#include "llm/framing/framing.h"

#include <algorithm>
#include <array>

namespace pulse::llm {
namespace {

struct MediaType {
    std::string_view name;  ///< a trailing slash: all of its kind
    Framing framing;
};

// Of answers to calls of models. Sources: the recorded heads in docs/formats/metering.md.
constexpr std::array kMediaTypes{
    MediaType{"text/event-stream", Framing::sse},
    MediaType{"application/x-ndjson", Framing::lines},     // Ollama
    MediaType{"application/stream+json", Framing::lines},  // Cohere v1
    MediaType{"application/ndjson", Framing::lines},
    MediaType{"application/vnd.amazon.eventstream", Framing::eventstream},
    MediaType{"application/json", Framing::whole},
    MediaType{"application/problem+json", Framing::whole},
    MediaType{"application/", Framing::unread},
    MediaType{"audio/", Framing::unread},
    MediaType{"image/", Framing::unread},
    MediaType{"video/", Framing::unread},
    MediaType{"text/", Framing::unread},
    MediaType{"multipart/", Framing::unread},
};

char lower(char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                : character;
}

/// "Application/JSON; charset=utf-8" → "Application/JSON"
std::string_view media_type(std::string_view content_type) {
    std::string_view name = content_type.substr(0, content_type.find(';'));
    while (name.ends_with(' ') || name.ends_with('\t')) {
        name.remove_suffix(1);
    }
    return name;
}

/// Without regard to case; `lower` is in lower case.
bool is_same(std::string_view name, std::string_view lower_case) {
    return std::equal(
        name.begin(), name.end(), lower_case.begin(), lower_case.end(), [](char one, char other) {
            return lower(one) == other;
        });
}

Framing framing_of_stream(Api api) {
    switch (api) {
        case Api::converse:
        case Api::invoke:
            return Framing::eventstream;
        case Api::ollama_chat:
        case Api::ollama_generate:
        case Api::cohere_generate:
            return Framing::lines;
        default:
            return Framing::sse;
    }
}

}  // namespace

Framing framing_of(std::string_view content_type, Api api, bool is_stream) {
    const std::string_view name = media_type(content_type);
    for (const MediaType& known : kMediaTypes) {
        const bool is_kind = known.name.ends_with('/');
        if (is_same(is_kind ? name.substr(0, known.name.size()) : name, known.name)) {
            // Gemini without `alt=sse` streams one array.
            const bool is_array = known.framing == Framing::whole && is_stream &&
                                  (api == Api::generate_content || api == Api::raw_predict);
            return is_array ? Framing::array : known.framing;
        }
    }
    return is_stream ? framing_of_stream(api) : Framing::whole;
}

}  // namespace pulse::llm
