#include "base/assert.h"
#include "llm/openai/realtime_reader.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// A server event, whole and in pieces: never negative counts, parts within their wholes, and the
// text that was kept is what came.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pulse::llm;
    const std::string_view json{reinterpret_cast<const char*>(data), size};
    RealtimeEvent event;
    if (read_realtime_event(json, event)) {
        const pulse::Usage& usage = event.usage;
        PULSE_ASSERT(
            usage.input_uncached >= 0 && usage.cached_read >= 0 && usage.output_total >= 0);
        PULSE_ASSERT(usage.of_input_audio >= 0 && usage.of_input_audio <= usage.input_total());
        PULSE_ASSERT(usage.of_cached_audio <= usage.cached_read);
        PULSE_ASSERT(usage.of_output_audio <= usage.output_total && usage.audio_seconds >= 0);
    }
    RealtimeEventText text;
    for (std::size_t at = 0; at < json.size(); at += 7) {
        text.add(json.substr(at, 7));
    }
    const std::string_view kept = text.whole();
    PULSE_ASSERT(kept.empty() || kept == json);
    PULSE_ASSERT(!text.is_too_long());
    return 0;
}
