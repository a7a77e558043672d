#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "storage/rerating.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace pulse::app {

/// [from, to).
struct RatedPeriod {
    TimePoint from;
    TimePoint to;
};

struct RerateChanges {
    std::uint64_t rows = 0;
    Money before;
    Money after;

    void add(const storage::Rerating& change);
};

/// What a re-rating found and did; rows are billed attempts. Value; not thread-safe.
struct RerateReport {
    RatedPeriod period;
    std::string price_version;
    bool is_dry_run = false;
    std::uint64_t rows = 0;         ///< looked at
    std::uint64_t passed_over = 0;  ///< changed by somebody else between reading and writing
    std::uint64_t unknown = 0;      ///< left as they are: nobody knows the provider any more
    Money before{};                 ///< of all rows
    Money after{};
    std::uint64_t changed = 0;
    /// What changed, by provider and model; bounded, the rest stands under ("other", "other").
    std::map<std::pair<std::string, std::string>, RerateChanges> models{};
    std::set<std::string> unknown_providers{};  ///< bounded

    void add(const storage::Rerating& change);
    void add_unknown(const std::string& provider);
};

/// To standard output: text, or one JSON object.
void print(const RerateReport& report, bool as_json);

}  // namespace pulse::app
