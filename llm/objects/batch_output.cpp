#include "llm/objects/batch_output.h"

#include "llm/answer_meter.h"
#include "llm/batch/result_line.h"
#include "llm/detail/json_document.h"
#include "llm/objects/object_references.h"

#include <algorithm>
#include <utility>

namespace pulse::llm {

namespace {

using namespace detail;

constexpr std::size_t kModelBytesMax = 256;
constexpr int kStatusError = 400;

/// The bytes of a value that is an object; empty for any other.
[[nodiscard]] std::string_view raw_object(ondemand::value& value) {
    ondemand::object object;
    std::string_view raw;
    if (value.get_object().get(object) != simdjson::SUCCESS ||
        object.raw_json().get(raw) != simdjson::SUCCESS) {
        return {};
    }
    return raw.substr(0, raw.rfind('}') + 1);
}

/// What an item of a batch says of its request.
struct Item {
    std::string_view answer;  ///< empty: none
    bool is_refused = false;  ///< it says that there is none
    Api api = Api::none;
};

/// `{"response":{…}}` or `{"error":{…}}`
[[nodiscard]] simdjson::error_code read_gemini(
    Item& item, std::string_view key, ondemand::value& value) {
    if (key == "response") {
        item.answer = raw_object(value);
    } else if (key == "error" && !is_null(value)) {
        item.is_refused = true;
    }
    return simdjson::SUCCESS;
}

/// `{"batch_result":{"response":{"chat_get_completion":{…}}}}`
[[nodiscard]] simdjson::error_code read_xai(
    Item& item, std::string_view key, ondemand::value& value) {
    if (key == "error" || key == "error_message") {
        item.is_refused = item.is_refused || !is_null(value);
    }
    if (key != "batch_result") {
        return simdjson::SUCCESS;
    }
    return for_each_field_of(value, [&item](std::string_view name, ondemand::value& field) {
        if (name != "response") {
            item.is_refused = item.is_refused || (name == "error" && !is_null(field));
            return simdjson::SUCCESS;
        }
        return for_each_field_of(field, [&item](std::string_view kind, ondemand::value& answer) {
            item.api = kind == "chat_get_completion" ? Api::chat_completions : Api::none;
            item.answer = raw_object(answer);
            return simdjson::SUCCESS;
        });
    });
}

/// What an item of a batch says; nothing when it is none.
[[nodiscard]] std::optional<Item> read_item(DeferredShape shape, std::string_view json) {
    Item item;
    if (shape != DeferredShape::gemini_batch && shape != DeferredShape::xai_batch) {
        const auto line = read_batch_result_line(json);
        if (!line) {
            return std::nullopt;
        }
        item.answer = line->body;
        item.is_refused = line->body.empty() || line->status >= kStatusError;
        return item;
    }
    const auto read = shape == DeferredShape::xai_batch ? read_xai : read_gemini;
    const bool is_read = read_object(
        json, [&](std::string_view key, ondemand::value& value) { return read(item, key, value); });
    return is_read && (item.is_refused || !item.answer.empty()) ? std::optional(item)
                                                                : std::nullopt;
}

/// What an answer of OpenAI's is, where the batch does not say it.
[[nodiscard]] Api api_of_answer(std::string_view answer) {
    std::string object;
    bool has_embedding = false;
    const bool is_read = read_object(answer, [&](std::string_view key, ondemand::value& value) {
        if (key == "object") {
            object = std::string(raw_text(value));
        } else if (key == "data") {
            has_embedding = true;
        }
        return simdjson::SUCCESS;
    });
    if (is_read && object == "response") {
        return Api::responses;
    }
    if (is_read && object == "text_completion") {
        return Api::completions;
    }
    return is_read && object == "list" && has_embedding ? Api::embeddings : Api::chat_completions;
}

/// The elements of the lists of results in a page, wherever they stand in it.
class PageReader {
public:
    simdjson::error_code read(std::string_view key, ondemand::value& value) {
        if (key == "pagination_token") {
            std::string_view token;
            if (value.get_string().get(token) == simdjson::SUCCESS) {
                next_page = std::string(token);
            }
            return simdjson::SUCCESS;
        }
        const bool is_list_name = key == "results" || key == "inlinedResponses";
        if (is_list_name && raw_token(value).starts_with('[')) {
            items.clear();  // Gemini states them twice, in metadata and in response
            return for_each_element(value, [this](ondemand::value& element) {
                items.push_back(raw_object(element));
                return simdjson::SUCCESS;
            });
        }
        if (is_list_name || key == "metadata" || key == "response" || key == "output") {
            return for_each_field_of(value, [this](std::string_view name, ondemand::value& field) {
                return read(name, field);
            });
        }
        return simdjson::SUCCESS;
    }

