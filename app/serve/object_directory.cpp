#include "app/serve/object_directory.h"

#include "base/clock.h"
#include "storage/tables/deferred.h"
#include "storage/tables/objects.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace pulse::app {

namespace {

// Another instance's row is in the ledger by then.
constexpr std::chrono::milliseconds kLedgerWait{1'000};

[[nodiscard]] std::string name_of(std::string_view provider, std::string_view object) {
    std::string name(provider);
    name.push_back('\0');
    name.append(object);
    return name;
}

[[nodiscard]] bool is_complete(const std::vector<std::string>& owners) {
    return std::none_of(owners.begin(), owners.end(), [](const std::string& owner) { return owner.empty(); });
}

}  // namespace

void ObjectDirectory::note(std::string_view provider, std::string_view object, std::string_view key_id) {
    std::string name = name_of(provider, object);
    const std::scoped_lock lock(mutex_);
    // The first maker stays: an id that comes again is no new object.
    if (!owners_.emplace(name, key_id).second) {
        return;
    }
    order_.push_back(std::move(name));
    if (order_.size() > kRememberedMax) {
        owners_.erase(order_.front());
        order_.pop_front();
    }
}

std::string ObjectDirectory::remembered(std::string_view provider, std::string_view object) const {
    const std::scoped_lock lock(mutex_);
    const auto found = owners_.find(name_of(provider, object));
    return found == owners_.end() ? std::string{} : found->second;
}

void ObjectDirectory::find(
    std::string_view provider, std::vector<std::string> objects, net::Loop& loop, Answer answer) {
    std::vector<std::string> owners;
    owners.reserve(objects.size());
    for (const std::string& object : objects) {
        owners.push_back(remembered(provider, object));
    }
    if (is_complete(owners)) {
        return answer(std::move(owners));
    }
    const auto look = [provider = std::string(provider), objects = std::move(objects), owners = std::move(owners),
                       &loop, answer](storage::Database& database, bool is_last) mutable {
        auto stored = storage::object_owners(database.session(), provider, objects);
        if (!stored && !is_last) {
            return false;
        }
        Result<std::vector<std::string>> found = owners;
        if (!stored) {
            found = stored.error();
        } else {
            for (std::size_t i = 0; i < owners.size(); ++i) {
                owners[i] = owners[i].empty() ? (*stored)[i] : owners[i];
            }
            if (!is_complete(owners) && !is_last) {
                return false;
            }
            found = owners;
        }
        loop.post([found = std::move(found), answer] { answer(found); });
        return true;
    };
    if (!lookups_.ask(look, kLedgerWait)) {
        loop.post([answer = std::move(answer)] {
            answer(Error(Errc::overloaded, "Too many look-ups wait; ask again shortly."));
        });
    }
}

void ObjectDirectory::find_unbilled(
    std::string_view provider, std::vector<std::string> objects, net::Loop& loop, Unbilled answer) {
    const auto look = [provider = std::string(provider), objects = std::move(objects), &loop, answer](
                          storage::Database& database, bool is_last) {
        const auto waiting = storage::hurry_deferred(
            database.session(), provider, objects, system_clock().now());
        if (!waiting && !is_last) {
            return false;
        }
        loop.post([waiting, answer] { answer(waiting); });
        return true;
    };
    if (!lookups_.ask(look, kLedgerWait)) {
        loop.post([answer = std::move(answer)] {
            answer(Error(Errc::overloaded, "Too many look-ups wait; ask again shortly."));
        });
    }
}

}  // namespace pulse::app
