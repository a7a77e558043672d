#include "llm/openai/realtime_reader.h"

#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"
#include "llm/detail/json_text.h"
#include "llm/openai/detail/usage_fields.h"
#include "llm/usage/usage_rules.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace pulse::llm {
namespace {

namespace ondemand = simdjson::ondemand;
using detail::for_each_field_of;

constexpr std::size_t kDecideBytes = 256;
// What such an event holds beside its audio, roughly.
constexpr std::size_t kAudioEventBytes = 220;
// Between events a short buffer is kept.
constexpr std::size_t kKeptBytes = std::size_t{16} << 10;

constexpr std::array<std::string_view, 2> kTranscriptionEnds{
    "input_audio_transcription.completed", "input_audio_transcription.done"};

[[nodiscard]] bool is_audio_delta(std::string_view type) {
    return type == "response.output_audio.delta" || type == "response.audio.delta";
}

[[nodiscard]] RealtimeKind kind_of(std::string_view type) {
    if (type == "response.done") {
        return RealtimeKind::response_done;
    }
    if (type == "response.created") {
        return RealtimeKind::response_begun;
    }
    if (type.ends_with("session.created") || type.ends_with("session.updated")) {
        return RealtimeKind::session;
    }
    if (type.starts_with("response.") && type.ends_with(".delta") && !is_audio_delta(type)) {
        return RealtimeKind::text_delta;
    }
    const bool is_transcription = std::any_of(
        kTranscriptionEnds.begin(), kTranscriptionEnds.end(), [type](std::string_view end) {
            return type.ends_with(end);
        });
    return is_transcription ? RealtimeKind::transcription : RealtimeKind::other;
}

class ServerEventReader {
public:
    explicit ServerEventReader(RealtimeEvent& event) : event_(event) {}

    simdjson::error_code read_field(std::string_view key, ondemand::value& value) {
        if (key == "type") {
            detail::assign_text(value, event_.type);
        } else if (key == "session") {
            return for_each_field_of(value, [this](std::string_view name, ondemand::value& field) {
                return read_session_field(name, field);
            });
        } else if (key == "response") {
            return for_each_field_of(value, [this](std::string_view name, ondemand::value& field) {
                return read_response_field(name, field);
            });
        } else if (key == "usage") {
            return read_usage(value);
        } else if (key == "delta") {
            text_ = detail::raw_text(value);
        } else if (key == "item_id") {
            detail::assign_text(value, item_id_);
        }
        return simdjson::SUCCESS;
    }

    void finish() {
        event_.kind = kind_of(event_.type);
        if (event_.kind == RealtimeKind::other && event_.has_usage) {
            event_.kind = RealtimeKind::other_usage;
        }
        if (event_.response_id.empty()) {
            event_.response_id = item_id_;
        }
        if (event_.kind == RealtimeKind::text_delta) {
            event_.text.assign(text_);
        }
        const BillableUsage billable = billable_usage(event_.stated, UsageRules{});
        event_.usage = billable.usage;
        event_.is_inconsistent = billable.is_inconsistent;
        if (seconds_ > 0) {
            event_.usage.audio_seconds = seconds_;
        }
    }

private:
    simdjson::error_code read_session_field(std::string_view key, ondemand::value& value) {
        if (key == "model") {
            detail::assign_text(value, event_.model);
        } else if (key == "input_audio_transcription") {
            return read_transcription(value);
        } else if (key == "audio") {
            return for_each_field_of(value, [this](std::string_view name, ondemand::value& audio) {
                if (name != "input") {
                    return simdjson::SUCCESS;
                }
                return for_each_field_of(
                    audio, [this](std::string_view part, ondemand::value& input) {
                        return part == "transcription" ? read_transcription(input)
                                                       : simdjson::SUCCESS;
                    });
            });
        }
        return simdjson::SUCCESS;
    }

