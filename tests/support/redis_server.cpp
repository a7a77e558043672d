#include "tests/support/redis_server.h"

#include "tests/support/server_process.h"

#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <random>
#include <string_view>
#include <thread>
#include <utility>

namespace pulse::tests {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::string_view kServer = "/usr/bin/redis-server";
constexpr std::string_view kCli = "/usr/bin/redis-cli";
constexpr int kBusOffset = 10'000;

[[nodiscard]] bool is_free(int port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool is_bound =
        ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return is_bound;
}

/// Below 32768, so that no outgoing connection takes the port while its server is down.
[[nodiscard]] std::uint16_t free_low_port() {
    static std::minstd_rand random{std::random_device{}()};
    std::uniform_int_distribution<int> any{11'000, 22'000};
    int port = any(random);
    while (!is_free(port) || !is_free(port + kBusOffset)) {
        port = any(random);
    }
    return static_cast<std::uint16_t>(port);
}

[[nodiscard]] std::string text_of(const redisReply* reply) {
    if (reply == nullptr) {
        return "(none)";
    }
    switch (reply->type) {
        case REDIS_REPLY_INTEGER:
            return std::to_string(reply->integer);
        case REDIS_REPLY_NIL:
            return "(nil)";
        case REDIS_REPLY_ERROR:
            return "(error) " + std::string{reply->str, reply->len};
        case REDIS_REPLY_ARRAY: {
            std::string text;
            for (std::size_t i = 0; i < reply->elements; ++i) {
                text += (i == 0 ? "" : " ") + text_of(reply->element[i]);
            }
            return text;
        }
        default:
            return {reply->str, reply->len};
    }
}

[[nodiscard]] bool await_true(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(20ms);
    }
    return true;
}

}  // namespace

std::unique_ptr<RedisServer> RedisServer::prepare(std::string& why) {
    if (!fs::exists(kServer) || !fs::exists(kCli)) {
        why = "Redis is not installed (Debian package redis-server)";
        return nullptr;
    }
    std::unique_ptr<RedisServer> server{new RedisServer};
    std::string pattern = (fs::temp_directory_path() / "pulse-redis-XXXXXX").string();
    server->folder_ = ::mkdtemp(pattern.data());
    server->owner_ = ::getpid();
    server->port_ = free_low_port();
    return server;
}

std::unique_ptr<RedisServer> RedisServer::start(
    std::vector<std::string> arguments, std::string& why) {
    auto server = prepare(why);
    if (server == nullptr) {
        return nullptr;
    }
    const std::string port = std::to_string(server->port_);
    server->is_plain_ =
        std::find(arguments.begin(), arguments.end(), "--tls-cert-file") == arguments.end();
    const auto password = std::find(arguments.begin(), arguments.end(), "--requirepass");
    server->password_ = password == arguments.end() ? std::string{} : *(password + 1);
    server->arguments_ = {
        std::string{kServer},
        "--bind",
        "127.0.0.1",
        "--dir",
        server->folder_.string(),
        "--save",
        "",
        "--appendonly",
        "no",
        "--port",
        server->is_plain_ ? port : "0",
        "--tls-port",
        server->is_plain_ ? "0" : port};
    server->arguments_.insert(server->arguments_.end(), arguments.begin(), arguments.end());
    give_to_server_user(server->folder_);
    if (!server->launch()) {
        why = "redis-server does not start in " + server->folder_.string();
        return nullptr;
    }
    return server;
}

std::unique_ptr<RedisServer> RedisServer::start_sentinel(
    std::uint16_t master_port, std::string& why) {
    auto server = prepare(why);
    if (server == nullptr) {
        return nullptr;
    }
    const fs::path settings = server->folder_ / "sentinel.conf";
    std::ofstream{settings} << "port " << server->port_ << "\nbind 127.0.0.1\ndir "
                            << server->folder_.string()
                            << "\nsentinel monitor the-master 127.0.0.1 " << master_port
                            << " 2\nsentinel down-after-milliseconds the-master 1000\n"
                               "sentinel failover-timeout the-master 5000\n";
    server->arguments_ = {std::string{kServer}, settings.string(), "--sentinel"};
    give_to_server_user(server->folder_);
    if (!server->launch()) {
        why = "the sentinel does not start in " + server->folder_.string();
        return nullptr;
    }
    return server;
}

