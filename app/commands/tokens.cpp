#include "app/commands/command.h"
#include "pricing/tokens/encoding.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <charconv>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>

namespace pulse::app {

namespace json = boost::json;

namespace {

[[nodiscard]] Result<pricing::EncodingName> chosen_encoding(const TokensOptions& wanted) {
    if (!wanted.model.empty() && !wanted.encoding.empty()) {
        return Error{
            Errc::invalid_request,
            "--encoding and --model are one too many: a model has its encoding"};
    }
    if (!wanted.model.empty()) {
        if (const auto found = pricing::encoding_of(wanted.model)) {
            return *found;
        }
        return Error{
            Errc::invalid_request,
            "the tokenizer of model '" + wanted.model +
                "' is not known here; --encoding o200k_base gives a near guess"};
    }
    if (wanted.encoding.empty()) {
        return pricing::EncodingName::o200k_base;
    }
    if (const auto found = pricing::parse_encoding_name(wanted.encoding)) {
        return *found;
    }
    return Error{
        Errc::invalid_request,
        "unknown encoding '" + wanted.encoding +
            "': use o200k_base, o200k_harmony, cl100k_base or p50k_base"};
}

/// The code unit of an escape `\uXXXX` at `at`, if one stands there.
[[nodiscard]] std::optional<std::uint32_t> escaped_unit(std::string_view text, std::size_t at) {
    constexpr std::size_t kEscapeSize = 6;
    std::uint32_t unit = 0;
    if (text.size() < at + kEscapeSize || text[at] != '\\' || text[at + 1] != 'u') {
        return std::nullopt;
    }
    const char* end = text.data() + at + kEscapeSize;
    const auto [read_to, error] = std::from_chars(text.data() + at + 2, end, unit, 16);
    return error == std::errc{} && read_to == end ? std::optional{unit} : std::nullopt;
}

/// JSON may hold halves of surrogate pairs, UTF-8 may not: they become U+FFFD, as in JavaScript's
/// TextEncoder.
void replace_lone_surrogates(std::string& text) {
    const auto is_low = [](std::optional<std::uint32_t> unit) {
        return unit && *unit >= 0xdc00 && *unit < 0xe000;
    };
    for (std::size_t at = text.find('\\'); at != std::string::npos; at = text.find('\\', at)) {
        const auto unit = escaped_unit(text, at);
        if (!unit) {
            at += 2;  // another escape
        } else if (*unit >= 0xd800 && *unit < 0xdc00 && is_low(escaped_unit(text, at + 6))) {
            at += 12;
        } else {
            if (*unit >= 0xd800 && *unit < 0xe000) {
                text.replace(at + 2, 4, "fffd");
            }
            at += 6;
        }
    }
}

/// The text that a line of --jsonl means.
[[nodiscard]] Result<std::string> parse_line(std::string line, std::size_t number) {
    replace_lone_surrogates(line);
    json::error_code failed;
    json::parse_options options;
    options.allow_invalid_utf8 = true;  // counted as U+FFFD, as without --jsonl
    const auto value = json::parse(line, failed, {}, options);
    if (failed || !value.is_string()) {
        return Error{
            Errc::invalid_request,
            "line " + std::to_string(number) +
                " is not a JSON string: with --jsonl each line is one, in its quotes"};
    }
    return std::string{value.get_string()};
}

/// What the options ask for, written to standard output one text after another.
class Answers {
public:
    Answers(pricing::EncodingName name, const TokensOptions& wanted, bool as_json)
        : name_(name), encoding_(pricing::encoding(name)), wanted_(wanted), as_json_(as_json) {}

    void print(std::string_view text) const {
        json::array ids;
        std::size_t count = 0;
        if (wanted_.ids) {
            for (const auto id : encoding_.encode(text)) {
                ids.push_back(id);
            }
            count = ids.size();
        } else {
            count = encoding_.count(text);
        }
        if (as_json_) {
            json::object answer{{"encoding", pricing::to_string(name_)}, {"tokens", count}};
            if (wanted_.ids) {
                answer["ids"] = std::move(ids);
            }
            std::cout << json::serialize(answer) << '\n';
        } else if (wanted_.ids) {
            std::cout << json::serialize(ids) << '\n';
        } else {
            std::cout << count << '\n';
        }
    }

private:
    pricing::EncodingName name_;
    const pricing::Encoding& encoding_;
    const TokensOptions& wanted_;
    bool as_json_;
};

[[nodiscard]] Result<void> count_lines(std::istream& input, const Answers& answers) {
    std::string line;
    for (std::size_t number = 1; std::getline(input, line); ++number) {
        const auto text = parse_line(line, number);
        if (!text) {
            return text.error();
        }
        answers.print(*text);
    }
    return {};
}

[[nodiscard]] Result<void> count_input(std::istream& input, const Answers& answers, bool is_jsonl) {
    if (is_jsonl) {
        return count_lines(input, answers);
    }
    answers.print(
        std::string{std::istreambuf_iterator<char>{input}, std::istreambuf_iterator<char>{}});
    return {};
}

}  // namespace

int count_tokens(const CommonOptions& options, const TokensOptions& wanted) {
    const auto name = chosen_encoding(wanted);
    if (!name) {
        return fail(name.error());
    }
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    std::ifstream file;
    if (!wanted.file.empty() && wanted.file != "-") {
        file.open(wanted.file, std::ios::binary);
        if (!file || std::filesystem::is_directory(wanted.file)) {
            return fail(Error{Errc::not_found, "cannot read " + wanted.file.string()});
        }
    }
    const Answers answers{*name, wanted, options.json};
    const auto done = count_input(file.is_open() ? file : std::cin, answers, wanted.jsonl);
    std::cout.flush();
    if (!done) {
        return fail(done.error());
    }
    return std::cout ? kExitDone : kExitFailed;
}

}  // namespace pulse::app
