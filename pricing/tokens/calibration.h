#pragma once

#include <cstdint>

namespace pulse::pricing {

/// Learns from the provider's own counts how far a guess of input tokens is off, for calls of one
/// kind (provider, model, API, with or without tools): the ratio of what was billed to what was
/// guessed, newer calls weighing more. Starts at 1. Value; not thread-safe.
class Calibration {
public:
    /// A call was guessed to have `guessed` input tokens and had `billed`.
    void observe(std::int64_t guessed, std::int64_t billed);
    /// `guessed`, corrected by what was learned.
    [[nodiscard]] std::int64_t adjust(std::int64_t guessed) const;

private:
    // Running means in 1/256 tokens: of the first calls plain, then exponential.
    std::int64_t guessed_ = 0;
    std::int64_t billed_ = 0;
    std::int64_t calls_ = 0;
};

}  // namespace pulse::pricing
