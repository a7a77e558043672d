#include "base/digest.h"
#include "base/hex.h"
#include "llm/openai/answer_meter.h"
#include "tests/golden/recorded_exchange.h"
#include "tests/unit/llm/openai/stream_run.h"
#include "tests/unit/llm/padded.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>

// The readers of llm/openai against recorded traffic. A case that does not hold is listed below
// with its reason.
namespace pulse::llm {
namespace {

using UsageChunk = OpenAiStreamMeter::UsageChunk;

struct Exclusion {
    std::string_view prefix;  ///< of the exchange's name
    std::string_view reason;
};

/// Billing that follows the provider's own meaning of the fields. These wait for the readers per
/// provider.
constexpr std::array<Exclusion, 5> kOwnMeaning{{
    {"xai__chat.completions__", "reasoning stands outside completion_tokens"},
    {"vercel-gateway__chat.completions__", "reasoning stands outside completion_tokens"},
    {"gemini__chat.completions__", "thinking is hidden: output is total minus prompt"},
    {"mistral__chat.completions__n__200__34dea0278d", "audio stands outside prompt_tokens"},
    {"cohere__embeddings__", "usage is meta.billed_units"},
}};

/// Finish reasons and errors that the recording's reader sees and ours leaves to others.
constexpr std::array<Exclusion, 1> kOtherFinish{{
    {"openai__completions__n__200__dc90810f13",
     "two answers: ours names the first one's finish, the recording the last's"},
}};
constexpr std::array<Exclusion, 1> kOtherError{{
    {"voyage__embeddings__n__400__", "the error is a bare `detail`: the status says it"},
}};

template <std::size_t Size>
bool is_in(const std::array<Exclusion, Size>& exclusions, const std::string& name) {
    return std::any_of(exclusions.begin(), exclusions.end(), [&name](const Exclusion& exclusion) {
        return name.starts_with(exclusion.prefix);
    });
}

bool has_own_meaning(const std::string& name) {
    return is_in(kOwnMeaning, name);
}

Api api_of(const RecordedExchange& exchange) {
    if (exchange.api == "embeddings") {
        return Api::embeddings;
    }
    return exchange.api == "completions" ? Api::completions : Api::chat_completions;
}

std::string text_or_empty(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

std::int64_t number_or_zero(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_number() ? value->to_number<std::int64_t>() : 0;
}

/// The code of an expected error as the reading keeps it: the code, else the type, numbers as text.
std::string code_of(const boost::json::value& error) {
    if (!error.is_object()) {
        return {};
    }
    const auto& object = error.as_object();
    const auto* code = object.if_contains("code");
    if (code != nullptr && code->is_int64()) {
        return std::to_string(code->as_int64());
    }
    const std::string text = text_or_empty(object, "code");
    return text.empty() ? text_or_empty(object, "type") : text;
}

void expect_billable(const boost::json::object& expected, const MeterReading& reading) {
    const auto* billable = expected.if_contains("billable");
    EXPECT_EQ(reading.usage_present, expected.at("usage_present").as_bool());
    EXPECT_EQ(reading.inconsistent, expected.contains("inconsistent"));
    if (billable == nullptr || !billable->is_object()) {
        return;
    }
    const auto& classes = billable->as_object();
    const auto is = [&classes](std::string_view name) {
        return number_or_zero(classes, name);
    };
    EXPECT_EQ(reading.usage.input_uncached, is("input_uncached"));
    EXPECT_EQ(reading.usage.cached_read, is("cached_read"));
    EXPECT_EQ(reading.usage.cache_write_5m, is("cache_write_5m"));
    EXPECT_EQ(reading.usage.cache_write_1h, is("cache_write_1h"));
    EXPECT_EQ(reading.usage.cache_write_unsplit, is("cache_write_unsplit"));
    EXPECT_EQ(reading.usage.output_total, is("output_total"));
    EXPECT_EQ(
        reading.usage.of_which_reasoning, std::min(is("of_which_reasoning"), is("output_total")));
    EXPECT_EQ(reading.usage.of_input_audio, is("of_input_audio"));
    EXPECT_EQ(reading.usage.of_output_audio, is("of_output_audio"));
}

void expect_words(const boost::json::object& expected, const MeterReading& reading) {
    EXPECT_EQ(reading.model, text_or_empty(expected, "model"));
    EXPECT_EQ(reading.service_tier, text_or_empty(expected, "service_tier"));
    EXPECT_EQ(reading.finish_reason, text_or_empty(expected, "finish_reason"));
    EXPECT_EQ(reading.response_id, text_or_empty(expected, "response_id"));
}

void expect_error(const boost::json::object& expected, const MeterReading& reading) {
    const auto* error = expected.if_contains("error");
    const auto* stream_error = expected.if_contains("stream_error");
    const auto* any = error != nullptr ? error : stream_error;
    EXPECT_EQ(reading.is_error, any != nullptr);
    EXPECT_EQ(reading.error_code, any != nullptr ? code_of(*any) : "");
}

/// Assistant text of a stream, by another parser than ours.
struct StreamText {
    std::string visible;
    int usage_only_chunks = 0;
};

void add_text(const boost::json::object& chunk, StreamText& text) {
    const auto* choices = chunk.if_contains("choices");
    const auto* usage = chunk.if_contains("usage");
    const bool has_usage = usage != nullptr && usage->is_object() && !chunk.contains("error");
    if (choices == nullptr || !choices->is_array()) {
        return;
    }
    text.usage_only_chunks += has_usage && choices->as_array().empty() ? 1 : 0;
    for (const auto& choice : choices->as_array()) {
        const auto* delta = choice.as_object().if_contains("delta");
        text.visible += delta != nullptr && delta->is_object()
                            ? text_or_empty(delta->as_object(), "content")
                            : text_or_empty(choice.as_object(), "text");
    }
}

StreamText text_of(std::string_view stream) {
    StreamText text;
    SseScanner scanner;
    scanner.feed(stream);
    SseEvent event;
    while (scanner.next(event)) {
        boost::system::error_code error;
        const auto chunk = boost::json::parse(event.data, error);
        if (!error && chunk.is_object()) {
            add_text(chunk.as_object(), text);
        }
    }
    return text;
}

/// Runs `check` on each recorded exchange that `is_wanted`, naming it in failures; says how many
/// there were.
template <class Wanted, class Check>
void for_each_exchange(Wanted is_wanted, Check check) {
    if (recorded_openai_exchanges().empty()) {
        GTEST_SKIP() << "no recorded exchanges in " << PULSE_FIXTURES_DIR;
    }
    int count = 0;
    for (const RecordedExchange& exchange : recorded_openai_exchanges()) {
        if (is_wanted(exchange)) {
            SCOPED_TRACE(exchange.name);
            check(exchange);
            ++count;
        }
    }
    EXPECT_GT(count, 0);
    testing::Test::RecordProperty("exchanges", count);
}

bool is_stream(const RecordedExchange& exchange) {
    return exchange.is_stream;
}
bool is_buffered(const RecordedExchange& exchange) {
    return !exchange.is_stream;
}

MeterReading answer(const RecordedExchange& exchange) {
    return read_openai_answer(api_of(exchange), Padded{exchange.body}.view());
}

TEST(RecordedAnswers, AreBilledAsExpected) {
    for_each_exchange(
        [](const auto& exchange) {
            return is_buffered(exchange) && !has_own_meaning(exchange.name);
        },
        [](const auto& exchange) { expect_billable(exchange.expected, answer(exchange)); });
}

TEST(RecordedAnswers, HaveTheirModelTierFinishAndId) {
    for_each_exchange(
        [](const auto& exchange) {
            return is_buffered(exchange) && !is_in(kOtherFinish, exchange.name);
        },
        [](const auto& exchange) { expect_words(exchange.expected, answer(exchange)); });
}

TEST(RecordedAnswers, AreErrorsWhenTheyAre) {
    for_each_exchange(
        [](const auto& exchange) {
            return is_buffered(exchange) && !is_in(kOtherError, exchange.name);
        },
        [](const auto& exchange) { expect_error(exchange.expected, answer(exchange)); });
}

TEST(RecordedStreams, AreBilledAsExpected) {
    for_each_exchange(
        [](const auto& exchange) { return is_stream(exchange) && !has_own_meaning(exchange.name); },
        [](const auto& exchange) {
            expect_billable(exchange.expected, run_stream({exchange.body}).reading);
        });
}

TEST(RecordedStreams, HaveTheirModelTierFinishAndId) {
    for_each_exchange(is_stream, [](const auto& exchange) {
        expect_words(exchange.expected, run_stream({exchange.body}).reading);
    });
}

TEST(RecordedStreams, AreErrorsAndEndAsExpected) {
    for_each_exchange(is_stream, [](const auto& exchange) {
        const StreamRun run = run_stream({exchange.body});
        expect_error(exchange.expected, run.reading);
        EXPECT_EQ(run.is_done, text_or_empty(exchange.expected, "terminator") == "[DONE]");
    });
}

TEST(RecordedStreams, PassByteForByte) {
    for_each_exchange(is_stream, [](const auto& exchange) {
        const StreamRun run = run_stream({exchange.body});
        EXPECT_TRUE(exchange.body.starts_with(run.shown + run.end));
        EXPECT_LT(
            exchange.body.size(),
            (run.shown + run.end).size() + 4);  // line feeds behind the terminator
    });
}

TEST(RecordedStreams, LoseTheUsageChunkAloneWhenItIsHidden) {
    for_each_exchange(is_stream, [](const auto& exchange) {
        const StreamRun run = run_stream({exchange.body}, {.usage_chunk = UsageChunk::hide});
        const StreamText shown = text_of(run.shown + run.end);
        EXPECT_EQ(shown.visible, text_of(exchange.body).visible);
        EXPECT_EQ(shown.usage_only_chunks, 0);
    });
}

TEST(RecordedStreams, KeepTheirText) {
    for_each_exchange(
        [](const auto& exchange) {
            return is_stream(exchange) && exchange.expected.contains("text_sha256");
        },
        [](const auto& exchange) {
            const StreamRun run = run_stream({exchange.body});
            const std::string text = text_of(run.shown + run.end).visible;
            EXPECT_EQ(to_hex(sha256(text)), text_or_empty(exchange.expected, "text_sha256"));
            EXPECT_GE(run.reading.delivered_text_bytes, static_cast<std::int64_t>(text.size()));
            if (run.reading.delivered_text_bytes == static_cast<std::int64_t>(text.size()) &&
                text.size() < kDeliveredTextMax / 2) {
                EXPECT_EQ(unescaped_text(run.reading.delivered_text), text);
            }
        });
}

TEST(RecordedStreams, ReadTheSameInPieces) {
    const Money cost = Money::from_pico(1);
    std::mt19937 random{1};
    for_each_exchange(is_stream, [&](const auto& exchange) {
        const StreamRunOptions options{.usage_chunk = UsageChunk::show, .cost = &cost};
        const std::string whole = signature(run_stream({exchange.body}, options));
        for (const std::size_t size :
             {std::size_t{1}, std::size_t{7}, std::size_t{random() % 1'000 + 8}}) {
            EXPECT_EQ(signature(run_stream(in_pieces(exchange.body, size), options)), whole)
                << size;
        }
    });
}

TEST(RecordedStreams, ReadTheSameSplitAtEveryPosition) {
    constexpr std::size_t kBytesMax =
        1'700;  // larger ones are split at every position of their last part
    for_each_exchange(is_stream, [](const auto& exchange) {
        const StreamRunOptions options{.usage_chunk = UsageChunk::hide};
        const std::string_view body = exchange.body;
        const std::string_view tail =
            body.substr(body.size() > kBytesMax ? body.size() - kBytesMax : 0);
        const std::string whole = signature(run_stream({tail}, options));
        const std::size_t step = exchange.provider == "openai" ? 1U : 17U;
        for (std::size_t at = 0; at <= tail.size(); at += step) {
            ASSERT_EQ(signature(run_stream({tail.substr(0, at), tail.substr(at)}, options)), whole)
                << at;
        }
    });
}

}  // namespace
}  // namespace pulse::llm
