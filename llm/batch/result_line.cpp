#include "llm/batch/result_line.h"

#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"
#include "llm/detail/stated_error.h"

namespace pulse::llm {
namespace {

using detail::for_each_field_of;
namespace ondemand = simdjson::ondemand;

constexpr int kErrorStatus = 500;
constexpr int kStatusMax = 599;

class LineReader {
public:
    [[nodiscard]] std::optional<BatchResultLine> read(std::string_view json) {
        const bool is_read =
            detail::read_object(json, [this](std::string_view key, ondemand::value& value) {
                return read_field(key, value);
            });
        if (!is_read || line_.custom_id.empty() || (line_.body.empty() && !has_error_)) {
            return std::nullopt;
        }
        if (line_.body.empty() && !has_status_) {
            line_.status = kErrorStatus;
        }
        return std::move(line_);
    }

private:
    simdjson::error_code read_field(std::string_view key, ondemand::value& value) {
        if (key == "custom_id" || key == "key") {
            detail::assign_text(value, line_.custom_id);
        } else if (key == "response") {
            return read_response(value);
        } else if (key == "result") {
            return for_each_field_of(value, [this](std::string_view name, ondemand::value& field) {
                return read_result_field(name, field);
            });
        } else if (key == "error") {
            return read_error(value);
        }
        return simdjson::SUCCESS;
    }

    /// OpenAI's is an answer with its status around the body; Gemini's is the body.
    simdjson::error_code read_response(ondemand::value& value) {
        if (!detail::raw_token(value).starts_with('{')) {
            return simdjson::SUCCESS;
        }
        ondemand::object object;
        if (const auto error = value.get_object().get(object)) {
            return error;
        }
        bool has_body = false;
        const auto error =
            detail::for_each_field(object, [&](std::string_view key, ondemand::value& field) {
                if (key == "status_code") {
                    const auto status = detail::count_of(field).value_or(0);
                    has_status_ = status > 0 && status <= kStatusMax;
                    line_.status = has_status_ ? static_cast<int>(status) : line_.status;
                } else if (key == "body") {
                    has_body = true;
                    return take_body(field);
                }
                return simdjson::SUCCESS;
            });
        if (error || has_body || has_status_) {
            return error;
        }
        bool is_empty = false;
        if (const auto failure = object.reset().get(is_empty)) {
            return failure;
        }
        return object.raw_json().get(line_.body);
    }

    simdjson::error_code read_result_field(std::string_view key, ondemand::value& value) {
        if (key == "message") {
            return take_body(value);
        }
        if (key == "error") {
            return read_error(value);
        }
        // `canceled` and `expired` have nothing else.
        if (key == "type" && detail::raw_text(value) != "succeeded") {
            has_error_ = true;
            if (line_.error.type.empty()) {
                detail::assign_text(value, line_.error.type);
            }
        }
        return simdjson::SUCCESS;
    }

    simdjson::error_code read_error(ondemand::value& value) {
        if (detail::is_null(value)) {
            return simdjson::SUCCESS;
        }
        has_error_ = true;
        line_.error = {};
        return detail::read_error_value(value, line_.error);
    }

    simdjson::error_code take_body(ondemand::value& value) {
        ondemand::object object;
        const auto error = value.get_object().get(object);
        if (error == simdjson::INCORRECT_TYPE) {
            return simdjson::SUCCESS;
        }
        return error ? error : object.raw_json().get(line_.body);
    }

    BatchResultLine line_;
    bool has_error_ = false;
    bool has_status_ = false;
};

}  // namespace

std::optional<BatchResultLine> read_batch_result_line(std::string_view line) {
    return LineReader{}.read(line);
}

}  // namespace pulse::llm
