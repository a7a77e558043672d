// What a call said and was told, where its operator or its key asks for that
// (docs/operations/content_logging.md).
#include "gateway/exchange/exchange.h"
#include "llm/request/form_request.h"

#include <utility>

namespace pulse::gateway {

namespace {

[[nodiscard]] bool is_text(std::string_view content_type) {
    return content_type.empty() || content_type.find("json") != std::string_view::npos ||
           net::istarts_with(content_type, "text/");
}

}  // namespace

/// The policies' word, else the configuration's.
ContentLogging Exchange::content_rule() const {
    const std::string_view rule = call_.rules.log_content;
    if (rule.empty()) {
        return call_.snapshot.settings().content_logging;
    }
    return rule == "full" ? ContentLogging::full
                          : (rule == "redacted" ? ContentLogging::redacted : ContentLogging::none);
}

void Exchange::keep_content(std::string_view part) {
    const bool is_stream = stage_ == Stage::streaming || stage_ == Stage::draining;
    if (!is_stream &&
        (!is_text(answer_type_) || !answer_.fields.value("content-encoding").empty())) {
        is_logged_answer_cut_ = true;
        return;
    }
    const std::size_t room = call_.snapshot.settings().content_bytes_max - logged_answer_.size();
    is_logged_answer_cut_ = is_logged_answer_cut_ || part.size() > room;
    logged_answer_.append(part.substr(0, room));
}

void Exchange::log_content() {
    const std::size_t bytes_max = call_.snapshot.settings().content_bytes_max;
    const bool is_kept = is_text(connection_.head().fields.value("content-type"));
    const std::string_view request = is_kept ? body() : std::string_view{};
    CallContent content;
    content.id = call_.id;
    content.request = request.substr(0, bytes_max);
    content.is_request_cut = !is_kept || request.size() > bytes_max;
    content.answer = std::exchange(logged_answer_, {});
    content.is_answer_cut = std::exchange(is_logged_answer_cut_, false);
    content.is_to_redact = call_.content == ContentLogging::redacted;
    call_.content = ContentLogging::none;
    worker_.content.take(std::move(content));
}

}  // namespace pulse::gateway
