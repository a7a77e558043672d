#include "llm/answer_meter.h"
#include "llm/detail/stream_reader.h"

#include <utility>

namespace pulse::llm {

MeterReading read_answer(
    const AnswerSource& source,
    const std::vector<HeadField>& head,
    std::string_view body,
    KeepText keep) {
    // Making one costs a tenth of what reading a small answer does.
    thread_local detail::StreamReader reader;
    reader.reset(source);
    for (const HeadField& field : head) {
        reader.on_field(field.name, field.value);
    }
    reader.read_whole(body, keep == KeepText::yes);
    return std::move(reader).take_reading();
}

}  // namespace pulse::llm
