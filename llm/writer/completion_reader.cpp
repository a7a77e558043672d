#include "llm/writer/completion_reader.h"

#include "llm/detail/answer_fields.h"
#include "llm/detail/json_document.h"
#include "llm/openai/answer_reader.h"

namespace pulse::llm {

bool read_writer_completion_event(
    const WireEvent& event, MeterReading& reading, EventFacts& facts) {
    if (!event.is_stream) {
        return read_openai_event(event, reading, facts);
    }
    detail::DeliveredText text{reading, facts};
    bool has_value = false;
    const bool is_read = detail::read_object(
        event.data, [&](std::string_view key, simdjson::ondemand::value& value) {
            if (key == "value") {
                has_value = true;
                facts.has_finish = true;  // nothing says the end: any event may be the last
                text.add_string(value);
            }
            return simdjson::SUCCESS;
        });
    return has_value ? is_read : read_openai_event(event, reading, facts);
}

}  // namespace pulse::llm
