#include "llm/openai/body_edit.h"

#include "base/assert.h"
#include "llm/detail/json_text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pulse::llm {
namespace {

constexpr std::string_view kOptions = R"({"include_usage":true})";
constexpr std::string_view kOptionsField = R"("stream_options":{"include_usage":true})";
constexpr std::string_view kOptionsFieldMore = R"("stream_options":{"include_usage":true},)";
constexpr std::string_view kUsageFieldMore = R"("include_usage":true,)";
constexpr std::string_view kTrue = "true";

/// One replacement; a range of size 0 inserts.
struct Change {
    ByteRange range;
    std::string_view text;
};

Change usage_change(const RequestFacts& facts) {
    if (!facts.stream_options) {
        const bool is_only = facts.object_empty;
        return {{facts.object_open, 0}, is_only ? kOptionsField : kOptionsFieldMore};
    }
    if (facts.stream_options_empty) {
        return {*facts.stream_options, kOptions};
    }
    if (facts.include_usage) {
        return {*facts.include_usage, kTrue};
    }
    return {{facts.stream_options->offset + 1, 0}, kUsageFieldMore};
}

}  // namespace

void EditedBody::clear() {
    count_ = 0;
    size_ = 0;
    inserted_model_.clear();
}

void EditedBody::add(std::string_view part) {
    if (part.empty()) {
        return;
    }
    PULSE_ASSERT(count_ < parts_.size());
    parts_[count_++] = part;
    size_ += part.size();
}

void edit_body(
    std::string_view body,
    const RequestFacts& facts,
    std::string_view model,
    bool ask_for_usage,
    EditedBody& out,
    std::span<const BodyChange> more) {
    out.clear();
    PULSE_ASSERT(more.size() <= kBodyChangesMax);
    std::array<Change, 2 + kBodyChangesMax> changes{};
    std::size_t count = 0;
    const bool names_model = facts.model_value.size > 0;
    const bool may_name = names_model || !facts.is_form;
    if (!model.empty() && may_name && (!names_model || model != facts.model)) {
        if (!names_model) {
            out.inserted_model_ = R"("model":)";
        }
        if (facts.is_form) {
            out.inserted_model_ = model;
        } else {
            detail::append_json_string(model, out.inserted_model_);
        }
        if (!names_model && !facts.object_empty) {
            out.inserted_model_ += ',';
        }
        changes[count++] = {
            names_model ? facts.model_value : ByteRange{facts.object_open, 0}, out.inserted_model_};
    }
    const bool has_room = !facts.object_empty || count == 0;
    if (ask_for_usage && has_room && facts.usage_option != UsageOption::wanted) {
        changes[count++] = usage_change(facts);
    }
    for (const BodyChange& change : more) {
        changes[count++] = {change.range, change.text};
    }
    // What is inserted in front of a range comes before what replaces the range.
    std::sort(
        changes.begin(),
        changes.begin() + static_cast<std::ptrdiff_t>(count),
        [](const Change& a, const Change& b) {
            return std::pair{a.range.offset, a.range.size} <
                   std::pair{b.range.offset, b.range.size};
        });
    std::size_t done = 0;
    for (std::size_t index = 0; index < count; ++index) {
        const Change& change = changes[index];
        PULSE_ASSERT(change.range.offset >= done);
        PULSE_ASSERT(change.range.offset + change.range.size <= body.size());
        out.add(body.substr(done, change.range.offset - done));
        out.add(change.text);
        done = change.range.offset + change.range.size;
    }
    out.add(body.substr(done));
}

}  // namespace pulse::llm
