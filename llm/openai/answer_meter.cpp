#include "llm/openai/answer_meter.h"

#include "llm/openai/detail/chunk_reader.h"

namespace pulse::llm {

MeterReading read_openai_answer(Api api, std::string_view body, KeepText keep) {
    MeterReading reading;
    detail::ChunkFacts facts;
    facts.keeps_text = keep == KeepText::yes;
    reading.is_readable = detail::read_chunk(api, body, reading, facts);
    return reading;
}

}  // namespace pulse::llm