RedisServer::~RedisServer() {
    if (owner_ != ::getpid()) {
        return;
    }
    kill();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

bool RedisServer::launch() {
    pid_ = spawn_server(arguments_, folder_ / "server.log", SIGKILL);
    return await_true([this] { return answers(); });
}

bool RedisServer::answers() const {
    return is_plain_ ? command({"PING"}) != "(none)" : !is_free(port_);
}

void RedisServer::freeze() const {
    ::kill(pid_, SIGSTOP);
}

void RedisServer::thaw() const {
    ::kill(pid_, SIGCONT);
}

void RedisServer::kill() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
}

std::string RedisServer::command(const std::vector<std::string>& words) const {
    const timeval patience{.tv_sec = 2, .tv_usec = 0};
    const std::unique_ptr<redisContext, decltype(&redisFree)> connection{
        redisConnectWithTimeout("127.0.0.1", port_, patience), &redisFree};
    if (connection == nullptr || connection->err != 0) {
        return "(none)";
    }
    redisSetTimeout(connection.get(), patience);
    const auto run = [&](const std::vector<std::string>& command) {
        std::vector<const char*> texts;
        std::vector<std::size_t> sizes;
        for (const std::string& word : command) {
            texts.push_back(word.data());
            sizes.push_back(word.size());
        }
        const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply{
            static_cast<redisReply*>(redisCommandArgv(
                connection.get(), static_cast<int>(texts.size()), texts.data(), sizes.data())),
            &freeReplyObject};
        return text_of(reply.get());
    };
    if (!password_.empty()) {
        (void)run({"AUTH", password_});
    }
    return run(words);
}

bool RedisServer::await(const std::vector<std::string>& words, const std::string& expected) const {
    return await_true([&] { return command(words).find(expected) != std::string::npos; });
}

bool run_redis_cli(const std::vector<std::string>& arguments, const fs::path& log) {
    std::vector<std::string> line{std::string{kCli}};
    line.insert(line.end(), arguments.begin(), arguments.end());
    int status = 0;
    const pid_t pid = spawn_server(line, log);
    return pid > 0 && ::waitpid(pid, &status, 0) == pid && status == 0;
}

std::unique_ptr<RedisCluster> RedisCluster::start(std::string& why) {
    constexpr std::size_t kNodes = 6;
    auto cluster = std::make_unique<RedisCluster>();
    std::vector<std::string> create{"--cluster", "create"};
    for (std::size_t i = 0; i < kNodes; ++i) {
        auto node =
            RedisServer::start({"--cluster-enabled", "yes", "--cluster-node-timeout", "1000"}, why);
        if (node == nullptr) {
            return nullptr;
        }
        create.push_back(node->address());
        cluster->nodes_.push_back(std::move(node));
    }
    create.insert(create.end(), {"--cluster-replicas", "1", "--cluster-yes"});
    const fs::path log = cluster->node(0).folder() / "create.log";
    bool is_made = run_redis_cli(create, log);
    for (std::size_t i = 0; i < kNodes && is_made; ++i) {
        is_made = cluster->node(i).await({"CLUSTER", "INFO"}, "cluster_state:ok");
    }
    // A replica that has not copied its master yet may not take its place.
    for (std::size_t i = kNodes / 2; i < kNodes && is_made; ++i) {
        is_made = cluster->node(i).await({"INFO", "replication"}, "master_link_status:up");
    }
    if (!is_made) {
        why = "redis-cli --cluster create fails";
        return nullptr;
    }
    return cluster;
}

std::string RedisCluster::addresses() const {
    std::string text;
    for (const auto& node : nodes_) {
        text += (text.empty() ? "" : ",") + node->address();
    }
    return text;
}

}  // namespace pulse::tests
