#include "net/redis/detail/login.h"

#include "net/redis/detail/command.h"

#include <string_view>

namespace pulse::net::redis::detail {
namespace {

std::string_view code_of(const Reply& error) {
    return error.text().substr(0, error.text().find(' '));
}

/// Replies to anything but AUTH that say that the connection is of no use.
bool is_no_login(const Reply& reply) {
    if (!reply.is_error()) {
        return false;
    }
    const std::string_view code = code_of(reply);
    return code == "NOAUTH" || code == "LOADING" || code == "MASTERDOWN" || code == "DENIED" ||
           reply.text().starts_with("ERR max number of clients");
}

}  // namespace

Login::Login(const RedisAddress& address, Peer peer)
    : user_(address.user), password_(address.password), database_(address.database), peer_(peer) {
    if (!password_.empty()) {
        steps_.push_back(Step::auth);
    }
    if (database_ != 0 && peer != Peer::sentinel) {
        steps_.push_back(Step::select);
    }
    steps_.push_back(Step::set_name);
    steps_.push_back(Step::ping);
    if (peer == Peer::master) {
        steps_.push_back(Step::role);
    }
}

std::string Login::commands() const {
    std::string out;
    for (const Step step : steps_) {
        std::vector<std::string_view> words;
        const std::string database = std::to_string(database_);
        switch (step) {
            case Step::auth:
                words = {"AUTH"};
                if (!user_.empty()) {
                    words.push_back(user_);
                }
                words.push_back(password_);
                break;
            case Step::select:
                words = {"SELECT", database};
                break;
            case Step::set_name:
                words = {"CLIENT", "SETNAME", "pulse"};
                break;
            case Step::ping:
                words = {"PING"};
                break;
            case Step::role:
                words = {"ROLE"};
                break;
        }
        append_command(out, words);
    }
    return out;
}

std::optional<std::string> Login::refusal(std::size_t step, const Reply& reply) const {
    switch (steps_.at(step)) {
        case Step::auth:
            if (reply.is_error() && peer_ != Peer::sentinel) {
                // A proxy or an old server may repeat what it was sent: only the code is shown.
                return is_no_login(reply) ? std::string{reply.text()}
                                          : "the user or password is refused (" +
                                                std::string{code_of(reply)} + ")";
            }
            return std::nullopt;
        case Step::select:
            if (reply.is_error()) {
                return "database " + std::to_string(database_) +
                       " is refused: " + std::string{reply.text()};
            }
            return std::nullopt;
        case Step::set_name:
        case Step::ping:
            // What a user may not do is no harm: the commands that matter will tell.
            return is_no_login(reply) ? std::optional{std::string{reply.text()}} : std::nullopt;
        case Step::role:
            if (!reply.is_error() && reply.at(0).text() != "master") {
                return "is no master now";
            }
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace pulse::net::redis::detail
