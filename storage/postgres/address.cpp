#include "storage/postgres/address.h"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>

namespace pulse::storage::postgres {
namespace {

constexpr std::string_view kKeywords = "postgresql:";

[[nodiscard]] Error refused(std::string_view why) {
    return Error{
        Errc::configuration,
        "store.url: " + std::string{why} +
            "; allowed: "
            "postgresql://[user[:password]@]host[:port][,host…]/database[?option=value]"};
}

/// A password with `@` or `/` in it makes libpq take its rest for a host, and say so in an error.
[[nodiscard]] bool has_misplaced_password(std::string_view url) {
    std::string_view rest = url.substr(url.find("://") + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    const auto ats = std::count(authority.begin(), authority.end(), '@');
    rest.remove_prefix(authority.size());
    return ats > 1 || (ats == 0 && rest.find('@') != std::string_view::npos);
}

/// libpq's words, where they cannot hold a part of the password.
[[nodiscard]] std::string harmless(std::string_view message) {
    constexpr std::string_view kUnknownOption = "invalid URI query parameter: ";
    if (!message.starts_with(kUnknownOption)) {
        return "not an address that PostgreSQL's library understands (percent-encode special "
               "characters)";
    }
    message.remove_suffix(message.ends_with('\n') ? 1 : 0);
    return std::string{message};
}

}  // namespace

bool is_address(std::string_view url) {
    return url.starts_with(kKeywords) || url.starts_with("postgres://");
}

Result<Address> parse_address(std::string_view url) {
    Address address;
    const bool is_uri = url.starts_with("postgresql://") || url.starts_with("postgres://");
    if (is_uri && has_misplaced_password(url)) {
        return refused("write '@', '/', '?' and '#' of a password as %40, %2F, %3F and %23");
    }
    address.conninfo = is_uri ? url : url.substr(std::min(kKeywords.size(), url.size()));

    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{
        PQconninfoParse(address.conninfo.c_str(), &message), &PQconninfoFree};
    const std::unique_ptr<char, decltype(&PQfreemem)> owned{message, &PQfreemem};
    if (!options) {
        return refused(harmless(message == nullptr ? "" : message));
    }
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (std::string_view{option->keyword} == "options" && option->val != nullptr) {
            address.options = option->val;
        }
    }
    return address;
}

std::string shown_address(std::string_view url) {
    const auto address = parse_address(url);
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{
        address ? PQconninfoParse(address->conninfo.c_str(), nullptr) : nullptr, &PQconninfoFree};
    const auto value = [&options](std::string_view keyword) {
        for (const PQconninfoOption* option = options.get();
             option != nullptr && option->keyword != nullptr;
             ++option) {
            if (keyword == option->keyword && option->val != nullptr) {
                return std::string{option->val};
            }
        }
        return std::string{};
    };
    const auto behind = [](std::string text, char mark) {
        return text.empty() ? text : std::string{mark} + text;
    };
    const std::string user = value("user");
    return "postgresql://" + user + (user.empty() ? "" : "@") + value("host") +
           behind(value("port"), ':') + behind(value("dbname"), '/');
}

}  // namespace pulse::storage::postgres
