#include "app/serve/key_source.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

#include "base/hex.h"
#include "base/log.h"
#include "storage/tables/keys.h"

namespace pulse::app {

namespace {

constexpr std::chrono::milliseconds kPollInterval{250};
constexpr std::chrono::milliseconds kStopPoll{25};

[[nodiscard]] std::optional<policy::KeyRecord> record_of(const storage::KeyRow& row) {
    policy::KeyRecord record;
    const auto hash = from_hex(row.hash_hex);
    if (!hash || hash->size() != record.hash.size()) {
        log_error("a key's hash cannot be read; the key is not usable", {{"key", row.id}});
        return std::nullopt;
    }
    std::copy(hash->begin(), hash->end(), record.hash.begin());
    record.id = KeyId{row.id};
    record.label = row.label;
    record.prefix = row.prefix;
    record.attribution.org = row.org;
    record.attribution.team = row.team;
    record.attribution.project = row.project;
    record.attribution.user = row.user;
    record.attribution.app = row.app;
    record.expires_at = row.expires_at;
    record.revoked = row.revoked_at.has_value();
    record.version = row.version;
    auto policy = policy::parse_policy(row.policy_json);
    if (policy) {
        record.policy = *std::move(policy);
    } else {
        log_error(
            "a key's policy cannot be read; the key is blocked until it is corrected",
            {{"key", row.id}, {"error", policy.error().detail()}});
        record.revoked = true;
    }
    return record;
}

}  // namespace

Result<std::shared_ptr<const policy::KeyDirectory>> read_keys(storage::Database& database) {
    const auto version = storage::keys_version(database.session());
    if (!version) {
        return version.error();
    }
    const auto rows = storage::keys(database.session());
    if (!rows) {
        return rows.error();
    }
    std::vector<policy::KeyRecord> records;
    for (const storage::KeyRow& row : *rows) {
        if (auto record = record_of(row)) {
            records.push_back(*std::move(record));
        }
    }
    return std::make_shared<const policy::KeyDirectory>(std::move(records), *version);
}

KeyWatch::KeyWatch(std::unique_ptr<storage::Database> database, std::int64_t version, OnChange on_change)
    : database_(std::move(database)), version_(version), on_change_(std::move(on_change)) {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "keys");
        run();
    });
}

KeyWatch::~KeyWatch() {
    stopping_ = true;
    thread_.join();
}

void KeyWatch::run() {
    auto next = std::chrono::steady_clock::now() + kPollInterval;
    while (!stopping_) {
        std::this_thread::sleep_for(kStopPoll);
        if (std::chrono::steady_clock::now() < next) {
            continue;
        }
        next = std::chrono::steady_clock::now() + kPollInterval;
        const auto version = storage::keys_version(database_->session());
        if (!version || *version == version_) {
            continue;
        }
        if (auto keys = read_keys(*database_)) {
            version_ = (*keys)->version();
            on_change_(*std::move(keys));
        }
    }
}

}  // namespace pulse::app
