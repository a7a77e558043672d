#include "storage/detail/record_codec.h"

#include "base/hex.h"
#include "storage/detail/record_fields.h"
#include "storage/records.h"
#include "storage/spool/spool.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace pulse::storage {
namespace {

using tests::sample_record;

[[nodiscard]] std::string encoded(const RequestRecord& record) {
    std::string bytes;
    encode(record, bytes);
    return bytes;
}

/// Every field as text, so that two records can be compared and differences read.
struct Describer {
    std::string text;
    void operator()(const std::string_view& value) { text.append(value).append("|"); }
    void operator()(const Money& value) { text.append(value.to_string()).append("|"); }
    void operator()(std::int64_t value) { text.append(std::to_string(value)).append("|"); }
};

[[nodiscard]] std::string described(const RequestRecord& record) {
    Describer describer;
    describer(record.id.to_string());
    describer(to_string(record.dialect));
    describer(to_string(record.api));
    describer(to_string(record.outcome));
    describer(to_string(record.usage_source));
    describer(
        std::int64_t{record.stream} + 2 * std::int64_t{record.sandbox} +
        4 * std::int64_t{record.has_stated_cost} + 8 * static_cast<std::int64_t>(record.deferred));
    detail::visit_request_numbers(record, describer);
    detail::visit_request_texts(record, describer);
    for (const AttemptRecord& attempt : record.attempts) {
        describer.text.append("\n");
        describer(to_string(attempt.outcome));
        describer(to_string(attempt.usage_source));
        detail::visit_attempt_numbers(attempt, describer);
        detail::visit_attempt_texts(attempt, describer);
    }
    return describer.text;
}

TEST(RecordCodec, ReadsBackWhatItWrote) {
    const RequestRecord record = sample_record();
    const std::string bytes = encoded(record);
    DecodedRecord decoded;

    ASSERT_TRUE(decode(bytes, decoded));

    EXPECT_EQ(described(decoded.record), described(record));
}

TEST(RecordCodec, ReadsBackAnEmptyRecord) {
    const RequestRecord record;
    const std::string bytes = encoded(record);
    auto decoded = std::make_unique<DecodedRecord>();
    decoded->record = sample_record();

    ASSERT_TRUE(decode(bytes, *decoded));

    EXPECT_EQ(described(decoded->record), described(record));
    EXPECT_EQ(decoded->record.ttft_us, -1);
}

TEST(RecordCodec, KeepsExtremeNumbers) {
    RequestRecord record;
    record.status = std::numeric_limits<std::int32_t>::min();
    record.latency_us = std::numeric_limits<std::int64_t>::max();
    record.overhead_us = std::numeric_limits<std::int64_t>::min();
    record.cost = Money::from_pico(std::numeric_limits<Int128>::max());
    record.estimated_cost = Money::from_pico(std::numeric_limits<Int128>::min());
    const std::string bytes = encoded(record);
    DecodedRecord decoded;

    ASSERT_TRUE(decode(bytes, decoded));

    EXPECT_EQ(decoded.record.status, record.status);
    EXPECT_EQ(decoded.record.latency_us, record.latency_us);
    EXPECT_EQ(decoded.record.overhead_us, record.overhead_us);
    EXPECT_EQ(decoded.record.cost, record.cost);
    EXPECT_EQ(decoded.record.estimated_cost, record.estimated_cost);
}

// A spool that an older version left must be read by every later one: these bytes never change. A
// new field appends.
TEST(RecordCodec, WritesTheDocumentedBytes) {
    RequestRecord record = sample_record();
    record.region = {};  // came later
    EXPECT_EQ(
        to_hex(encoded(record)),
        "0105010100010200019b76daa80170008000000000000001ff3120009003c08c64c0cf245aa8e8c8e99707a0a9"
        "b80880"
        "8080ba9afd8d97c89f0f2606140802ffff0f00056b65792d310764656661756c74067365617263680772616e6b"
        "696e67"
        "036164610473697465037765620a76697369746f722d37370e7b22656e76223a2270726f64227d066261636b75"
        "700573"
        "6d617274166770742d346f2d6d696e692d323032342d30372d31380764656661756c740473746f70046e6f6e65"
        "056578"
        "61637411323032362d31312d30312f616263646566203462663932663335373762333464613661336365393239"
        "643065"
        "3065343733360c7265715f70726f76696465720a7265715f63616c6c657221000000020003000000ee07c24303"
        "000000"
        "066f70656e61690b6770742d346f2d6d696e693900000000010f0100009003f29463a0a9b80826140700000006"
        "626163"
        "6b7570166770742d346f2d6d696e692d323032342d30372d3138056578616374");
    EXPECT_EQ(
        to_hex(encoded(RequestRecord{})),
        "010000000000000000000000000000000000000000000000040000000100000000");
}

TEST(RecordCodec, AppendsToWhatIsThere) {
    std::string bytes = "before";

    encode(sample_record(), bytes);

    EXPECT_EQ(bytes, "before" + encoded(sample_record()));
}

TEST(RecordCodec, RefusesEveryTruncation) {
    const std::string bytes = encoded(sample_record());
    auto decoded = std::make_unique<DecodedRecord>();

    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const std::string cut =
            bytes.substr(0, size);  // its own allocation, so that a sanitizer sees every overrun
        const Result<void> result = decode(cut, *decoded);
        ASSERT_FALSE(result) << "at " << size;
        EXPECT_EQ(result.error().code(), Errc::corrupt_input);
    }
}

