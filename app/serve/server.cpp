#include "app/serve/server.h"

#include <algorithm>
#include <thread>

#include "app/serve/auth_fetch.h"
#include "app/serve/build_info.h"
#include "app/serve/first_admin.h"
#include "app/serve/first_start.h"
#include "app/serve/metrics_page.h"
#include "app/serve/prices_in_force.h"
#include "base/log.h"
#include "gateway/exchange/caller_address.h"

namespace pulse::app {

namespace {

constexpr std::chrono::milliseconds kLedgerDrain{10'000};
constexpr std::chrono::milliseconds kCredentialPatience{3'000};

[[nodiscard]] std::string url_of(const std::string& host, std::uint16_t port) {
    const bool is_any = host == "0.0.0.0" || host == "::" || host.empty();
    return "http://" + net::ListenAddress{is_any ? "127.0.0.1" : host, port}.to_string();
}

[[nodiscard]] std::size_t worker_count(const Config& config) {
    return config.gateway.threads > 0 ? config.gateway.threads
                                      : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

}  // namespace

Server::Server(Config config, FirstKey first_key, Parts parts)
    : config_(std::move(config)), first_key_rule_(first_key), parts_(parts) {}

Server::~Server() {
    key_watch_.reset();
    if (credentials_ != nullptr) {
        credentials_->stop();
    }
    if (price_refresh_ != nullptr) {
        price_refresh_->stop();  // the metrics page goes on asking it
    }
    if (housekeeping_ != nullptr) {
        housekeeping_->stop();
    }
    if (backups_ != nullptr) {
        backups_->stop();
    }
    if (deferred_ != nullptr) {
        deferred_->stop();
    }
    price_learning_.reset();
    if (gateway_ != nullptr) {
        gateway_->drain(std::chrono::milliseconds{0});
    }
    // Their threads post to the gateway's loops.
    lookups_.reset();
    counting_.reset();
}

Result<std::unique_ptr<Server>> Server::open(Config config, FirstKey first_key, Parts parts) {
    std::unique_ptr<Server> server(new Server(std::move(config), first_key, parts));
    if (auto opened = server->open_storage(); !opened) {
        return opened.error();
    }
    if (auto opened = server->open_gateway(); !opened) {
        return opened.error();
    }
    return server;
}

Result<void> Server::open_storage() {
    auto database = storage::open_database(config_.store.url);
    if (!database) {
        return database.error();
    }
    database_ = *std::move(database);
    if (auto migrated = database_->migrate_up(); !migrated) {
        return migrated;
    }
    if (config_.policy.store == kEmbeddedStore) {
        auto claim = GatewayClaim::make(config_.store.url);
        if (!claim) {
            return claim.error();
        }
        claim_ = *std::move(claim);
    }
    // Before the first row: what the housekeeping does every hour from start() on.
    if (auto maintained = database_->maintain(system_clock().now()); !maintained) {
        return maintained;
    }
    auto spool = storage::Spool::open(
        config_.store.spool, worker_count(config_) + 1);  // one more for deferred work
    if (!spool) {
        return spool.error();
    }
    spool_ = *std::move(spool);
    auto writer_database = storage::open_database(config_.store.url);
    if (!writer_database) {
        return writer_database.error();
    }
    ledger_ = std::make_unique<storage::LedgerWriter>(
        *spool_,
        *std::move(writer_database),
        storage::LedgerWriter::Settings{.rejected_path = config_.store.spool.path / "rejected"});
    if (auto replayed = ledger_->replay(); !replayed) {
        return replayed;
    }
    if (auto added = add_bootstrap_keys(*database_, config_.bootstrap); !added) {
        return added;
    }
    if (auto added = add_bootstrap_admin(database_->session(), config_.bootstrap.admin); !added) {
        return added;
    }
    if (first_key_rule_ == FirstKey::make) {
        auto first = make_first_key(*database_);
        if (!first) {
            return first.error();
        }
        first_key_ = *first;
        auto login = make_first_admin(database_->session());
        if (!login) {
            return login.error();
        }
        first_login_ = *login;
    }
    return {};
}

gateway::ObtainCredential Server::obtain_credentials() const {
    return [this](const gateway::CredentialSettings& settings) { return credentials_->obtain(settings); };
}

Result<gateway::Snapshot> Server::make_snapshot(const Config& config) const {
    gateway::Snapshot snapshot;
    auto settings = std::make_shared<gateway::GatewaySettings>(config.gateway);
    for (gateway::ProviderSettings& provider : settings->providers) {
        if (provider.sandbox) {
            provider.base_url = sandbox_->base_url();
        }
    }
    const auto catalog = with_configured_prices(config.pricing, base_catalog_);
    if (!catalog) {
        return catalog.error();
    }
    auto routes = gateway::make_routes(*settings, *catalog, obtain_credentials());
    if (!routes) {
        return routes.error();
    }
    auto keys = read_keys(*database_);
    if (!keys) {
        return keys.error();
    }
    auto trusted = gateway::parse_trusted_proxies(settings->trusted_proxies);
    if (!trusted) {
        return trusted.error();
    }
    snapshot.trusted_proxies = std::make_shared<const std::vector<policy::Cidr>>(*std::move(trusted));
    snapshot.settings = std::move(settings);
    snapshot.routes = *std::move(routes);
    snapshot.keys = *std::move(keys);
    return snapshot;
}

Result<void> Server::open_gateway() {
    auto sandbox = gateway::SandboxServer::start();
    if (!sandbox) {
        return sandbox.error();
    }
    sandbox_ = *std::move(sandbox);
    credentials_ = std::make_unique<gateway::Credentials>(
        process_environment(), fetch_auth, system_clock());
    base_catalog_ = starting_catalog(price_refresh_settings(config_));
    auto snapshot = make_snapshot(config_);
    if (!snapshot) {
        return snapshot.error();
    }
    snapshot_ = *snapshot;
    bodies_ = std::make_unique<net::BodyBudget>(config_.gateway.body_memory);
    auto reader_database = storage::open_database(config_.store.url);
    if (!reader_database) {
        return reader_database.error();
    }
    lookups_ = std::make_unique<LookupThread>(*std::move(reader_database));
    auto quotas = open_quota_stores(config_, snapshot_.keys, *database_, *lookups_);
    if (!quotas) {
        return quotas.error();
    }
    quotas_ = *std::move(quotas);
    request_reader_ = std::make_unique<RequestReader>(*lookups_);
    objects_ = std::make_unique<ObjectDirectory>(*lookups_);
    counting_ = std::make_unique<gateway::CountingThread>();
    auto content_database = storage::open_database(config_.store.url);
    if (!content_database) {
        return content_database.error();
    }
    content_ = std::make_unique<ContentLogThread>(
        *std::move(content_database),
        ContentLogThread::Settings{.retention = config_.logging.content_retention});
    auto opened = gateway::Gateway::open(
        {.clock = system_clock(), .quota = [this](net::Loop& loop, std::size_t worker) { return quotas_->of_worker(loop, worker); }, .spool = *spool_, .bodies = *bodies_, .lookup = *request_reader_, .objects = *objects_, .counting = *counting_, .content = *content_},
        snapshot_,
        worker_count(config_));
    if (!opened) {
        return opened.error();
    }
    gateway_ = *std::move(opened);
    return {};
}

Result<void> Server::start() {
    auto learning = storage::open_database(config_.store.url);
    if (!learning) {
        return learning.error();
    }
    price_learning_ = std::make_unique<PriceLearning>(*std::move(learning), snapshot_.routes);
    auto deferred = storage::open_database(config_.store.url);
    if (!deferred) {
        return deferred.error();
    }
    deferred_ = std::make_unique<DeferredWorkPoller>(DeferredWorkPoller::Parts{
        .database = *std::move(deferred),
        .spool = spool_->writer(worker_count(config_)),
        .routes = snapshot_.routes,
        .charge = [this](std::string_view key_id, Money cost, TimePoint now) { quotas_->charge(key_id, cost, now); }});
    backups_ = std::make_unique<BackupSchedule>(
        parts_ == Parts::all ? config_.store.backup : BackupSettings{}, config_.store.url);
    auto kept = storage::open_database(config_.store.url);
    if (!kept) {
        return kept.error();
    }
    housekeeping_ = std::make_unique<Housekeeping>(*std::move(kept), config_.store.retention);
    price_refresh_ = std::make_unique<PriceRefresh>(
        price_refresh_settings(config_), base_catalog_, [this](const std::shared_ptr<const pricing::Catalog>& catalog) {
            return adopt_prices(catalog);
        });
    if (auto started = start_console(); !started) {
        return started;
    }
    auto metrics = console::HttpServer::start(
        {.host = config_.metrics.listen.host, .port = config_.metrics.listen.port, .threads = 1, .thread_name = "metrics"},
        [this](const console::HttpRequest& request) {
            return request.path == "/metrics"
                       ? metrics_page()
                       : console::error_response(404, "not_found", "The metrics are at /metrics.");
        });
    if (!metrics) {
        return Error(Errc::configuration, "metrics.listen: " + metrics.error().detail());
    }
    metrics_ = *std::move(metrics);
    auto watched = storage::open_database(config_.store.url);
    if (!watched) {
        return watched.error();
    }
    credentials_->start(kCredentialPatience);
    ledger_->start();
    quotas_->start(*gateway_);
    gateway_->start();
    key_watch_ = std::make_unique<KeyWatch>(
        *std::move(watched),
        snapshot_.keys->version(),
        [this](std::shared_ptr<const policy::KeyDirectory> keys, storage::Database& database) {
            quotas_->adopt(keys, database);
            const std::scoped_lock lock(mutex_);
            snapshot_.keys = std::move(keys);
            gateway_->publish(snapshot_);
        });
    return {};
}

Result<void> Server::start_console() {
    if (parts_ == Parts::gateway) {
        return {};
    }
    auto console = ConsoleServer::start(config_);
    if (!console) {
        return console.error();
    }
    console_ = *std::move(console);
    return {};
}

Result<void> Server::reload() {
    auto config = load_config(config_.file);
    if (!config) {
        return config.error();
    }
    if (auto added = add_bootstrap_keys(*database_, config->bootstrap); !added) {
        return added;
    }
    const std::scoped_lock lock(mutex_);
    auto snapshot = make_snapshot(*config);
    if (!snapshot) {
        return snapshot.error();
    }
    open_log(config->logging.level, config->logging.format);
    content_->keep_for(config->logging.content_retention);
    config_.gateway = config->gateway;
    config_.pricing.catalogs = config->pricing.catalogs;
    config_.store.retention = config->store.retention;
    if (snapshot_.keys->version() > snapshot->keys->version()) {
        snapshot->keys = snapshot_.keys;  // a key was revoked since they were read
    }
    snapshot_ = *std::move(snapshot);
    gateway_->publish(snapshot_);
    price_learning_->adopt(snapshot_.routes);
    deferred_->adopt(snapshot_.routes);
    housekeeping_->adopt(config_.store.retention);
    return {};
}

/// Newer prices under the configuration's own: for requests that begin from now on.
bool Server::adopt_prices(const std::shared_ptr<const pricing::Catalog>& catalog) {
    const std::scoped_lock lock(mutex_);
    const auto merged = with_configured_prices(config_.pricing, catalog);
    auto routes = merged ? gateway::make_routes(*snapshot_.settings, *merged, obtain_credentials())
                         : Result<std::shared_ptr<const gateway::Routes>>(merged.error());
    if (!routes) {
        log_error("refreshed prices cannot be used, the old ones stay", {{"error", routes.error().detail()}});
        return false;
    }
    base_catalog_ = catalog;
    snapshot_.routes = *std::move(routes);
    gateway_->publish(snapshot_);
    price_learning_->adopt(snapshot_.routes);
    deferred_->adopt(snapshot_.routes);
    return true;
}

void Server::drain() {
    key_watch_.reset();
    gateway_->drain(config_.gateway.shutdown_grace);
    price_refresh_->stop();
    housekeeping_->stop();
    backups_->stop();
    deferred_->stop();
    price_learning_.reset();
    ledger_->stop(kLedgerDrain);
    content_->stop();
}

console::HttpResponse Server::metrics_page() const {
    console::HttpResponse response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = render_metrics(
        {.workers = gateway_->workers(), .spool = spool_->metrics(), .ledger = ledger_->metrics(),
         .reservations_open = quotas_->reservations_open(), .policy_store = quotas_->name(), .is_policy_store_up = quotas_->is_up(), .prices = price_refresh_->metrics(),
         .deferred = deferred_->metrics(), .backups = backups_->metrics(), .housekeeping = housekeeping_->metrics(), .content = content_->metrics()});
    return response;
}

std::string Server::gateway_url() const {
    const net::ListenAddress& address = gateway_->address();
    std::string url = url_of(address.host, address.port);
    return config_.gateway.tls_certificate.empty() ? url : "https" + url.substr(4);
}

std::string Server::console_url() const {
    return console_ == nullptr ? std::string{} : url_of(config_.console.listen.host, console_->port());
}

std::string Server::metrics_url() const { return url_of(config_.metrics.listen.host, metrics_->port()) + "/metrics"; }

}  // namespace pulse::app
