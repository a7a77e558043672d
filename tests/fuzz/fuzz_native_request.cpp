#include "base/assert.h"
#include "llm/objects/object_references.h"
#include "llm/openai/body_edit.h"
#include "llm/openai/request_reader.h"
#include "llm/request/form_request.h"
#include "llm/request/native_request.h"
#include "tests/unit/llm/padded.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The first byte picks the API, the second the dialect, the rest is a body: as JSON of every dialect, as a form, as a
// list of objects. What is accepted is edited, and must be accepted again under its new name.
namespace {

using pulse::Api;
using pulse::Dialect;
using pulse::RequestFacts;
using pulse::Result;
using pulse::llm::Padded;

constexpr std::string_view kFormType = "multipart/form-data; boundary=xx";

std::string renamed(std::string_view body, const RequestFacts& facts) {
    pulse::llm::EditedBody out;
    edit_body(body, facts, "new-model", false, out);
    std::string text;
    for (const std::string_view part : out) {
        text += part;
    }
    return text;
}

void check(const Result<RequestFacts>& facts, std::string_view body) {
    if (facts.has_error()) {
        PULSE_ASSERT(facts.error().code() == pulse::Errc::invalid_request);
        return;
    }
    PULSE_ASSERT(facts->model_value.offset + facts->model_value.size <= body.size());
    PULSE_ASSERT(facts->text_bytes >= 0 && facts->answers >= 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const auto api = static_cast<Api>(data[0] % (static_cast<unsigned>(Api::other) + 1U));
    const auto dialect = static_cast<Dialect>(data[1] % 6U);
    const Padded body{{reinterpret_cast<const char*>(data) + 2, size - 2}};

    const auto native = pulse::llm::read_native_request(dialect, api, body.view());
    check(native, body.view());
    if (native.has_value() && native->model_value.size > 0) {
        const Padded after{renamed(body.view(), *native)};
        const auto again = pulse::llm::read_native_request(dialect, api, after.view());
        PULSE_ASSERT(again.has_value() && again->model == "new-model");
    }
    check(pulse::llm::read_openai_request(api, body.view(), pulse::llm::PathNamesModel::yes), body.view());
    const auto form = pulse::llm::read_form_request(api, kFormType, body.view());
    check(form, body.view());
    if (form.has_value() && form->model_value.size > 0) {
        const std::string after = renamed(body.view(), *form);
        const auto again = pulse::llm::read_form_request(api, kFormType, after);
        PULSE_ASSERT(again.has_value() && again->model == "new-model");
    }
    static_cast<void>(pulse::llm::object_references(body.view()));
    static_cast<void>(pulse::llm::created_object(body.view()));
    const auto ids = pulse::llm::listed_objects(body.view());
    const std::string kept = pulse::llm::filtered_list(body.view(), ids);
    PULSE_ASSERT(kept.empty() || pulse::llm::listed_objects(kept) == ids);
    const std::string none = pulse::llm::filtered_list(body.view(), {});
    PULSE_ASSERT(none.empty() || pulse::llm::listed_objects(none).empty());
    return 0;
}
