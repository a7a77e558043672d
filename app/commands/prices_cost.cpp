#include "app/commands/prices.h"
#include "base/clock.h"
#include "base/json_text.h"
#include "pricing/cost/price_case.h"

#include <cstdio>
#include <fstream>
#include <iostream>

namespace pulse::app {

namespace {

/// One line out for each case, a wrong one too, so that lines pair up.
[[nodiscard]] std::string error_json(const std::string& message) {
    std::string out =
        R"({"error":{"type":"invalid_request_error","code":"invalid_case","message":)";
    append_json_string(out, message);
    return out + "}}";
}

/// How many of the cases were wrong.
[[nodiscard]] std::size_t cost_lines(const pricing::Catalog& catalog, std::istream& in) {
    std::size_t wrong = 0;
    std::size_t number = 0;
    std::string line;
    while (std::getline(in, line)) {
        ++number;
        if (line.find_first_not_of(" \t\r") == std::string::npos) {
            continue;
        }
        const auto wanted = pricing::parse_price_case(line, system_clock().now());
        std::string out;
        if (wanted) {
            out = pricing::to_json(catalog, *wanted, pricing::price(catalog, *wanted));
        } else {
            const std::string message =
                "line " + std::to_string(number) + ": " + wanted.error().detail();
            std::fprintf(stderr, "pulse: %s\n", message.c_str());
            out = error_json(message);
            ++wrong;
        }
        out.push_back('\n');
        std::fwrite(out.data(), 1, out.size(), stdout);
    }
    return wrong;
}

}  // namespace

int cost_cases(const CommonOptions& options, const PricesOptions& wanted) {
    const auto catalog = open_catalog(options, wanted);
    if (!catalog) {
        return fail(catalog.error());
    }
    std::size_t wrong = 0;
    if (wanted.files.empty() || wanted.files.front() == "-") {
        wrong = cost_lines(**catalog, std::cin);
    } else {
        std::ifstream in(wanted.files.front());
        if (!in || std::filesystem::is_directory(wanted.files.front())) {
            return fail(
                Error(Errc::invalid_request, "cannot read " + wanted.files.front().string()));
        }
        wrong = cost_lines(**catalog, in);
    }
    if (std::fflush(stdout) != 0) {
        return fail(Error(Errc::internal, "cannot write to standard output"));
    }
    return wrong == 0 ? kExitDone : kExitFailed;
}

}  // namespace pulse::app
