#pragma once

#include "storage/tables/keys.h"

#include <boost/json/object.hpp>

namespace pulse::console {

/// A virtual key as the API, the command line and the audit log show it: never the key itself, nor
/// its hash.
[[nodiscard]] boost::json::object key_json(const storage::KeyRow& row);

}  // namespace pulse::console
