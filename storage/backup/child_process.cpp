#include "storage/backup/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace pulse::storage {
namespace {

constexpr std::size_t kErrorTextMax = 2'000;

[[nodiscard]] std::vector<std::string> environment_of(const ChildProcess& child) {
    std::vector<std::string> all;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text{*variable};
        const std::string_view name = text.substr(0, text.find('='));
        const bool is_replaced = std::any_of(
            child.environment.begin(), child.environment.end(), [name](const auto& own) {
                return own.first == name;
            });
        if (!is_replaced) {
            all.emplace_back(text);
        }
    }
    for (const auto& [name, value] : child.environment) {
        all.push_back(name + "=" + value);
    }
    return all;
}

[[nodiscard]] std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// All of it is read, so that the program never waits for us; its beginning is kept.
[[nodiscard]] std::string read_errors(int pipe) {
    std::string kept;
    std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t size = ::read(pipe, buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            break;
        }
        const std::size_t room = kErrorTextMax - kept.size();
        kept.append(buffer.data(), std::min(room, static_cast<std::size_t>(size)));
    }
    while (!kept.empty() && kept.back() == '\n') {
        kept.pop_back();
    }
    return kept;
}

}  // namespace

Result<void> run_to_end(const ChildProcess& child) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
        return Error{
            Errc::storage_unavailable, child.program + ": no pipe: " + std::strerror(errno)};
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);
    std::vector<std::string> arguments{child.program};
    arguments.insert(arguments.end(), child.arguments.begin(), child.arguments.end());
    std::vector<std::string> environment = environment_of(child);
    pid_t process = 0;
    const int spawned = ::posix_spawnp(
        &process,
        child.program.c_str(),
        &actions,
        nullptr,
        pointers_to(arguments).data(),
        pointers_to(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    if (spawned != 0) {
        ::close(pipe[0]);
        return spawned == ENOENT
                   ? Error{Errc::configuration, child.program + " is not installed; it is in Debian's package " + child.package}
                   : Error{Errc::storage_unavailable, child.program + ": " + std::strerror(spawned)};
    }
    const std::string errors = read_errors(pipe[0]);
    ::close(pipe[0]);
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return Error{
            Errc::storage_unavailable,
            child.program + " failed" + (errors.empty() ? std::string{} : ": " + errors)};
    }
    return {};
}

}  // namespace pulse::storage
