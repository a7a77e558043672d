#include "pricing/tokens/calibration.h"

#include "base/money.h"

#include <algorithm>

namespace pulse::pricing {
namespace {

constexpr std::int64_t kUnit = 256;
// Calls that weigh: enough that one odd prompt does not count, few enough that a new tokenizer is
// learned in an hour.
constexpr std::int64_t kMemory = 32;
// Beyond it a call says nothing about the next: no window is that large.
constexpr std::int64_t kTokensMax = std::int64_t{1} << 40;
// A long prompt weighs no more than this: one caller's odd text must not decide for all.
constexpr std::int64_t kWeightMax = 8'192;
// A guess is never corrected by more: what is further off is no matter of the tokenizer.
constexpr std::int64_t kFactorMax = 2;

}  // namespace

void Calibration::observe(std::int64_t guessed, std::int64_t billed) {
    if (guessed <= 0 || billed <= 0 || guessed > kTokensMax || billed > kTokensMax) {
        return;
    }
    if (guessed > kWeightMax) {
        billed = std::max<std::int64_t>(
            static_cast<std::int64_t>(Int128{billed} * kWeightMax / guessed), 1);
        guessed = kWeightMax;
    }
    calls_ = std::min(calls_ + 1, kMemory);
    guessed_ += (guessed * kUnit - guessed_) / calls_;
    billed_ += (billed * kUnit - billed_) / calls_;
}

std::int64_t Calibration::adjust(std::int64_t guessed) const {
    if (calls_ == 0 || guessed <= 0) {
        return guessed;
    }
    const Int128 adjusted = Int128{guessed} * billed_ / std::max<std::int64_t>(guessed_, 1);
    return static_cast<std::int64_t>(std::clamp<Int128>(
        adjusted,
        std::max<std::int64_t>(guessed / kFactorMax, 1),
        std::min(Int128{guessed} * kFactorMax, Int128{kTokensMax})));
}

}  // namespace pulse::pricing
