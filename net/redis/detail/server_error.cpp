#include "net/redis/detail/server_error.h"

#include "net/redis/detail/command.h"

#include <charconv>
#include <string_view>
#include <system_error>

namespace pulse::net::redis::detail {
namespace {

std::string_view take_word(std::string_view& text) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    return word;
}

bool read_number(std::string_view text, std::uint16_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

/// "3999 127.0.0.1:6381": an IPv6 address has no brackets there. One that cannot be read is no
/// redirection.
ServerError redirection(ServerError::Kind kind, std::string_view rest) {
    ServerError error{.kind = kind, .slot = 0, .server = {}};
    const std::string_view slot = take_word(rest);
    const std::string_view server = take_word(rest);
    const std::size_t colon = server.rfind(':');
    const bool is_good =
        colon != std::string_view::npos && read_number(slot, error.slot) && error.slot < kSlots &&
        read_number(server.substr(colon + 1), error.server.port) && error.server.port != 0;
    if (!is_good) {
        return {};
    }
    error.server.host = server.substr(0, colon);
    return error;
}

}  // namespace

ServerError server_error_of(const Reply& reply) {
    using Kind = ServerError::Kind;
    if (!reply.is_error()) {
        return {};
    }
    struct Row {
        std::string_view code;
        Kind kind;
    };
    static constexpr Row kRows[] = {
        {"NOSCRIPT", Kind::no_script},
        {"MOVED", Kind::moved},
        {"ASK", Kind::ask},
        {"TRYAGAIN", Kind::try_again},
        {"CLUSTERDOWN", Kind::cluster_down},
        {"LOADING", Kind::loading},
        {"READONLY", Kind::not_master},
        {"MASTERDOWN", Kind::not_master},
        {"BUSY", Kind::busy},
    };
    std::string_view rest = reply.text();
    const std::string_view code = take_word(rest);
    for (const Row& row : kRows) {
        if (row.code == code) {
            const bool redirects = row.kind == Kind::moved || row.kind == Kind::ask;
            return redirects ? redirection(row.kind, rest)
                             : ServerError{.kind = row.kind, .slot = 0, .server = {}};
        }
    }
    // Redis 5 and 6 wrap what a script's command was answered: "ERR Error running script (call to
    // f_…): @user_script:1: @user_script: 1: -READONLY You can't write against …".
    const bool is_wrapped = code == "ERR" && rest.starts_with("Error running script") &&
                            rest.find(": -READONLY You can't write") != std::string_view::npos;
    return is_wrapped ? ServerError{.kind = Kind::not_master, .slot = 0, .server = {}}
                      : ServerError{};
}

}  // namespace pulse::net::redis::detail
