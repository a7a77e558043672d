#pragma once

#include "llm/event_facts.h"
#include "llm/meter_reading.h"
#include "tests/unit/llm/padded.h"

#include <initializer_list>
#include <string_view>

namespace pulse::llm {

/// What a reader made of some events, text kept.
struct EventRun {
    MeterReading reading;
    EventFacts last;  ///< of the last event
    bool is_read = true;

    [[nodiscard]] std::int64_t stated(UsageField field) const {
        return reading.stated.value(field);
    }
};

/// Gives each of `events` to `read` as an event of a stream named `name`.
[[nodiscard]] inline EventRun run_stream(
    EventReader read, std::initializer_list<std::string_view> events, std::string_view name = {}) {
    EventRun run;
    for (const std::string_view data : events) {
        run.last = {};
        run.last.keeps_text = true;
        const Padded padded{data};
        run.is_read = read(
                          {.raw = data, .name = name, .data = padded.view(), .is_stream = true},
                          run.reading,
                          run.last) &&
                      run.is_read;
    }
    return run;
}

/// Gives `body` to `read` as a whole answer.
[[nodiscard]] inline EventRun run_whole(EventReader read, std::string_view body) {
    EventRun run;
    run.last.keeps_text = true;
    const Padded padded{body};
    run.is_read = read({.raw = body, .name = {}, .data = padded.view()}, run.reading, run.last);
    return run;
}

/// What no reader may take for an answer, nor fall over.
inline constexpr std::string_view kHostileTexts[] = {
    "",
    " ",
    "{",
    "}",
    "[",
    "[]",
    "[{}",
    "null",
    "42",
    "\"text\"",
    "{\"usage\":",
    "{\"usage\":{\"input_tokens\":1}",
    "{\"usage\":{\"input_tokens\":1}} trailing",
    "{\"a\":\"\xff\xfe\"}",
    "{\"error\":{\"message\":\"\\ud800\"}",
    "{\"a\" 1}",
    "[DONE]",
};

/// What every reader takes, reads nothing from and does not fall over: values of the wrong types.
inline constexpr std::string_view kOddObjects[] = {
    "{}",
    "{\"usage\":null,\"message\":null,\"error\":null,\"delta\":null,\"content\":null}",
    "{\"usage\":[],\"message\":[],\"delta\":[],\"content\":{},\"candidates\":{}}",
    "{\"usage\":7,\"message\":7,\"delta\":7,\"content\":7,\"candidates\":7,\"usageMetadata\":7}",
    "{\"usageMetadata\":null,\"candidates\":[null,7,\"a\",[]],\"predictions\":[null]}",
    "{\"usage\":{\"iterations\":{},\"cache_creation\":7,\"cacheDetails\":{}}}",
    "{\"results\":[7,null,[]],\"choices\":{},\"generations\":[null],\"outputs\":7}",
    "{\"output\":7,\"metrics\":7,\"meta\":7,\"steps\":7,\"interaction\":7,\"trace\":7}",
};

}  // namespace pulse::llm
