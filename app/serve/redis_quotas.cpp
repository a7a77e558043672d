#include "app/serve/redis_quotas.h"

#include "app/serve/embedded_quotas.h"
#include "app/serve/spent_before.h"
#include "base/log.h"
#include "storage/tables/requests.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace pulse::app {

namespace {

constexpr std::chrono::milliseconds kWatchInterval{250};
constexpr std::size_t kHoldersMax = 100'000;
constexpr const char* kHoldersName = "policy_holders";

[[nodiscard]] std::vector<std::string> read_holders(const std::filesystem::path& file) {
    std::vector<std::string> holders;
    std::ifstream lines{file};
    for (std::string line; holders.size() < kHoldersMax && std::getline(lines, line);) {
        if (!line.empty()) {
            holders.push_back(line);
        }
    }
    return holders;
}

[[nodiscard]] std::string holder_of(const std::string& life, std::size_t worker) {
    return life + "." + std::to_string(worker);
}

struct IdHash {
    std::size_t operator()(const Uuid& id) const {
        return std::hash<std::string_view>{}(
            {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
    }
};

/// How a request or an allotment ended, by the ledger.
struct LedgerEnd {
    policy::Settlement end;
    bool has_rows = false;
};

/// Of each id. One without a row was never sent, or is an allotment that nothing was drawn from.
[[nodiscard]] Result<std::vector<LedgerEnd>> ends_of(
    storage::sql::Session& session, std::span<const Uuid> ids) {
    std::unordered_map<Uuid, std::size_t, IdHash> places;
    std::vector<LedgerEnd> ends;
    for (const Uuid& id : ids) {
        places.emplace(id, ends.size());
        ends.push_back({{id, {}, 0, system_clock().now(), 0}, false});
    }
    const auto taken = storage::taken_under(session, ids);
    if (!taken) {
        return taken.error();
    }
    for (const storage::Taken& one : *taken) {
        LedgerEnd& place = ends[places.at(one.hold)];
        place.has_rows = true;
        place.end.cost = one.cost;
        place.end.tokens = one.tokens;
        place.end.requests = one.requests;
    }
    return ends;
}

/// Both of one moment: no row is in the one and not in the other.
[[nodiscard]] Result<policy::SpentSource::Spent> read_spent(
    storage::sql::Session& session,
    std::span<const policy::ScopeLimits* const> limits,
    const policy::WindowCalendar& calendar,
    TimePoint now,
    std::span<const Uuid> ids) {
    auto transaction = storage::sql::Transaction::begin(session);
    if (!transaction) {
        return transaction.error();
    }
    if (session.engine() == storage::sql::Engine::postgresql) {
        const auto set = session.execute_script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        if (!set) {
            return set.error();
        }
    }
    auto before = spent_before(session, limits, calendar, now);
    if (!before) {
        return before.error();
    }
    const auto ends = ends_of(session, ids);
    if (!ends) {
        return ends.error();
    }
    policy::SpentSource::Spent spent{*std::move(before), {}};
    for (const LedgerEnd& one : *ends) {
        if (one.has_rows) {
            spent.known.push_back(one.end);
        }
    }
    if (auto done = transaction->commit(); !done) {
        return done.error();
    }
    return spent;
}

[[nodiscard]] std::vector<std::string> organisations_in(const policy::KeyDirectory& keys) {
    std::set<std::string> orgs;
    for (const policy::KeyRecord& key : keys.keys()) {
        orgs.insert(key.attribution.org);
    }
    return {orgs.begin(), orgs.end()};
}

}  // namespace

struct RedisQuotas::OfWorker {
    OfWorker(RedisQuotas& its_owner, net::Loop& loop, std::size_t its_index)
        : owner(its_owner),
          index(its_index),
          store(loop, system_clock(), owner.settings_of(index), owner, &owner),
          watch(
              loop,
              [](void* self) {
                  auto& place = *static_cast<OfWorker*>(self);
                  place.owner.look_at(place);
              },
              this) {
        watch.arm(kWatchInterval);
    }

