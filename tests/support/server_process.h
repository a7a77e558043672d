#pragma once

#include <signal.h>
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

/// What the servers of tests share: they refuse to run as root, and must not outlive the test.
namespace pulse::tests {

/// Whether there is a user to run them as.
[[nodiscard]] bool has_server_user();
/// Gives a folder with all in it to that user.
void give_to_server_user(const std::filesystem::path& folder);
/// Starts a program as that user, its output behind a file's end; it dies with the calling thread,
/// by that signal: SIGKILL reaches one that is stopped too.
[[nodiscard]] pid_t spawn_server(
    const std::vector<std::string>& arguments,
    const std::filesystem::path& log,
    int death_signal = SIGQUIT);
/// Of the loopback, free a moment ago.
[[nodiscard]] int free_port();

}  // namespace pulse::tests
