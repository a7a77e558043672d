#include "tests/support/postgres_server.h"

#include "tests/support/server_process.h"

#include <libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <vector>

namespace pulse::tests {
namespace {

namespace fs = std::filesystem;

/// The newest of Debian's, empty where there is none.
[[nodiscard]] fs::path find_programs() {
    fs::path newest;
    int newest_version = 0;
    std::error_code absent;
    for (const fs::directory_entry& entry : fs::directory_iterator{"/usr/lib/postgresql", absent}) {
        const int version = std::atoi(entry.path().filename().c_str());
        if (version > newest_version && fs::exists(entry.path() / "bin" / "postgres")) {
            newest_version = version;
            newest = entry.path() / "bin";
        }
    }
    return newest;
}

[[nodiscard]] bool run(const std::vector<std::string>& arguments, const fs::path& log) {
    int status = 0;
    const pid_t pid = spawn_server(arguments, log);
    return pid > 0 && ::waitpid(pid, &status, 0) == pid && status == 0;
}

/// A cluster as initdb makes it costs two seconds: made once for each build folder, then copied.
[[nodiscard]] bool make_cluster(const fs::path& programs, const fs::path& folder) {
    const fs::path kept = fs::path{PULSE_TEST_CACHE_DIR} / "postgresql-cluster";
    std::error_code failed;
    if (!fs::exists(kept)) {
        const bool made =
            run({(programs / "initdb").string(),
                 "--pgdata=" + (folder / "data").string(),
                 "--username=postgres",
                 "--auth=trust",
                 "--encoding=UTF8",
                 "--locale=C",
                 "--no-sync",
                 "--wal-segsize=1"},
                folder / "initdb.log");
        if (!made) {
            return false;
        }
        fs::create_directories(kept.parent_path(), failed);
        const fs::path fresh = kept.string() + "." + std::to_string(::getpid());
        fs::copy(folder / "data", fresh, fs::copy_options::recursive, failed);
        if (!failed) {
            fs::rename(fresh, kept, failed);
        }
        fs::remove_all(fresh, failed);
        return true;
    }
    fs::copy(kept, folder / "data", fs::copy_options::recursive, failed);
    fs::permissions(folder / "data", fs::perms::owner_all, failed);
    return !failed;
}

void write_settings(const fs::path& folder, int port) {
    std::ofstream{folder / "data" / "postgresql.conf", std::ios::app}
        << "listen_addresses = '127.0.0.1'\nport = " << port << "\nunix_socket_directories = '"
        << folder.string()
        << "'\nmax_connections = 60\nshared_buffers = 64MB\n"
           "fsync = off\nfull_page_writes = off\nmax_wal_size = 256MB\n";
    std::ofstream{folder / "data" / "pg_hba.conf"}
        << "host all pulse_scram all scram-sha-256\nlocal all all trust\nhost all all "
           "127.0.0.1/32 trust\n";
}

}  // namespace

std::unique_ptr<PostgresServer> PostgresServer::start(std::string& why) {
    std::unique_ptr<PostgresServer> server{new PostgresServer};
    server->programs_ = find_programs();
    if (server->programs_.empty() || !has_server_user()) {
        why = "PostgreSQL is not installed (Debian package postgresql-15)";
        return nullptr;
    }
    std::string pattern = (fs::temp_directory_path() / "pulse-pg-XXXXXX").string();
    server->folder_ = ::mkdtemp(pattern.data());
    server->owner_ = ::getpid();
    server->port_ = free_port();
    give_to_server_user(server->folder_);
    if (!make_cluster(server->programs_, server->folder_)) {
        why = "a PostgreSQL cluster could not be made in " + server->folder_.string();
        return nullptr;
    }
    write_settings(server->folder_, server->port_);
    give_to_server_user(server->folder_);
    if (!server->launch()) {
        why = "PostgreSQL does not start in " + server->folder_.string();
        return nullptr;
    }
    return server;
}

PostgresServer* PostgresServer::shared(std::string& why) {
    static std::string reason;
    static const std::unique_ptr<PostgresServer> server = start(reason);
    why = reason;
    return server.get();
}

PostgresServer::~PostgresServer() {
    if (owner_ != ::getpid()) {
        return;
    }
    stop();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::string PostgresServer::url(std::string_view database) const {
    return "postgresql://postgres@/" + std::string{database} + "?host=" + folder_.string() +
           "&port=" + std::to_string(port_);
}

std::string PostgresServer::tcp_url(std::string_view database, std::string_view user) const {
    return "postgresql://" + std::string{user} + "@127.0.0.1:" + std::to_string(port_) + "/" +
           std::string{database};
}

std::string PostgresServer::create_database() {
    const std::string name =
        "test_" + std::to_string(::getpid()) + "_" + std::to_string(++databases_);
    return execute("postgres", "CREATE DATABASE " + name) ? name : std::string{};
}

bool PostgresServer::execute(std::string_view database, const std::string& statements) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{
        PQconnectdb(url(database).c_str()), &PQfinish};
    const std::unique_ptr<PGresult, decltype(&PQclear)> result{
        PQexec(connection.get(), statements.c_str()), &PQclear};
    const ExecStatusType status = PQresultStatus(result.get());
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

bool PostgresServer::launch() {
    using namespace std::chrono_literals;
    for (int tries = 0; tries < 600; ++tries) {
        // After a kill, the server refuses to start until the last of the old one's processes has
        // noticed.
        if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) {
            pid_ = -1;
        }
        if (pid_ <= 0) {
            pid_ = spawn_server(
                {(programs_ / "postgres").string(), "-D", (folder_ / "data").string()},
                folder_ / "server.log");
        }
        const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{
            PQconnectdb(url("postgres").c_str()), &PQfinish};
        if (PQstatus(connection.get()) == CONNECTION_OK) {
            return true;
        }
        std::this_thread::sleep_for(25ms);
    }
    return false;
}

void PostgresServer::signal_all(int signal) const {
    std::vector<pid_t> children;
    for (const fs::directory_entry& entry : fs::directory_iterator{"/proc"}) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        std::ifstream file{entry.path() / "stat"};
        std::string stat{std::istreambuf_iterator<char>{file}, {}};
        const std::size_t end = stat.rfind(')');
        if (end != std::string::npos && end + 4 < stat.size() &&
            std::atoi(stat.c_str() + end + 4) == pid_) {
            children.push_back(std::atoi(name.c_str()));
        }
    }
    ::kill(pid_, signal);
    for (const pid_t child : children) {
        ::kill(child, signal);
    }
}

void PostgresServer::freeze() {
    signal_all(SIGSTOP);
}

void PostgresServer::thaw() {
    signal_all(SIGCONT);
}

void PostgresServer::kill_postmaster() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void PostgresServer::stop() {
    if (pid_ <= 0) {
        return;
    }
    signal_all(SIGCONT);
    ::kill(pid_, SIGQUIT);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

}  // namespace pulse::tests
