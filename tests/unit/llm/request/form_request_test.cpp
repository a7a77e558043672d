#include "llm/request/form_request.h"

#include <gtest/gtest.h>

namespace pulse::llm {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=\"xx\"";

[[nodiscard]] std::string part(
    std::string_view name, std::string_view value, std::string_view more = {}) {
    std::string out = "--xx\r\nContent-Disposition: form-data; name=\"";
    out.append(name).append("\"").append(more).append("\r\n\r\n").append(value).append("\r\n");
    return out;
}

TEST(FormRequest, ReadsTheFieldsWhereverTheFileStands) {
    const std::string body = part(
                                 "file",
                                 std::string("RIFF\r\n--x\0\r\n", 12),
                                 "; filename=\"a.wav\"\r\nContent-Type: audio/wav") +
                             part("model", "whisper-1") + part("stream", "true") + "--xx--\r\n";

    const auto facts = read_form_request(Api::transcriptions, kType, body);

    ASSERT_TRUE(facts.has_value()) << facts.error().detail();
    EXPECT_EQ(facts->model, "whisper-1");
    EXPECT_TRUE(facts->is_form);
    EXPECT_EQ(body.substr(facts->model_value.offset, facts->model_value.size), "whisper-1");
    EXPECT_TRUE(facts->stream);
    EXPECT_EQ(facts->audio_parts, 1);
}

TEST(FormRequest, KnowsHowLongAWaveFilePlays) {
    std::string wave = "RIFF....WAVEfmt ";
    wave.resize(44 + 96'000);
    wave[29] = static_cast<char>(0x7d);  // 0x7d00 = 32,000 bytes a second
    const std::string body = part("file", wave, "; filename=\"a.wav\"") + part("model", "whisper-1") + "--xx--";
    EXPECT_EQ(read_form_request(Api::transcriptions, kType, body)->audio_seconds, 4) << "3.001 s, rounded up";
    const std::string other = part("file", std::string(8'000, 'x'), "; filename=\"a.mp3\"") + part("model", "w") + "--xx--";
    EXPECT_EQ(read_form_request(Api::transcriptions, kType, other)->audio_seconds, 2) << "at 32 kbit/s";
}

TEST(FormRequest, RefusesWhatServersReadDifferently) {
    EXPECT_EQ(
        read_form_request(
            Api::transcriptions, kType, part("model", "a") + part("model", "b") + "--xx--")
            .error()
            .param(),
        "model");
    EXPECT_EQ(
        read_form_request(Api::transcriptions, kType, part("prompt", "a") + "--xx--")
            .error()
            .param(),
        "model");
    EXPECT_EQ(
        read_form_request(Api::transcriptions, kType, part("model", "a b\"") + "--xx--")
            .error()
            .param(),
        "model");
    EXPECT_TRUE(read_form_request(Api::images, kType, part("prompt", "a") + "--xx--").has_value());
}

TEST(SplitForm, RefusesBrokenForms) {
    const std::string good = part("model", "a") + "--xx--\r\n";
    EXPECT_TRUE(split_form(kType, good).has_value());
    EXPECT_TRUE(split_form(kType, "preamble\r\n" + good).has_value());
    EXPECT_FALSE(split_form("multipart/form-data", good).has_value());
    EXPECT_FALSE(split_form(kType, "").has_value());
    EXPECT_FALSE(split_form(kType, "--yy\r\n").has_value());
    EXPECT_FALSE(split_form(kType, part("model", "a")).has_value()) << "no last boundary";
    EXPECT_FALSE(split_form(kType, "--xx\r\nContent-Type: a\r\n\r\nb\r\n--xx--").has_value())
        << "no name";
    EXPECT_FALSE(split_form(kType, "--xxjunk\r\n\r\n").has_value());
    for (std::size_t size = 0; size < good.size(); ++size) {
        static_cast<void>(split_form(kType, std::string_view{good}.substr(0, size)));
    }
}

}  // namespace
}  // namespace pulse::llm
