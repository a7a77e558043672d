#pragma once

#include "pricing/catalog/catalog.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>

/// Prices as the commands show them.
namespace pulse::app {

/// USD for as many units as people compare by: a million tokens or characters, else one.
[[nodiscard]] std::string shown_usd(const pricing::Price& price);
/// When and where the price counts; empty: always.
[[nodiscard]] std::string conditions(const pricing::Price& price);
[[nodiscard]] boost::json::object model_json(const pricing::Model& model);

/// "key k1, output: × 2/3 until 2027-01-01".
[[nodiscard]] std::string agreed_text(const pricing::PriceOverride& entry);
[[nodiscard]] boost::json::object agreed_json(const pricing::PriceOverride& entry);

}  // namespace pulse::app
