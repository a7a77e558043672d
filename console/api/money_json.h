#pragma once

#include "base/money.h"
#include "storage/queries/change.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace pulse::console {

/// An exact decimal string.
[[nodiscard]] inline boost::json::value money_json(Money amount) {
    return boost::json::value(amount.to_string());
}

/// `percent` is null where there was nothing before.
[[nodiscard]] inline boost::json::object change_json(const storage::Change& change) {
    return {
        {"delta", money_json(change.delta)},
        {"percent", change.percent ? boost::json::value(*change.percent) : boost::json::value{}}};
}

}  // namespace pulse::console
