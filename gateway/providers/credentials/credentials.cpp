#include "gateway/providers/credentials/credentials.h"

#include "gateway/providers/credentials/make_credential.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace pulse::gateway {

namespace {

// The wall clock may jump, and deadlines are the wall clock's: look at it now and then.
constexpr std::chrono::seconds kLongestSleep{30};
constexpr std::chrono::milliseconds kShortestSleep{10};

}  // namespace

Credentials::Credentials(EnvironmentLookup environment, Fetch fetch, const Clock& clock)
    : environment_(std::move(environment)),
      clock_(clock),
      fetch_([this, fetch = std::move(fetch)](const net::AuthRequest& request) {
          return fetch(request, cancelled_);
      }) {}

Credentials::~Credentials() {
    stop();
}

Result<std::shared_ptr<const Credential>> Credentials::obtain(const CredentialSettings& settings) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(kept_, [](const Kept& kept) { return kept.credential.expired(); });
    for (const Kept& kept : kept_) {
        if (auto credential = kept.credential.lock(); credential && kept.settings == settings) {
            return credential;
        }
    }
    auto made = make_credential(settings, environment_);
    if (made && (*made)->renewable() != nullptr) {
        kept_.push_back({settings, *made});
        has_new_ = true;
        changed_.notify_all();
    }
    return made;
}

std::vector<std::shared_ptr<Renewable>> Credentials::renewables() {
    const std::scoped_lock lock(mutex_);
    has_new_ = false;
    std::vector<std::shared_ptr<Renewable>> found;
    for (const Kept& kept : kept_) {
        if (const auto credential = kept.credential.lock()) {
            found.push_back(credential->renewable());
        }
    }
    return found;
}

TimePoint Credentials::renew_due() {
    TimePoint next = TimePoint::max();
    for (const auto& renewable : renewables()) {
        if (cancelled_) {
            break;
        }
        if (renewable->due() <= clock_.now()) {
            renewable->renew(fetch_, clock_.now());
        }
        next = std::min(next, renewable->due());
    }
    return next;
}

void Credentials::start(std::chrono::milliseconds patience) {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "credentials");
        run();
    });
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return has_asked_; });
}

void Credentials::stop() {
    {
        const std::scoped_lock lock(mutex_);
        cancelled_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Credentials::run() {
    while (!cancelled_) {
        const TimePoint next = renew_due();
        const TimePoint now = clock_.now();
        std::unique_lock lock(mutex_);
        if (!std::exchange(has_asked_, true)) {
            changed_.notify_all();
        }
        const auto sleep = next <= now ? kShortestSleep
                                       : std::min<std::chrono::microseconds>(
                                             kLongestSleep, next - now + kShortestSleep);
        changed_.wait_for(lock, sleep, [&] { return has_new_ || cancelled_.load(); });
    }
}

}  // namespace pulse::gateway