TEST(RecordCodec, SurvivesEveryByteChanged) {
    const std::string bytes = encoded(sample_record());
    auto decoded = std::make_unique<DecodedRecord>();

    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
            std::string changed = bytes;
            changed[at] = static_cast<char>(static_cast<std::uint8_t>(changed[at]) ^ flip);
            static_cast<void>(decode(changed, *decoded));
        }
    }
}

// An empty record with one unknown number, one unknown text, and bytes behind its end.
TEST(RecordCodec, PassesOverFieldsOfANewerVersion) {
    const std::string head = encoded(RequestRecord{}).substr(0, 24);
    const std::string numbers{
        "\x04\x00\x00\x80"
        "\x01"
        "\x05",
        6};  // ttft_us -1; bit 31: -3
    const std::string texts{
        "\x01\x00\x00\x40"
        "\x03"
        "key"
        "\x03"
        "new",
        12};  // key_id; bit 30
    const std::string bytes = head + numbers + texts + "more";
    DecodedRecord decoded;

    ASSERT_TRUE(decode(bytes, decoded));

    EXPECT_EQ(decoded.record.key_id, "key");
    EXPECT_EQ(decoded.record.ttft_us, -1);
    EXPECT_EQ(decoded.record.org, "");
}

TEST(RecordCodec, NamesAVersionThatItDoesNotKnow) {
    std::string bytes = encoded(sample_record());
    bytes[0] = 9;
    DecodedRecord decoded;

    const Result<void> result = decode(bytes, decoded);

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().detail(), "record of unknown kind 9");
}

TEST(RecordCodec, KeepsTheFirstAttemptsAndTheLast) {
    std::array<AttemptRecord, 20> attempts;
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        attempts[i].latency_us = static_cast<std::int64_t>(i);
        attempts[i].is_price_missing = i == 14;
    }
    RequestRecord record = sample_record();
    record.attempts = attempts;
    const std::string bytes = encoded(record);
    DecodedRecord decoded;

    ASSERT_TRUE(decode(bytes, decoded));

    ASSERT_EQ(decoded.record.attempts.size(), DecodedRecord::kAttemptsMax);
    EXPECT_EQ(decoded.record.attempts[14].latency_us, 14);
    EXPECT_EQ(decoded.record.attempts[15].latency_us, 19);
    EXPECT_TRUE(decoded.record.attempts[14].is_price_missing);
    EXPECT_FALSE(decoded.record.attempts[15].is_price_missing);
}

TEST(CutRecord, CutsTheLongestTextsAtACharacter) {
    const std::string model = "m" + std::string(9'000, 'x');
    std::string end_user;
    while (end_user.size() < 9'000) {
        end_user.append("é");
    }
    RequestRecord record = sample_record();
    record.model_requested = model;
    record.end_user = end_user;

    const detail::CutRecord cut{record, SpoolWriter::kRecordBytesMax};

    const std::string bytes = encoded(cut.record());
    EXPECT_LE(bytes.size(), SpoolWriter::kRecordBytesMax);
    EXPECT_GT(bytes.size(), SpoolWriter::kRecordBytesMax / 2);
    EXPECT_TRUE(model.starts_with(cut.record().model_requested));
    EXPECT_TRUE(end_user.starts_with(cut.record().end_user));
    EXPECT_EQ(cut.record().end_user.size() % 2, 0U);
    EXPECT_EQ(cut.record().tags_json, record.tags_json);
    EXPECT_EQ(cut.record().attempts.size(), 2U);
}

TEST(CutRecord, LeavesOutTagsThatAreTooLong) {
    const std::string tags = "{\"a\":\"" + std::string(9'000, 'x') + "\"}";
    RequestRecord record = sample_record();
    record.tags_json = tags;

    const detail::CutRecord cut{record, SpoolWriter::kRecordBytesMax};

    EXPECT_EQ(cut.record().tags_json, "");
    EXPECT_EQ(cut.record().end_user, record.end_user);
}

TEST(CutRecord, CutsAttemptsToo) {
    const std::string model(1'000, 'x');
    std::array<AttemptRecord, 16> attempts;
    for (AttemptRecord& attempt : attempts) {
        attempt.model = model;
    }
    RequestRecord record = sample_record();
    record.attempts = attempts;

    const detail::CutRecord cut{record, SpoolWriter::kRecordBytesMax};

    EXPECT_LE(encoded(cut.record()).size(), SpoolWriter::kRecordBytesMax);
    EXPECT_EQ(cut.record().attempts.size(), 16U);
}

}  // namespace
}  // namespace pulse::storage