    RedisQuotas& owner;
    std::size_t index;
    policy::RedisQuotaStore store;
    net::Timer watch;
};

Result<std::unique_ptr<RedisQuotas>> RedisQuotas::open(
    const Config& config,
    policy::WindowCalendar calendar,
    std::shared_ptr<const policy::KeyDirectory> keys,
    LookupThread& lookups) {
    auto address = net::redis::parse_redis_url(config.policy.store);
    if (!address) {
        return Error(Errc::configuration, "policy.store: " + address.error().detail());
    }
    auto tls = net::redis::open_redis_tls(*address);
    if (!tls) {
        return Error(Errc::configuration, "policy.store: " + tls.error().detail());
    }
    policy::RedisStoreSettings settings;
    settings.client.address = *std::move(address);
    settings.client.tls = *std::move(tls);
    settings.calendar = std::move(calendar);
    settings.holder = UuidGenerator{}.next(system_clock().now()).to_string();
    std::unique_ptr<RedisQuotas> stores(
        new RedisQuotas(std::move(settings), std::move(keys), lookups));
    stores->holders_file_ = config.store.spool.path / kHoldersName;
    stores->past_holders_ = read_holders(stores->holders_file_);
    return stores;
}

RedisQuotas::RedisQuotas(
    policy::RedisStoreSettings settings,
    std::shared_ptr<const policy::KeyDirectory> keys,
    LookupThread& lookups)
    : settings_(std::move(settings)), lookups_(lookups), keys_(std::move(keys)) {}

policy::RedisStoreSettings RedisQuotas::settings_of(std::size_t worker) const {
    policy::RedisStoreSettings settings = settings_;
    settings.holder = holder_of(settings_.holder, worker);
    return settings;
}

std::shared_ptr<policy::QuotaStore> RedisQuotas::of_worker(net::Loop& loop, std::size_t worker) {
    gauges_.push_back(std::make_unique<Gauge>());
    const auto made = std::make_shared<OfWorker>(*this, loop, worker);
    return {made, &made->store};
}

/// Before the workers run: a life that dies at once is known to the next one.
void RedisQuotas::note_holders() const {
    std::ofstream file{holders_file_, std::ios::trunc};
    for (const std::string& holder : past_holders_) {
        file << holder << '\n';
    }
    for (std::size_t worker = 0; worker < gauges_.size(); ++worker) {
        file << holder_of(settings_.holder, worker) << '\n';
    }
    file.flush();
    if (!file) {
        log_error(
            "the file of the policy store's holders cannot be written: should this process die, "
            "what it holds is charged and not corrected",
            {{"file", holders_file_.string()}});
    }
}

void RedisQuotas::start(gateway::Gateway& gateway) {
    note_holders();
    {
        const std::scoped_lock lock(mutex_);
        gateway_ = &gateway;
    }
    prepare();
}

/// So that the first call of an organisation does not wait for its counters.
void RedisQuotas::prepare() {
    gateway::Gateway* gateway = nullptr;
    {
        const std::scoped_lock lock(mutex_);
        gateway = gateway_;
    }
    if (gateway == nullptr) {
        return;
    }
    gateway->workers().front()->with_quota(
        [orgs = organisations_in(*keys())](policy::QuotaStore& store) {
            for (const std::string& org : orgs) {
                store.prepare(org);
            }
        });
}

void RedisQuotas::look_at(OfWorker& worker) {
    worker.watch.arm(kWatchInterval);
    Gauge& gauge = *gauges_[worker.index];
    gauge.reservations = worker.store.reservations_open();
    gauge.is_up = worker.store.state() == net::redis::NodeState::up;
    if (worker.index == 0 && gauge.is_up && !past_holders_.empty()) {
        recover_next(worker.store);
    }
}

/// One past holder after the other, each in one organisation after the other, on the first worker.
void RedisQuotas::recover_next(policy::RedisQuotaStore& store) {
    if (std::exchange(is_recovering_, true)) {
        return;
    }
    if (orgs_left_.empty()) {
        orgs_left_ = organisations_in(*keys());
    }
    if (orgs_left_.empty()) {
        is_recovering_ = false;
        past_holders_.clear();
        return;
    }
    store.recover(past_holders_.back(), orgs_left_.back(), [this](bool is_done) {
        is_recovering_ = false;
        if (!is_done) {
            return;
        }
        orgs_left_.pop_back();
        if (orgs_left_.empty()) {
            past_holders_.pop_back();
            note_holders();
        }
    });
}

void RedisQuotas::adopt(
    std::shared_ptr<const policy::KeyDirectory> keys, storage::Database& database) {
    const TimePoint now = system_clock().now();
    const auto spent =
        spent_by_new_budgets(database.session(), *this->keys(), *keys, settings_.calendar, now);
    if (!spent) {
        log_error(
            "the ledger cannot say what new budgets have spent: they count from now on",
            {{"error", spent.error().detail()}});
    }
    gateway::Gateway* gateway = nullptr;
    {
        const std::scoped_lock lock(mutex_);
        keys_ = std::move(keys);
        gateway = gateway_;
    }
    if (gateway != nullptr && spent && !spent->empty()) {
        gateway->workers().front()->with_quota(
            [spent = *spent, now](policy::QuotaStore& store) { store.restore(spent, now); });
    }
    prepare();
}

std::shared_ptr<const policy::KeyDirectory> RedisQuotas::keys() const {
    const std::scoped_lock lock(mutex_);
    return keys_;
}

void RedisQuotas::charge(std::string_view key_id, Money cost, TimePoint now) {
    gateway::Gateway* gateway = nullptr;
    {
        const std::scoped_lock lock(mutex_);
        gateway = gateway_;
    }
    if (gateway == nullptr) {
        return;
    }
    gateway->workers().front()->with_quota(
        [keys = keys(), key_id = std::string(key_id), cost, now](policy::QuotaStore& store) {
            store.charge(limits_of_key(*keys, key_id), cost, now);
        });
}

std::size_t RedisQuotas::reservations_open() const {
    std::size_t open = 0;
    for (const auto& gauge : gauges_) {
        open += gauge->reservations;
    }
    return open;
}

bool RedisQuotas::is_up() const {
    return std::all_of(
        gauges_.begin(), gauges_.end(), [](const auto& gauge) { return gauge->is_up.load(); });
}

void RedisQuotas::on_node_state(const net::redis::NodeStatus& status) {
    if (status.state == net::redis::NodeState::down) {
        log_error(
            "the policy store does not answer", {{"node", status.node}, {"reason", status.reason}});
    } else if (status.state == net::redis::NodeState::up) {
        log_info("the policy store answers", {{"node", status.node}});
    }
}

void RedisQuotas::find_spent(
    const std::string& org, TimePoint now, std::vector<Uuid> ids, net::Loop& loop, Answer answer) {
    const auto directory = keys();
    const auto look = [this, org, now, ids = std::move(ids), &loop, answer, directory](
                          storage::Database& database, bool /*is_last*/) {
        std::vector<const policy::ScopeLimits*> limits = directory->limits();
        std::erase_if(limits, [&](const policy::ScopeLimits* one) { return one->org != org; });
        auto spent = read_spent(database.session(), limits, settings_.calendar, now, ids);
        loop.post([spent = std::move(spent), answer] { answer(spent); });
        return true;
    };
    if (!lookups_.ask(look, std::chrono::milliseconds{0})) {
        loop.post([answer = std::move(answer)] {
            answer(Error(Errc::overloaded, "too many look-ups wait"));
        });
    }
}

void RedisQuotas::find_ends(std::vector<Uuid> ids, net::Loop& loop, Ends answer) {
    const auto look = [ids = std::move(ids), &loop, answer](
                          storage::Database& database, bool /*is_last*/) {
        const auto found = ends_of(database.session(), ids);
        if (!found) {
            loop.post([error = found.error(), answer] { answer(error); });
            return true;
        }
        std::vector<policy::Settlement> ends;
        for (const LedgerEnd& one : *found) {
            ends.push_back(one.end);
        }
        loop.post([ends = std::move(ends), answer] { answer(ends); });
        return true;
    };
    if (!lookups_.ask(look, std::chrono::milliseconds{0})) {
        loop.post([answer = std::move(answer)] {
            answer(Error(Errc::overloaded, "too many look-ups wait"));
        });
    }
}

}  // namespace pulse::app
