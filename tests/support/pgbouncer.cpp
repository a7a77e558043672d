#include "tests/support/pgbouncer.h"

#include "tests/support/server_process.h"

#include <libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace pulse::tests {

namespace fs = std::filesystem;

std::unique_ptr<PgBouncer> PgBouncer::start(
    const PostgresServer& server, std::string_view settings, std::string& why) {
    const fs::path program = "/usr/sbin/pgbouncer";
    if (!fs::exists(program)) {
        why = "PgBouncer is not installed (Debian package pgbouncer)";
        return nullptr;
    }
    std::unique_ptr<PgBouncer> pooler{new PgBouncer};
    std::string pattern = (fs::temp_directory_path() / "pulse-pgbouncer-XXXXXX").string();
    pooler->folder_ = ::mkdtemp(pattern.data());
    pooler->port_ = free_port();
    const fs::path file = pooler->folder_ / "pgbouncer.ini";
    // With `any`, everybody signs in as the user that the database's line names.
    std::ofstream{file} << "[databases]\n* = host=127.0.0.1 port=" << server.port()
                        << " user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = "
                        << pooler->port_ << "\nunix_socket_dir =\nauth_type = any\n"
                        << "pool_mode = transaction\ndefault_pool_size = 2\n"
                        << settings;
    give_to_server_user(pooler->folder_);
    pooler->pid_ = spawn_server({program.string(), file.string()}, pooler->folder_ / "log");
    for (int tries = 0; tries < 400; ++tries) {
        const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{
            PQconnectdb(pooler->url("postgres").c_str()), &PQfinish};
        if (PQstatus(connection.get()) == CONNECTION_OK) {
            return pooler;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{25});
    }
    why = "PgBouncer does not start in " + pooler->folder_.string();
    return nullptr;
}

PgBouncer::~PgBouncer() {
    if (pid_ > 0) {
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
    }
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::string PgBouncer::url(std::string_view database) const {
    return "postgresql://postgres@127.0.0.1:" + std::to_string(port_) + "/" + std::string{database};
}

}  // namespace pulse::tests
