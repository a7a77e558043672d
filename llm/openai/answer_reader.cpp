#include "llm/openai/answer_reader.h"

#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"
#include "llm/detail/stated_error.h"
#include "llm/openai/detail/chat_text.h"
#include "llm/openai/detail/usage_fields.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace pulse::llm {
namespace {

namespace ondemand = simdjson::ondemand;
using detail::ChoiceText;
using detail::for_each_element_of;
using detail::for_each_field_of;
using detail::raw_text;
using detail::raw_token;

enum class Data : std::uint8_t { skipped, images };

class OpenAiReader {
public:
    OpenAiReader(Data data, MeterReading& reading, EventFacts& facts)
        : data_(data), reading_(reading), facts_(facts) {}

    [[nodiscard]] bool read(const WireEvent& event);

private:
    simdjson::error_code read_field(std::string_view key, ondemand::value& value);
    simdjson::error_code read_choices(ondemand::value& value);
    simdjson::error_code read_choice(ondemand::value& choice);
    simdjson::error_code read_usage_object(ondemand::value& value);
    simdjson::error_code read_groq(ondemand::value& value);
    simdjson::error_code count_data(ondemand::value& value);
    void deliver(const ChoiceText& delivered);
    void take_statements();
    void take_error();

    Data data_;
    MeterReading& reading_;
    EventFacts& facts_;
    std::string_view json_;
    std::optional<detail::UsageObject> usage_;
    std::optional<detail::UsageObject> groq_usage_;
    int text_pieces_ = 0;
    std::string_view last_text_;
    bool choices_are_empty_ = false;
    bool has_usage_object_ = false;
    bool has_error_object_ = false;
    bool object_is_error_ = false;  ///< `"object":"error"`: the error's fields stand at the top
    StatedError error_;
    StatedError top_;  ///< the same fields at the top
};

bool OpenAiReader::read(const WireEvent& event) {
    json_ = event.data;
    facts_.has_error = event.name == "error";
    detail::JsonDocument document;
    if (document.open(json_) != simdjson::SUCCESS) {
        return false;
    }
    const auto error = detail::for_each_field(
        document.object(),
        [this](std::string_view key, ondemand::value& value) { return read_field(key, value); });
    take_statements();
    take_error();
    if (text_pieces_ == 1) {
        facts_.text_offset = static_cast<std::size_t>(last_text_.data() - json_.data());
        facts_.text_size = last_text_.size();
    }
    return error == simdjson::SUCCESS && document.is_whole();
}

simdjson::error_code OpenAiReader::read_field(std::string_view key, ondemand::value& value) {
    if (key == "choices") {
        return read_choices(value);
    }
    if (key == "usage") {
        return read_usage_object(value);
    }
    if (key == "error") {
        if (detail::is_null(value)) {
            return simdjson::SUCCESS;
        }
        has_error_object_ = true;
        return detail::read_error_value(value, error_);
    }
    if (key == "x_groq") {
        return read_groq(value);
    }
    if (key == "data") {
        return data_ == Data::images ? count_data(value) : simdjson::SUCCESS;
    }
    if (key == "id") {
        detail::assign_text(value, reading_.response_id);
    } else if (key == "model") {
        detail::assign_text(value, reading_.model);
    } else if (key == "service_tier") {
        detail::assign_text(value, reading_.service_tier);
    } else if (key == "object") {
        object_is_error_ = raw_text(value) == "error";
    } else if (key == "code") {
        detail::assign_raw_word(value, top_.code);
    } else if (key == "type") {
        detail::assign_text(value, top_.type);
    } else if (key == "message") {
        detail::assign_message(value, top_.message);
    } else if (key == "delta" || key == "transcript") {
        ChoiceText delivered{.is_kept = facts_.keeps_text};
        delivered.add(raw_text(value));
        text_pieces_ += delivered.pieces;
        deliver(delivered);
    }
    return simdjson::SUCCESS;
}

simdjson::error_code OpenAiReader::read_choices(ondemand::value& value) {
    const bool is_array = raw_token(value).starts_with('[');
    std::size_t count = 0;
    const auto error = for_each_element_of(value, [this, &count](ondemand::value& choice) {
        ++count;
        return read_choice(choice);
    });
    choices_are_empty_ = is_array && count == 0 && error == simdjson::SUCCESS;
    return error;
}

simdjson::error_code OpenAiReader::read_choice(ondemand::value& choice) {
    std::string_view finish;
    ChoiceText delta{.is_kept = facts_.keeps_text};
    ChoiceText message{.is_kept = facts_.keeps_text};
    ChoiceText legacy{.is_kept = facts_.keeps_text};
    bool has_delta = false;
    const auto error = for_each_field_of(choice, [&](std::string_view key, ondemand::value& field) {
        if (key == "delta") {
            has_delta = true;
            return detail::read_message(field, delta);
        }
        if (key == "message") {
            return detail::read_message(field, message);
        }
        if (key == "text") {
            return detail::read_content(field, legacy);
        }
        if (key == "finish_reason") {
            finish = raw_text(field);
        }
        return simdjson::SUCCESS;
    });
    text_pieces_ += delta.pieces + message.pieces + legacy.pieces;
    // Perplexity repeats the whole message so far beside each delta, Together each delta's text
    // under `text`.
    deliver(std::max(
        has_delta ? delta : message, legacy, [](const ChoiceText& one, const ChoiceText& other) {
            return one.bytes < other.bytes;
        }));
    if (!finish.empty()) {
        facts_.has_finish = true;
        reading_.finish_reason.assign(finish.substr(0, detail::kAnswerWordMax));
    }
    return error;
}

void OpenAiReader::deliver(const ChoiceText& delivered) {
    if (delivered.pieces > 0) {
        last_text_ = delivered.last_piece;
    }
    facts_.text_bytes += delivered.bytes;
    reading_.delivered_text_bytes += delivered.bytes;
    std::string& kept = reading_.delivered_text;
    // Whole pieces: an escape must not be cut in two.
    if (kept.size() + delivered.text.size() <= kDeliveredTextMax) {
        kept.append(delivered.text);
    }
}

simdjson::error_code OpenAiReader::read_usage_object(ondemand::value& value) {
    ondemand::object object;
    if (!raw_token(value).starts_with('{')) {
        return simdjson::SUCCESS;
    }
    if (const auto error = value.get_object().get(object)) {
        return error;
    }
    std::string_view text;
    if (const auto error = object.raw_json().get(text)) {
        return error;
    }
    has_usage_object_ = true;
    facts_.usage_close = static_cast<std::size_t>(text.data() - json_.data()) + text.rfind('}');
    bool has_fields = false;
    if (const auto error = object.reset().get(has_fields)) {
        return error;
    }
    facts_.usage_is_empty = !has_fields;
    usage_.emplace();
    if (!has_fields) {
        return simdjson::SUCCESS;
    }
    const auto error = detail::read_openai_usage(object, *usage_);
    facts_.usage_has_cost = usage_->has_cost;
    return error;
}

simdjson::error_code OpenAiReader::read_groq(ondemand::value& value) {
    return for_each_field_of(value, [this](std::string_view key, ondemand::value& field) {
        ondemand::object object;
        if (key != "usage" || field.get_object().get(object) != simdjson::SUCCESS) {
            return simdjson::SUCCESS;
        }
        groq_usage_.emplace();
        return detail::read_openai_usage(object, *groq_usage_);
    });
}

simdjson::error_code OpenAiReader::count_data(ondemand::value& value) {
    std::int64_t count = 0;
    const auto error = for_each_element_of(value, [&count](ondemand::value&) {
        ++count;
        return simdjson::SUCCESS;
    });
    reading_.calls.images = std::max(reading_.calls.images, count);
    return error;
}

void OpenAiReader::take_statements() {
    facts_.has_usage = has_usage_object_;
    facts_.is_only_usage = has_usage_object_ && choices_are_empty_;
    // Groq says the same numbers twice when asked for usage: never added.
    auto& statement = usage_ && usage_->is_present() ? usage_ : groq_usage_;
    if (statement) {
        detail::take_usage(std::move(*statement), reading_);
    }
}

void OpenAiReader::take_error() {
    if (!facts_.has_error && !has_error_object_ && !object_is_error_) {
        return;
    }
    if (!has_error_object_) {
        error_ = std::move(top_);
    } else if (error_.type.empty() && error_.code.empty()) {
        error_.code = std::move(top_.code);
    }
    detail::set_error(std::move(error_), reading_, facts_);
}

}  // namespace

bool read_openai_event(const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    return OpenAiReader{Data::skipped, reading, facts}.read(event);
}

bool read_openai_images_event(const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    return OpenAiReader{Data::images, reading, facts}.read(event);
}

bool read_openai_object(const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    const bool is_object = read_openai_event(event, reading, facts);
    // The calls that a batch holds state and bill their own.
    reading.stated.clear(UsageField::input);
    reading.stated.clear(UsageField::output);
    reading.finish_reason.clear();
    return is_object;
}

}  // namespace pulse::llm
