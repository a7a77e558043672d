#include "base/assert.h"
#include "llm/answer_meter.h"
#include "llm/openai/body_edit.h"
#include "llm/openai/prompt_reader.h"
#include "llm/openai/request_reader.h"
#include "tests/unit/llm/padded.h"

#include <boost/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The first byte picks the API, the rest is a body. A body that is accepted is edited; the result
// must be accepted too and, where another parser takes the body, differ from it in the edited
// values alone.
namespace {

using pulse::RequestFacts;
using pulse::llm::Padded;

std::string edited(const Padded& body, const RequestFacts& facts) {
    pulse::llm::EditedBody out;
    edit_body(body.view(), facts, "new/model", true, out);
    std::string text;
    for (const std::string_view part : out) {
        text += part;
    }
    PULSE_ASSERT(text.size() == out.size());
    return text;
}

void compare(std::string_view before, std::string_view after) {
    boost::system::error_code error;
    boost::json::value expected = boost::json::parse(before, error);
    if (error) {
        return;
    }
    expected.as_object()["model"] = "new/model";
    auto& options = expected.as_object()["stream_options"];
    if (!options.is_object()) {
        options.emplace_object();
    }
    options.as_object()["include_usage"] = true;
    PULSE_ASSERT(boost::json::parse(after, error) == expected && !error);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto api = static_cast<pulse::Api>(data[0] % 3U + 1U);
    const Padded body{{reinterpret_cast<const char*>(data) + 1, size - 1}};
    static_cast<void>(pulse::llm::read_answer(
        {.provider_kind = "openai", .api = api, .content_type = {}, .model = {}}, {}, body.view()));
    static_cast<void>(pulse::llm::read_openai_prompt(api, body.view()));
    const auto facts = pulse::llm::read_openai_request(api, body.view());
    if (facts.has_error()) {
        PULSE_ASSERT(facts.error().code() == pulse::Errc::invalid_request);
        return 0;
    }
    const Padded after{edited(body, *facts)};
    const auto facts_after = pulse::llm::read_openai_request(api, after.view());
    PULSE_ASSERT(facts_after.has_value() && facts_after->model == "new/model");
    PULSE_ASSERT(facts_after->usage_option == pulse::UsageOption::wanted);
    compare(body.view(), after.view());
    return 0;
}
