#pragma once

#include "base/request_facts.h"
#include "pricing/catalog/catalog.h"
#include "pricing/tokens/calibration.h"

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace pulse::gateway {

/// One worker's calibrations, by priced model, API, and whether tools are there. They hold for one
/// catalogue: clear() with a new snapshot. Lives on one worker.
class Calibrations {
public:
    [[nodiscard]] pricing::Calibration& of(const pricing::Model& model, const RequestFacts& facts) {
        return known_[{&model, facts.api, facts.tools > 0 || facts.builtin_tools}];
    }
    void clear() { known_.clear(); }

private:
    struct Kind {
        const pricing::Model* model;
        Api api;
        bool has_tools;

        [[nodiscard]] bool operator==(const Kind&) const = default;
    };
    struct Hash {
        [[nodiscard]] std::size_t operator()(const Kind& kind) const {
            constexpr std::size_t kMultiplier = 0x9e3779b97f4a7c15;
            const auto place = reinterpret_cast<std::uintptr_t>(kind.model);
            return (place + static_cast<std::size_t>(kind.api) * 2 + (kind.has_tools ? 1 : 0)) *
                   kMultiplier;
        }
    };
    std::unordered_map<Kind, pricing::Calibration, Hash> known_;
};

}  // namespace pulse::gateway
