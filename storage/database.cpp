#include "storage/database.h"

#include "storage/postgres/address.h"
#include "storage/postgres/postgres_database.h"
#include "storage/sqlite/sqlite_database.h"
#include "storage/store_url.h"

namespace pulse::storage {

Result<std::unique_ptr<Database>> open_database(std::string_view url) {
    if (const auto path = sqlite_path(url); path && !path->empty()) {
        return sqlite::open_sqlite(*path);
    }
    if (postgres::is_address(url)) {
        return postgres::open_postgres(url);
    }
    // Not the whole address, which may hold a password.
    const std::string scheme{url.substr(0, url.find(':'))};
    return Error{
        Errc::configuration, "store.url: unknown scheme '" + scheme +
            "'; allowed: sqlite:PATH, postgresql://[user[:password]@]host[:port]/database"};
}

}  // namespace pulse::storage
