#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace pulse::storage {

/// The one text of a JSON value: members of objects by their names' bytes, no white space, UTF-8 as
/// it is, \b \f \n \r \t and \u00xx for control characters. A number that is no integer is written
/// as a string, so that each reader of the text finds the same value.
[[nodiscard]] std::string canonical_json(const boost::json::value& value);

}  // namespace pulse::storage
