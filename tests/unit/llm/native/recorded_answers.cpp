#include "tests/unit/llm/native/recorded_answers.h"

#include "llm/detail/answer_fields.h"
#include "llm/detail/stated_error.h"
#include "llm/eventstream/event_stream_scanner.h"
#include "llm/json_stream/json_stream_scanner.h"
#include "llm/sse/sse_scanner.h"
#include "tests/unit/llm/padded.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace pulse::llm {
namespace {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string decoded(std::string_view base64) {
    std::string bytes(base64.size() / 4 * 3 + 3, '\0');
    const int size = EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(bytes.data()),
        reinterpret_cast<const unsigned char*>(base64.data()),
        static_cast<int>(base64.size()));
    const auto padding = static_cast<std::size_t>(std::count(base64.end() - 2, base64.end(), '='));
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

std::string text_or_empty(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

NativeExchange parse_exchange(const std::filesystem::path& path) {
    const auto file = boost::json::parse(read_file(path)).as_object();
    const auto& response = file.at("response").as_object();
    NativeExchange exchange;
    exchange.name = path.stem().string();
    exchange.provider = text_or_empty(file, "provider");
    exchange.api = text_or_empty(file, "api");
    exchange.framing = text_or_empty(response, "framing");
    exchange.body = response.contains("body_base64")
                        ? decoded(text_or_empty(response, "body_base64"))
                        : text_or_empty(response, "body_text");
    exchange.status = response.at("status").to_number<int>();
    for (const auto& [name, value] : response.at("headers").as_object()) {
        if (value.is_string()) {
            exchange.head.emplace_back(name, value.as_string());
        }
    }
    exchange.content_type = text_or_empty(response.at("headers").as_object(), "content-type");
    exchange.expected = file.at("expected").as_object();
    return exchange;
}

/// One scanner of any framing, its events handed on.
class Reader {
public:
    Reader(EventReader read, MeterReading& reading) : read_(read), reading_(reading) {}

    void on_event(
        std::string_view raw, std::string_view name, std::string_view data, bool is_stream) {
        if (data.empty() || data == "[DONE]") {
            return;
        }
        facts = {};
        facts.keeps_text = true;
        const Padded padded{data};
        const bool is_read = read_(
            {.raw = raw, .name = name, .data = padded.view(), .is_stream = is_stream},
            reading_,
            facts);
        reading_.is_readable = reading_.is_readable && is_read;
        if (facts.has_finish || facts.has_usage) {
            end_facts = facts;
        }
    }

    EventFacts facts;
    EventFacts end_facts;

private:
    EventReader read_;
    MeterReading& reading_;
};

template <class Feed>
void in_pieces(std::string_view bytes, std::size_t piece, Feed feed) {
    while (!bytes.empty()) {
        feed(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
}

void read_sse(const std::string& body, std::size_t piece, Reader& reader) {
    SseScanner scanner;
    SseEvent event;
    in_pieces(body, piece, [&](std::string_view bytes) {
        scanner.feed(bytes);
        while (scanner.next(event)) {
            reader.on_event(event.raw, event.name, event.data, true);
        }
    });
    if (scanner.finish(event)) {
        reader.on_event(event.raw, event.name, event.data, true);
    }
}

void read_json_stream(
    const std::string& body,
    std::size_t piece,
    JsonStreamScanner::Framing framing,
    Reader& reader) {
    JsonStreamScanner scanner{framing};
    JsonEvent event;
    in_pieces(body, piece, [&](std::string_view bytes) {
        scanner.feed(bytes);
        while (scanner.next(event)) {
            reader.on_event(event.raw, {}, event.data, true);
        }
    });
    if (scanner.finish(event)) {
        reader.on_event(event.raw, {}, event.data, true);
    }
}

void read_event_stream(const std::string& body, std::size_t piece, Reader& reader) {
    EventStreamScanner scanner;
    EventStreamFrame frame;
    in_pieces(body, piece, [&](std::string_view bytes) {
        scanner.feed(bytes);
        while (scanner.next(frame)) {
            EXPECT_FALSE(frame.is_piece);
            reader.on_event(frame.raw, frame.name, frame.payload, true);
        }
    });
    EXPECT_FALSE(scanner.is_broken());
    EXPECT_TRUE(scanner.pending().empty());
}

void expect_word(
    const boost::json::object& expected,
    std::string_view key,
    const std::string& word,
    bool is_number) {
    const auto* value = expected.if_contains(key);
    if (value == nullptr || value->is_null()) {
        return;
    }
    EXPECT_EQ(is_number, value->is_number()) << key;
    EXPECT_EQ(
        word,
        value->is_number() ? std::to_string(value->to_number<std::int64_t>())
                           : value->as_string().c_str())
        << key;
}

void expect_counts(
    const boost::json::object& counts, const StatedUsage& stated, const std::string& where) {
    for (std::size_t at = 0; at < kUsageFields; ++at) {
        const auto field = static_cast<UsageField>(at);
        const auto* value = counts.if_contains(to_string(field));
        if (value == nullptr) {
            continue;
        }
        EXPECT_EQ(stated.get(field), value->to_number<std::int64_t>())
            << where << " " << to_string(field);
    }
}

}  // namespace

std::vector<NativeExchange> native_exchanges(std::string_view prefix) {
    std::vector<NativeExchange> exchanges;
    const std::filesystem::path folder = std::filesystem::path{PULSE_FIXTURES_DIR} / "providers";
    if (!std::filesystem::is_directory(folder)) {
        return exchanges;
    }
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        if (entry.path().filename().string().starts_with(prefix)) {
            exchanges.push_back(parse_exchange(entry.path()));
        }
    }
    std::sort(exchanges.begin(), exchanges.end(), [](const auto& a, const auto& b) {
        return a.name < b.name;
    });
    return exchanges;
}

MeterReading read_events(
    const NativeExchange& exchange, EventReader read, std::size_t piece, EventFacts* last) {
    MeterReading reading;
    Reader reader{read, reading};
    if (exchange.status >= 400) {
        const Padded padded{exchange.body};
        detail::set_error(detail::read_error_body(padded.view()), reading, reader.facts);
    } else if (exchange.framing == "sse") {
        read_sse(exchange.body, piece, reader);
    } else if (exchange.framing == "ndjson") {
        read_json_stream(exchange.body, piece, JsonStreamScanner::Framing::lines, reader);
    } else if (exchange.framing == "json-array") {
        read_json_stream(exchange.body, piece, JsonStreamScanner::Framing::array, reader);
    } else if (exchange.framing == "aws-eventstream") {
        read_event_stream(exchange.body, piece, reader);
    } else {
        reader.on_event(exchange.body, {}, exchange.body, false);
    }
    if (last != nullptr) {
        *last = reader.end_facts;
    }
    return reading;
}

void expect_as_recorded(const NativeExchange& exchange, const MeterReading& reading) {
    const auto& expected = exchange.expected;
    EXPECT_TRUE(reading.is_readable);
    if (expected.at("usage_present").as_bool()) {
        EXPECT_TRUE(reading.usage_present);
    }
    expect_counts(expected.at("usage").as_object(), reading.stated, "usage");
    expect_word(expected, "model", reading.model, false);
    expect_word(expected, "response_id", reading.response_id, false);
    expect_word(expected, "finish_reason", reading.finish_reason, reading.finish_reason_is_number);
    expect_word(expected, "service_tier", reading.service_tier, reading.service_tier_is_number);
    if (const auto* searches = expected.if_contains("web_search_queries")) {
        EXPECT_EQ(reading.calls.web_searches, searches->as_int64());
    }
    const auto* error = expected.if_contains("error");
    EXPECT_EQ(reading.is_error, error != nullptr);
    if (error != nullptr) {
        expect_word(error->as_object(), "type", reading.error.type, false);
        expect_word(
            error->as_object(), "code", reading.error.code.text, reading.error.code.is_number);
        expect_word(error->as_object(), "message", reading.error.message, false);
    }
    const auto* extras = expected.if_contains("billable_extra_iterations");
    ASSERT_EQ(reading.extras.size(), extras == nullptr ? 0U : extras->as_array().size());
    for (std::size_t at = 0; at < reading.extras.size(); ++at) {
        const auto& extra = extras->as_array()[at].as_object();
        EXPECT_EQ(reading.extras[at].type, text_or_empty(extra, "type"));
        EXPECT_EQ(reading.extras[at].model, text_or_empty(extra, "model"));
        expect_counts(extra, reading.extras[at].stated, "extra");
    }
}

}  // namespace pulse::llm
