#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "app/config/config.h"
#include "app/serve/content_log.h"
#include "app/serve/backup_schedule.h"
#include "app/serve/console_server.h"
#include "app/serve/deferred_work.h"
#include "app/serve/first_admin.h"
#include "app/serve/gateway_claim.h"
#include "app/serve/housekeeping.h"
#include "app/serve/key_source.h"
#include "app/serve/price_learning.h"
#include "app/serve/price_refresh.h"
#include "app/serve/object_directory.h"
#include "app/serve/request_reader.h"
#include "console/api/http_server.h"
#include "gateway/gateway.h"
#include "gateway/providers/credentials/credentials.h"
#include "gateway/sandbox/sandbox_server.h"
#include "app/serve/quota_stores.h"
#include "storage/ledger_writer.h"

namespace pulse::app {

/// All parts of one process, in the order in which they need each other: database, spool, ledger, counters, sandbox, gateway, console,
/// metrics. Lives on the main thread.
class Server {
public:
    /// Is a key made when there is none? Only where somebody is there to read it.
    enum class FirstKey { make, none };
    /// Which of the listeners and jobs run here: all, or those of the data plane.
    enum class Parts { all, gateway };
    /// Errors: configuration and storage_unavailable, each with the setting, the reason and what to do.
    [[nodiscard]] static Result<std::unique_ptr<Server>> open(
        Config config, FirstKey first_key, Parts parts = Parts::all);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Takes traffic. Errors: configuration (a port is taken).
    [[nodiscard]] Result<void> start();
    /// Reads the configuration again; an invalid one changes nothing and is returned as an Error.
    [[nodiscard]] Result<void> reload();
    /// Refuses new calls, lets running ones end, writes what is in the spool.
    void drain();

    [[nodiscard]] const Config& config() const { return config_; }
    /// The text of a key that was made because there was none; empty otherwise. Shown once.
    [[nodiscard]] const std::string& first_key() const { return first_key_; }
    /// The login of an admin that was made because there was none; empty otherwise. Shown once.
    [[nodiscard]] const FirstLogin& first_login() const { return first_login_; }
    [[nodiscard]] std::size_t workers() const { return gateway_->workers().size(); }
    [[nodiscard]] std::string gateway_url() const;
    /// Empty where the console is another process.
    [[nodiscard]] std::string console_url() const;
    [[nodiscard]] std::string metrics_url() const;

private:
    Server(Config config, FirstKey first_key, Parts parts);
    [[nodiscard]] Result<void> start_console();
    [[nodiscard]] Result<void> open_storage();
    [[nodiscard]] Result<void> open_gateway();
    [[nodiscard]] gateway::ObtainCredential obtain_credentials() const;
    [[nodiscard]] Result<gateway::Snapshot> make_snapshot(const Config& config) const;
    [[nodiscard]] bool adopt_prices(const std::shared_ptr<const pricing::Catalog>& catalog);
    void publish(const gateway::Snapshot& snapshot);
    [[nodiscard]] console::HttpResponse metrics_page() const;

    Config config_;
    FirstKey first_key_rule_;
    Parts parts_;
    std::string first_key_;
    FirstLogin first_login_;
    std::unique_ptr<storage::Database> database_;
    std::unique_ptr<GatewayClaim> claim_;  ///< null where limits are counted in Redis
    std::unique_ptr<storage::Spool> spool_;
    std::unique_ptr<storage::LedgerWriter> ledger_;
    
    std::unique_ptr<net::BodyBudget> bodies_;
    std::unique_ptr<RequestReader> request_reader_;
    std::unique_ptr<ObjectDirectory> objects_;
    std::unique_ptr<LookupThread> lookups_;
    std::unique_ptr<QuotaStores> quotas_;
    std::unique_ptr<gateway::CountingThread> counting_;
    std::unique_ptr<ContentLogThread> content_;
    std::unique_ptr<gateway::SandboxServer> sandbox_;
    std::unique_ptr<gateway::Credentials> credentials_;
    std::mutex mutex_;
    gateway::Snapshot snapshot_ PULSE_GUARDED_BY(mutex_);
    std::shared_ptr<const pricing::Catalog> base_catalog_ PULSE_GUARDED_BY(mutex_);  ///< under the configuration's own files
    std::unique_ptr<gateway::Gateway> gateway_;
    std::unique_ptr<KeyWatch> key_watch_;
    std::unique_ptr<DeferredWorkPoller> deferred_;
    std::unique_ptr<PriceLearning> price_learning_;
    std::unique_ptr<PriceRefresh> price_refresh_;
    std::unique_ptr<BackupSchedule> backups_;
    std::unique_ptr<Housekeeping> housekeeping_;
    std::unique_ptr<ConsoleServer> console_;
    std::unique_ptr<console::HttpServer> metrics_;
};

}  // namespace pulse::app