    std::vector<std::string_view> items;
    std::string next_page;
};

}  // namespace

void add_usage(Usage& sum, const Usage& more) {
    static constexpr std::int64_t Usage::*kCounts[] = {
        &Usage::input_uncached,     &Usage::cached_read,         &Usage::cache_write_5m,
        &Usage::cache_write_1h,     &Usage::cache_write_unsplit, &Usage::output_total,
        &Usage::of_which_reasoning, &Usage::of_input_audio,      &Usage::of_input_image,
        &Usage::of_input_video,     &Usage::of_cached_audio,     &Usage::of_output_audio,
        &Usage::of_output_image,    &Usage::input_audio_extra,   &Usage::web_search_requests,
        &Usage::search_units,       &Usage::web_fetch_requests,  &Usage::file_search_calls,
        &Usage::code_sessions,      &Usage::citation_tokens,     &Usage::images,
        &Usage::characters,         &Usage::audio_seconds};
    static_assert(sizeof kCounts / sizeof kCounts[0] == sizeof(Usage) / sizeof(std::int64_t));
    for (const auto count : kCounts) {
        sum.*count += more.*count;
    }
}

void BatchOutput::feed(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        const std::string_view part = bytes.substr(0, end);
        if (line_.size() + part.size() > kLineBytesMax) {
            is_line_too_long_ = true;
            line_.clear();
        } else if (!is_line_too_long_) {
            line_.append(part);
        }
        if (end == std::string_view::npos) {
            return;
        }
        take_line(line_);
        bytes.remove_prefix(end + 1);
    }
}

void BatchOutput::feed_end() {
    take_line(line_);
}

void BatchOutput::take_line(std::string& line) {
    const bool is_blank = std::all_of(line.begin(), line.end(), is_white_space);
    if (is_line_too_long_) {
        ++unreadable_;
    } else if (!is_blank) {
        line.reserve(line.size() + simdjson::SIMDJSON_PADDING);
        take_item(line);
    }
    is_line_too_long_ = false;
    line.clear();
}

void BatchOutput::take_item(std::string_view json) {
    const auto item = read_item(source_.shape, json);
    if (!item) {
        ++unreadable_;
    } else if (item->is_refused) {
        ++failed_;
    } else {
        take_answer(item->answer, item->api != Api::none ? item->api : source_.item_api);
    }
}

void BatchOutput::take_answer(std::string_view answer, Api api) {
    const MeterReading reading = read_answer(
        {.provider_kind = source_.provider_kind,
         .api = api == Api::none ? api_of_answer(answer) : api,
         .content_type = "application/json",
         .model = source_.model},
        {},
        answer);
    if (reading.is_error) {
        ++failed_;
        return;
    }
    ++answered_;
    const std::string_view model =
        reading.model.empty() ? source_.model : std::string_view{reading.model};
    ModelUse& use = of_model(model);
    ++use.answers;
    if (reading.is_billed) {
        add_usage(use.usage, reading.usage);
        use.is_guess = use.is_guess || !reading.usage_present || reading.inconsistent;
    }
    if (reading.stated_cost) {
        ++stated_;
        stated_cost_ += *reading.stated_cost;
    }
    for (const ExtraUsage& extra : reading.extras) {
        add_usage(
            of_model(extra.model.empty() ? model : std::string_view{extra.model}).usage,
            extra.usage);
    }
}

ModelUse& BatchOutput::of_model(std::string_view model) {
    const auto find = [this](std::string_view name) {
        return std::find_if(models_.begin(), models_.end(), [name](const ModelUse& use) {
            return use.model == name;
        });
    };
    model = model.substr(0, kModelBytesMax);
    auto found = find(model);
    if (found == models_.end() && models_.size() + 1 >= kModelsMax) {
        model = {};
        found = find(model);
    }
    if (found != models_.end()) {
        return *found;
    }
    return models_.emplace_back(ModelUse{.model = std::string(model), .usage = {}});
}

std::optional<std::string> BatchOutput::read_page(std::string_view body) {
    std::string page;
    page.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    page.append(body);
    PageReader reader;
    if (!read_object(page, [&reader](std::string_view key, ondemand::value& value) {
            return reader.read(key, value);
        })) {
        return std::nullopt;
    }
    for (const std::string_view item : reader.items) {
        take_item(item);
    }
    return std::move(reader.next_page);
}

std::optional<Money> BatchOutput::stated_cost() const {
    return answered_ > 0 && stated_ == answered_ ? std::optional(stated_cost_) : std::nullopt;
}

}  // namespace pulse::llm