    /// Null: the session transcribes nothing.
    simdjson::error_code read_transcription(ondemand::value& value) {
        event_.names_transcription = true;
        return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
            if (key == "model") {
                detail::assign_text(field, event_.transcription_model);
            }
            return simdjson::SUCCESS;
        });
    }

    simdjson::error_code read_response_field(std::string_view key, ondemand::value& value) {
        if (key == "usage") {
            return read_usage(value);
        }
        if (key == "status_details") {
            return read_details(value);
        }
        if (key == "id") {
            detail::assign_text(value, event_.response_id);
        } else if (key == "status") {
            detail::assign_text(value, event_.status);
        }
        return simdjson::SUCCESS;
    }

    simdjson::error_code read_details(ondemand::value& value) {
        return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
            if (key == "reason") {
                detail::assign_text(field, event_.reason);
            } else if (key == "error") {
                return for_each_field_of(
                    field, [this](std::string_view name, ondemand::value& part) {
                        if (name == "code" || (name == "type" && event_.error_code.empty())) {
                            detail::assign_text(part, event_.error_code);
                        }
                        return simdjson::SUCCESS;
                    });
            }
            return simdjson::SUCCESS;
        });
    }

    simdjson::error_code read_usage(ondemand::value& value) {
        ondemand::object object;
        if (!detail::raw_token(value).starts_with('{')) {
            return simdjson::SUCCESS;
        }
        if (const auto error = value.get_object().get(object)) {
            return error;
        }
        ondemand::value stated;
        const auto found = object["seconds"].get(stated);
        if (found != simdjson::SUCCESS && found != simdjson::NO_SUCH_FIELD) {
            return found;  // the object is broken, and its reader with it
        }
        double seconds = 0;
        if (found == simdjson::SUCCESS) {
            const auto number = stated.get_double().get(seconds);
            if (number != simdjson::SUCCESS && number != simdjson::INCORRECT_TYPE) {
                return number;
            }
        }
        if (seconds > 0) {
            // A begun second is billed whole, as for transcriptions by file.
            seconds_ = static_cast<std::int64_t>(
                std::min(std::ceil(seconds), static_cast<double>(kTokensMax)));
        }
        if (const auto error = object.reset().error()) {
            return error;
        }
        detail::UsageObject usage;
        if (const auto error = detail::read_openai_usage(object, usage)) {
            return error;
        }
        usage.stated.clear(UsageField::seconds);
        event_.has_usage = event_.has_usage || usage.is_present() || seconds_ > 0;
        event_.stated.merge(usage.stated);
        return simdjson::SUCCESS;
    }

    RealtimeEvent& event_;
    std::string item_id_;
    std::string_view text_;
    std::int64_t seconds_ = 0;
};

/// The value of `type` where it is the event's first key, as all servers write it.
[[nodiscard]] std::string_view leading_type(std::string_view text) {
    const auto skip = [&text] {
        const std::size_t at = text.find_first_not_of(" \t\r\n");
        text.remove_prefix(std::min(at, text.size()));
    };
    const auto take = [&](std::string_view token) {
        skip();
        if (!text.starts_with(token)) {
            return false;
        }
        text.remove_prefix(token.size());
        return true;
    };
    if (!take("{") || !take("\"type\"") || !take(":") || !take("\"")) {
        return {};
    }
    const std::size_t end = text.find('"');
    const std::string_view type = text.substr(0, end);
    return end == std::string_view::npos || type.find('\\') != std::string_view::npos
               ? std::string_view{}
               : type;
}

}  // namespace

bool read_realtime_event(std::string_view json, RealtimeEvent& event) {
    event = RealtimeEvent{};
    ServerEventReader reader{event};
    const bool is_object = detail::read_object(
        detail::padded_copy(json), [&reader](std::string_view key, ondemand::value& value) {
            return reader.read_field(key, value);
        });
    if (!is_object) {
        event = RealtimeEvent{};
        return false;
    }
    reader.finish();
    return true;
}

void RealtimeEventText::decide() {
    keep_ = is_audio_delta(leading_type(text_)) ? Keep::no : Keep::yes;
}

void RealtimeEventText::add(std::string_view piece) {
    if (is_whole_) {
        is_whole_ = false;
        text_.clear();
        if (text_.capacity() > kKeptBytes) {
            text_ = {};
        }
        keep_ = Keep::undecided;
        bytes_ = 0;
        is_too_long_ = false;
    }
    bytes_ += piece.size();
    if (keep_ == Keep::no) {
        return;
    }
    if (piece.size() > kEventBytesMax - text_.size()) {
        is_too_long_ = true;
        return;
    }
    text_.append(piece);
    if (keep_ == Keep::undecided && text_.size() >= kDecideBytes) {
        decide();
    }
}

std::string_view RealtimeEventText::whole() {
    if (is_whole_) {
        add({});  // an event without a byte
    }
    if (keep_ == Keep::undecided) {
        decide();
    }
    is_whole_ = true;
    audio_bytes_ =
        keep_ == Keep::no ? std::max(bytes_, kAudioEventBytes + 1) - kAudioEventBytes : 0;
    was_too_long_ = is_too_long_ && keep_ != Keep::no;
    return keep_ == Keep::no || is_too_long_ ? std::string_view{} : std::string_view{text_};
}

std::string realtime_error_event(
    std::string_view event_id,
    std::string_view type,
    std::string_view code,
    std::string_view message) {
    std::string out = R"({"type":"error","event_id":)";
    detail::append_json_string(event_id, out);
    out += R"(,"error":{"type":)";
    detail::append_json_string(type, out);
    out += R"(,"code":)";
    detail::append_json_string(code, out);
    out += R"(,"message":)";
    detail::append_json_string(message, out);
    out += R"(,"param":null,"event_id":null}})";
    return out;
}

}  // namespace pulse::llm
