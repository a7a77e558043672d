#pragma once

#include "storage/records.h"

#include <string>

namespace pulse::storage {

/// A request as `GET /v1/pulse/requests/{id}` shows it (contract §4): one JSON object, money as
/// decimal strings, `ts` in RFC 3339 with microseconds.
[[nodiscard]] std::string to_json(const RequestRecord& record);

}  // namespace pulse::storage
