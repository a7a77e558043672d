#include "storage/sole_gateway.h"

#include "storage/postgres/sole_gateway.h"
#include "storage/sqlite/sole_gateway.h"
#include "storage/store_url.h"

namespace pulse::storage {

Result<std::unique_ptr<SoleGateway>> open_sole_gateway(std::string_view url) {
    const auto path = sqlite_path(url);
    return path ? sqlite::open_sole_gateway(*path) : postgres::open_sole_gateway(url);
}

}  // namespace pulse::storage
