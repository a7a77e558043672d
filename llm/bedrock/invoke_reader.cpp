#include "llm/anthropic/answer_reader.h"
#include "llm/bedrock/answer_reader.h"
#include "llm/bedrock/detail/converse_reader.h"
#include "llm/bedrock/detail/family_reader.h"
#include "llm/bedrock/detail/usage_reader.h"
#include "llm/detail/base64.h"
#include "llm/detail/json_document.h"

#include <string>
#include <utility>

namespace pulse::llm {
namespace {

namespace ondemand = simdjson::ondemand;

enum class Format : std::uint8_t { claude, nova, other };

/// What the keys of an answer, or of an event of one, say about it.
struct Shape {
    Format format = Format::other;
    StatedUsage metrics;
    bool has_metrics = false;
    bool is_readable = false;
};

bool is_claude_type(std::string_view type) {
    return type == "message" || type.starts_with("message_") ||
           type.starts_with("content_block_") || type == "ping" || type == "error";
}

bool is_nova_key(std::string_view key) {
    return key == "output" || key == "stopReason" || key == "messageStart" ||
           key == "messageStop" || key == "metadata" || key.starts_with("contentBlock");
}

Shape shape_of(std::string_view json) {
    Shape shape;
    shape.is_readable =
        detail::read_object(json, [&shape](std::string_view key, ondemand::value& value) {
            if (key == "amazon-bedrock-invocationMetrics") {
                shape.has_metrics = true;
                return detail::read_invocation_metrics(value, shape.metrics);
            }
            if (key == "type" && is_claude_type(detail::raw_text(value))) {
                shape.format = Format::claude;
            } else if (is_nova_key(key) && shape.format == Format::other) {
                shape.format = Format::nova;
            }
            return simdjson::SUCCESS;
        });
    return shape;
}

/// {"bytes": "eyJ0…", "p": "abc"}: padding against guesses by length is `p`.
bool decode_chunk(std::string_view json, std::string& bytes) {
    bool is_decoded = false;
    const bool is_read =
        detail::read_object(json, [&](std::string_view key, ondemand::value& value) {
            std::string_view base64;
            if (key == "bytes" && value.get_string().get(base64) == simdjson::SUCCESS) {
                is_decoded = detail::decode_base64(base64, bytes);
            }
            return simdjson::SUCCESS;
        });
    return is_read && is_decoded;
}

void read_nova(std::string_view json, MeterReading& reading, EventFacts& facts) {
    detail::ConverseReader reader{reading, facts};
    // That it can be read was seen when its shape was.
    static_cast<void>(
        detail::read_object(json, [&reader](std::string_view key, ondemand::value& value) {
            return reader.read_field(key, value);
        }));
}

void read_family(std::string_view json, MeterReading& reading, EventFacts& facts) {
    detail::FamilyReader reader{reading, facts};
    static_cast<void>(
        detail::read_object(json, [&reader](std::string_view key, ondemand::value& value) {
            return reader.read_field(key, value);
        }));
    reader.finish();
}

/// `json` is the family's own, with simdjson's padding behind it.
bool read_model_answer(
    std::string_view json, const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    const Shape shape = shape_of(json);
    bool is_read = shape.is_readable;
    switch (shape.format) {
        case Format::claude:
            is_read =
                read_anthropic_event(
                    {.raw = event.raw, .name = {}, .data = json, .is_stream = event.is_stream},
                    reading,
                    facts) &&
                is_read;
            break;
        case Format::nova:
            read_nova(json, reading, facts);
            break;
        case Format::other:
            read_family(json, reading, facts);
            break;
    }
    if (!reading.usage_present) {
        detail::take_stated(shape.metrics, reading, facts);
    }
    facts.is_terminator = event.is_stream && (facts.is_terminator || shape.has_metrics);
    return is_read;
}

}  // namespace

bool read_bedrock_invoke_event(const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    if (event.name.ends_with("Exception")) {
        return read_bedrock_converse_event(event, reading, facts);
    }
    if (!event.is_stream) {
        return read_model_answer(event.data, event, reading, facts);
    }
    std::string chunk;
    if (!decode_chunk(event.data, chunk)) {
        return false;
    }
    const std::size_t size = chunk.size();
    chunk.resize(size + simdjson::SIMDJSON_PADDING, ' ');
    return read_model_answer(std::string_view{chunk}.substr(0, size), event, reading, facts);
}

}  // namespace pulse::llm
