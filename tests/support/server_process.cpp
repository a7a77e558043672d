#include "tests/support/server_process.h"

#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

namespace pulse::tests {

namespace fs = std::filesystem;

namespace {

[[nodiscard]] const passwd* server_user() {
    return ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
}

}  // namespace

bool has_server_user() {
    return ::geteuid() != 0 || server_user() != nullptr;
}

void give_to_server_user(const fs::path& folder) {
    const passwd* const user = server_user();
    if (user == nullptr) {
        return;
    }
    bool given = ::lchown(folder.c_str(), user->pw_uid, user->pw_gid) == 0;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator{folder}) {
        given = ::lchown(entry.path().c_str(), user->pw_uid, user->pw_gid) == 0 && given;
    }
    if (!given) {
        std::fprintf(stderr, "%s cannot be given to user postgres\n", folder.c_str());
    }
}

pid_t spawn_server(
    const std::vector<std::string>& arguments, const fs::path& log, int death_signal) {
    std::vector<char*> pointers;
    for (const std::string& argument : arguments) {
        pointers.push_back(const_cast<char*>(argument.c_str()));
    }
    pointers.push_back(nullptr);
    const passwd* const user = server_user();
    const pid_t pid = ::fork();
    if (pid != 0) {
        return pid;
    }
    if (std::freopen(log.c_str(), "a", stdout) == nullptr || ::dup2(1, 2) < 0 ||
        (user != nullptr && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) ||
        ::chdir("/") != 0) {
        ::_exit(126);
    }
    ::prctl(PR_SET_PDEATHSIG, death_signal);
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
}

int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    static_cast<void>(::bind(socket, reinterpret_cast<sockaddr*>(&address), size));
    static_cast<void>(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size));
    ::close(socket);
    return ntohs(address.sin_port);
}

}  // namespace pulse::tests
