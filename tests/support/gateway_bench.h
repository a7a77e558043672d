#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/gateway.h"
#include "policy/embedded/embedded_store.h"
#include "tests/support/scripted_provider.h"

namespace pulse::tests {

/// A row as the spool was given it, owning its text.
struct SeenRow {
    std::string bytes;
    storage::DecodedRecord decoded;
    [[nodiscard]] const storage::RequestRecord& record() const { return decoded.record; }
};

/// A spool that keeps rows in memory, and can be full. Thread-safe.
class SeenRows final : public storage::Spool, public storage::SpoolWriter {
public:
    [[nodiscard]] Result<void> reserve() override;
    void release() override;
    void append(const storage::RequestRecord& record) override;
    void admit(const storage::RequestRecord& row_if_lost) override;
    [[nodiscard]] Mark mark() const override;
    [[nodiscard]] bool is_safe(Mark mark) const override;
    void notify(std::function<void()> synced) override;
    [[nodiscard]] storage::SpoolWriter& writer(std::size_t) override { return *this; }
    void read(std::size_t, std::vector<Entry>& entries) override { entries.clear(); }
    void leave(const std::string&) override {}
    void resume(const std::vector<storage::SpoolPosition>&) override {}
    [[nodiscard]] bool written(const std::vector<storage::SpoolPosition>&) override { return false; }
    [[nodiscard]] std::vector<Entry> open_admissions(std::size_t) const override { return {}; }
    void forget_open(const std::vector<Entry>&) override {}
    std::vector<std::string> delete_finished(Open) override { return {}; }
    void wait(std::chrono::milliseconds) override {}
    [[nodiscard]] storage::SpoolMetrics metrics() const override { return {}; }

    /// The next row; waits for it, 10 s at most, then null.
    [[nodiscard]] std::unique_ptr<SeenRow> next();
    [[nodiscard]] std::size_t unread() const;
    [[nodiscard]] std::int64_t reserved() const;
    void set_full(bool is_full);
    /// What was admitted and not yet ended; waits until there are `count`, 10 s at most.
    [[nodiscard]] std::vector<std::unique_ptr<SeenRow>> admitted(std::size_t count);
    /// Whether rows wait for the disk from now on; what waits goes when it is told to sync().
    void hold_back();
    void sync();

private:
    [[nodiscard]] static std::unique_ptr<SeenRow> seen(const storage::RequestRecord& record);
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::unique_ptr<SeenRow>> rows_;
    std::vector<std::unique_ptr<SeenRow>> admitted_;
    std::int64_t reserved_ = 0;
    Mark mark_ = 0;
    Mark safe_ = 0;
    bool is_held_back_ = false;
    std::function<void()> synced_;
    bool is_full_ = false;
};

/// Content logging's end, in memory. Thread-safe.
class SeenContent final : public gateway::ContentLog {
public:
    void take(gateway::CallContent content) override;
    [[nodiscard]] std::vector<gateway::CallContent> all() const;

private:
    mutable std::mutex mutex_;
    std::vector<gateway::CallContent> all_;
};

/// A gateway of one worker in front of a scripted provider, with one key.
class GatewayBench {
public:
    static constexpr std::string_view kKey = "sk-pulse-0123456789012345678901234567890123456789";

    struct Options {
        std::string policy = "{}";
        gateway::OnDisconnect on_disconnect = gateway::OnDisconnect::cancel;
        gateway::UpstreamTimeouts timeouts = {};
        std::size_t answer_buffer = std::size_t{1} << 20;
        bool provider_is_there = true;
        gateway::ContentLogging content = gateway::ContentLogging::none;
        std::size_t content_bytes_max = std::size_t{64} * 1024;
        Attribution attribution = {};  ///< the key's
        std::vector<policy::ScopedPolicy> above = {};
        std::vector<policy::ScopedBudget> budgets = {};
        std::string provider_kind = "openai";
        bool has_prices = true;  ///< "*" at one micro-dollar a token
        std::vector<pricing::Model> prices = {};  ///< beside it
        std::vector<std::string> trusted_proxies = {};
        policy::OnStoreFailure on_store_failure = policy::OnStoreFailure::lease;
        policy::QuotaStore* store = nullptr;  ///< in the embedded one's place
    };
    GatewayBench(Options options, std::vector<ScriptedProvider::Script> scripts);
    ~GatewayBench();
    GatewayBench(const GatewayBench&) = delete;
    GatewayBench& operator=(const GatewayBench&) = delete;

    [[nodiscard]] std::uint16_t port() const { return gateway_->address().port; }
    [[nodiscard]] SeenRows& rows() { return rows_; }
    [[nodiscard]] const SeenContent& content() const { return content_; }
    [[nodiscard]] ScriptedProvider& provider() { return *provider_; }
    [[nodiscard]] const policy::KeyRecord& key() const { return keys_->keys().front(); }
    [[nodiscard]] policy::EmbeddedQuotaStore& quota() { return quota_; }
    /// Where the key's calls to the model "m" stand.
    [[nodiscard]] policy::Standing standing();

    /// A whole request for /v1/chat/completions with `body`.
    /// A whole request with `body` to any path; `fields` are whole lines.
    [[nodiscard]] static std::string post(
        std::string_view path, std::string_view body, std::string_view fields = {});
    [[nodiscard]] static std::string get(std::string_view path, std::string_view fields = {});
    [[nodiscard]] static std::string chat(std::string_view body, std::string_view version = "HTTP/1.1");
    [[nodiscard]] static std::string plain_chat() { return chat(R"({"model":"m","messages":[]})"); }
    [[nodiscard]] static std::string stream_chat() { return chat(R"({"model":"m","stream":true,"messages":[]})"); }

private:
    class NoLookup;
    class SeenObjects;
    std::unique_ptr<ScriptedProvider> provider_;
    SeenRows rows_;
    SeenContent content_;
    policy::EmbeddedQuotaStore quota_;
    net::BodyBudget bodies_{std::size_t{64} << 20};
    std::unique_ptr<gateway::RequestLookup> lookup_;
    std::unique_ptr<gateway::ObjectOwners> objects_;
    std::shared_ptr<const policy::KeyDirectory> keys_;
    std::unique_ptr<gateway::Gateway> gateway_;
    gateway::CountingThread counting_;  // posts to the gateway's loops: goes before them
};

}  // namespace pulse::tests
