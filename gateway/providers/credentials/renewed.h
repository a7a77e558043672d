#pragma once

#include "base/error.h"
#include "base/log.h"
#include "gateway/providers/credentials/published.h"
#include "gateway/providers/credentials/renewable.h"
#include "gateway/providers/credentials/renewal_schedule.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

namespace pulse::gateway {

/// A secret that is fetched now and then (T has `expires_at`, an optional TimePoint). current() may
/// be called by any thread and waits for nothing; the rest belongs to the thread that renews.
template <class T>
class Renewed final : public Renewable {
public:
    using Loader = std::function<Result<T>(const net::AuthFetch&, TimePoint now)>;

    /// `owner` is "providers.NAME", for messages; `first` is what is there without fetching.
    Renewed(std::string owner, Loader load, std::optional<T> first = {})
        : owner_(std::move(owner)),
          load_(std::move(load)),
          state_(
              std::make_shared<const State>(State{std::move(first), "it was not asked for yet"})) {}

    /// Errors: upstream_credentials, with the reason of the last failure and what to do.
    [[nodiscard]] Result<std::shared_ptr<const T>> current(TimePoint now) const {
        std::shared_ptr<const State> state = state_.read();
        if (!state->value) {
            return Error(
                Errc::upstream_credentials, owner_ + " has no credentials: " + state->failure);
        }
        if (state->value->expires_at && now >= *state->value->expires_at) {
            return Error(
                Errc::upstream_credentials,
                owner_ + ": its credentials have expired: " +
                    (state->failure.empty() ? "they are being renewed" : state->failure));
        }
        const T* const value = &*state->value;
        return std::shared_ptr<const T>(std::move(state), value);
    }

    /// It was of no use to a provider; any thread may say so.
    void refused() { is_refused_ = true; }

    [[nodiscard]] TimePoint due() const override {
        return is_refused_ ? std::min(due_, next_after_refusal(renewed_at_)) : due_;
    }

    void renew(const net::AuthFetch& fetch, TimePoint now) override {
        is_refused_ = false;
        renewed_at_ = now;
        Result<T> loaded = load_(fetch, now);
        if (loaded) {
            if (std::exchange(failures_, 0) > 0) {
                log_info("credentials are there again", {{"of", owner_}});
            }
            due_ = next_after_success(now, loaded->expires_at, throw_dice());
            state_.publish(std::make_shared<const State>(State{*std::move(loaded), ""}));
            return;
        }
        ++failures_;
        due_ = next_after_failure(now, failures_, throw_dice());
        log_warn(
            "credentials could not be renewed; old ones serve until they end",
            {{"of", owner_}, {"error", loaded.error().detail()}});
        state_.publish(
            std::make_shared<const State>(State{state_.read()->value, loaded.error().detail()}));
    }

private:
    struct State {
        std::optional<T> value;
        std::string failure;  ///< of the last attempt; empty: it went well
    };

    [[nodiscard]] std::uint32_t throw_dice() { return static_cast<std::uint32_t>(dice_()); }

    const std::string owner_;
    const Loader load_;
    Published<State> state_;
    std::atomic<bool> is_refused_{false};
    TimePoint renewed_at_{};
    TimePoint due_{};  ///< at once
    int failures_ = 0;
    std::minstd_rand dice_{std::random_device{}()};
};

}  // namespace pulse::gateway
