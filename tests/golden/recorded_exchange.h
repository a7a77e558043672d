#pragma once

#include "app/explain/recorded_answer.h"

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace pulse::app {

/// One recorded exchange of the fixtures: what the provider sent, and what its recording says of
/// it.
struct RecordedExchange {
    std::string name;  ///< the file's, without ".json"
    RecordedAnswer answer;
    boost::json::object expected;
};

/// All of them, by name. Empty when the fixtures are not there.
[[nodiscard]] const std::vector<RecordedExchange>& recorded_exchanges();

}  // namespace pulse::app
