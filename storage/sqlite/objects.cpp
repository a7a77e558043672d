#include "storage/sqlite/objects.h"

#include <sqlite3.h>

namespace pulse::storage::sqlite {

namespace {
constexpr std::string_view kSelectOwner =
    "SELECT key_id FROM provider_object WHERE provider = ?1 AND id = ?2";
}

Result<std::vector<std::string>> select_object_owners(
    Connection& connection, std::string_view provider, std::span<const std::string> objects) {
    Result<Statement> query = connection.prepare(kSelectOwner);
    if (!query) {
        return query.error();
    }
    std::vector<std::string> owners;
    owners.reserve(objects.size());
    for (const std::string& object : objects) {
        query->bind(1, provider);
        query->bind(2, object);
        const int code = query->step();
        if (code != SQLITE_ROW && code != SQLITE_DONE) {
            return connection.error("read a provider's object");
        }
        owners.emplace_back(code == SQLITE_ROW ? query->text(0) : std::string_view{});
        query->reset();
    }
    return owners;
}

}  // namespace pulse::storage::sqlite
