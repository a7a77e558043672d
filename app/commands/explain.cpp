#include "app/commands/explain.h"

#include "app/explain/api_name.h"
#include "app/explain/explanation.h"
#include "app/explain/recorded_answer.h"
#include "base/clock.h"

#include <boost/json.hpp>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <utility>

namespace pulse::app {
namespace {

namespace json = boost::json;

/// Explains one answer after the other on standard output.
class Lines {
public:
    explicit Lines(std::optional<std::uint64_t> split_seed) : split_seed_(split_seed) {}

    void print(const RecordedAnswer& answer, const std::string& label) {
        json::object line;
        if (!label.empty()) {
            line["exchange"] = label;
        }
        const llm::MeterReading reading = metered(answer, split_seed_);
        for (auto& [key, value] : explained(answer, reading, *catalog_, system_clock().now())) {
            line[key] = std::move(value);
        }
        write(line);
    }

    /// A line for what cannot be read too, so that lines pair up.
    void print_wrong(const std::string& what, const std::string& label) {
        std::fprintf(
            stderr, "pulse: %s%s%s\n", label.c_str(), label.empty() ? "" : ": ", what.c_str());
        json::object line;
        if (!label.empty()) {
            line["exchange"] = label;
        }
        line["error"] = json::object{
            {"type", "invalid_request_error"}, {"code", "invalid_exchange"}, {"message", what}};
        write(line);
        ++wrong_;
    }

    void print_exchange(const json::value& exchange, const std::string& label) {
        const auto answer = parse_exchange(exchange);
        if (answer) {
            print(*answer, label);
        } else {
            print_wrong(answer.error().detail(), label);
        }
    }

    [[nodiscard]] int exit_code() const {
        if (std::fflush(stdout) != 0) {
            return fail(Error(Errc::internal, "cannot write to standard output"));
        }
        return wrong_ == 0 ? kExitDone : kExitFailed;
    }

private:
    static void write(const json::object& line) {
        const std::string text = json::serialize(line) + '\n';
        std::fwrite(text.data(), 1, text.size(), stdout);
    }

    std::shared_ptr<const pricing::Catalog> catalog_ = pricing::Catalog::builtin();
    std::optional<std::uint64_t> split_seed_;
    std::size_t wrong_ = 0;
};

std::string read_all(std::istream& in) {
    return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

bool is_standard_input(const std::filesystem::path& file) {
    return file.empty() || file == "-";
}

std::optional<std::string> read_file(const std::filesystem::path& file) {
    if (is_standard_input(file)) {
        return read_all(std::cin);
    }
    std::ifstream in(file, std::ios::binary);
    if (!in || std::filesystem::is_directory(file)) {
        return std::nullopt;
    }
    return read_all(in);
}

/// One or more JSON texts behind each other, on lines of their own or not.
void explain_texts(std::string_view text, const std::string& label, Lines& lines) {
    constexpr std::string_view kWhiteSpace = " \t\r\n";
    while (true) {
        const std::size_t begin = text.find_first_not_of(kWhiteSpace);
        if (begin == std::string_view::npos) {
            return;
        }
        text.remove_prefix(begin);
        json::stream_parser parser;
        boost::system::error_code error;
        const std::size_t size = parser.write_some(text.data(), text.size(), error);
        if (!error) {
            parser.finish(error);
        }
        if (error) {
            // Where the next one would begin is not known but for lines.
            const std::size_t line_end = std::min(text.find('\n'), text.size());
            lines.print_wrong("not JSON: " + error.message(), label);
            text.remove_prefix(line_end);
            continue;
        }
        lines.print_exchange(parser.release(), label);
        text.remove_prefix(size);
    }
}

int explain_exchanges(const ExplainOptions& wanted) {
    Lines lines{wanted.split_seed};
    if (wanted.exchanges.empty()) {
        explain_texts(read_all(std::cin), {}, lines);
    }
    for (const std::filesystem::path& file : wanted.exchanges) {
        const auto text = read_file(file);
        if (!text) {
            lines.print_wrong("cannot read the file", file.string());
        } else if (text->find_first_not_of(" \t\r\n") == std::string::npos) {
            lines.print_wrong("the file is empty", file.string());
        } else {
            explain_texts(*text, is_standard_input(file) ? std::string{} : file.string(), lines);
        }
    }
    return lines.exit_code();
}

Result<RecordedAnswer> named_answer(const ExplainOptions& wanted) {
    const auto api = parse_api_name(wanted.provider, wanted.api);
    if (!api) {
        return Error(
            Errc::invalid_request,
            "--api \"" + wanted.api +
                "\" is no API: use chat.completions, responses, messages, generateContent, "
                "bedrock.converse, … (docs/formats/metering.md)");
    }
    RecordedAnswer answer{
        .provider = wanted.provider,
        .api = api->api,
        .is_stream = wanted.is_stream || api->is_stream,
        .status = wanted.status,
        .content_type = wanted.content_type,
        .head = {},
        .body = {},
        .model_requested = wanted.model};
    for (const std::string& field : wanted.fields) {
        const std::size_t colon = field.find(':');
        if (colon == std::string::npos) {
            return Error(
                Errc::invalid_request, "--header \"" + field + "\" is not \"name: value\"");
        }
        const std::size_t value = std::min(field.find_first_not_of(' ', colon + 1), field.size());
        answer.head.push_back({field.substr(0, colon), field.substr(value)});
    }
    return answer;
}

int explain_answer(const ExplainOptions& wanted) {
    auto answer = named_answer(wanted);
    if (!answer) {
        static_cast<void>(fail(answer.error()));
        return kExitUsage;
    }
    auto body = read_file(wanted.file);
    if (!body) {
        return fail(Error(Errc::invalid_request, "cannot read " + wanted.file.string()));
    }
    answer->body = std::move(*body);
    Lines lines{wanted.split_seed};
    lines.print(*answer, {});
    return lines.exit_code();
}

}  // namespace

int explain(const CommonOptions&, const ExplainOptions& wanted) {
    return wanted.provider.empty() ? explain_exchanges(wanted) : explain_answer(wanted);
}

void add_explain_command(CLI::App& app, CommonOptions& options, int& code) {
    auto wanted = std::make_shared<ExplainOptions>();
    CLI::App& command =
        *app.add_subcommand("explain", "what Pulse reads in recorded answers, and what they cost");
    command.add_flag("--json", options.json, "machine-readable output (always on)");
    auto* exchange = command
                         .add_option(
                             "--exchange",
                             wanted->exchanges,
                             "recorded exchanges as JSON: provider, api, request, response; none: "
                             "standard input")
                         ->expected(0, 1 << 20);
    auto* provider =
        command.add_option("--provider", wanted->provider, "whose answer it is: openai, xai, …");
    command.add_option("--api", wanted->api, "chat.completions, responses, messages, …")
        ->needs(provider);
    provider->excludes(exchange);
    command.add_flag("--stream", wanted->is_stream, "the answer is a stream");
    command.add_option("--status", wanted->status, "of the answer")->check(CLI::Range(100, 599));
    command.add_option("--model", wanted->model, "the model that was asked for");
    command.add_option("--content-type", wanted->content_type, "of the answer");
    command.add_option("--header", wanted->fields, "a field of the answer's head, \"name: value\"")
        ->take_all()
        ->expected(1);
    command.add_option("--split", wanted->split_seed, "feed the body in random pieces");
    command.add_option("file", wanted->file, "the answer's body; default: standard input");
    command.callback([wanted, &options, &code] { code = explain(options, *wanted); });
}

}  // namespace pulse::app
