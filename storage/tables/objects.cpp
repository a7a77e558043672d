#include "storage/tables/objects.h"

#include "storage/detail/text_list.h"
#include "storage/sql/dialect.h"

#include <functional>
#include <map>

namespace pulse::storage {

Result<std::vector<std::string>> object_owners(
    sql::Session& session, std::string_view provider, std::span<const std::string> objects) {
    std::map<std::string, std::string, std::less<>> owner_of;
    const std::string statement =
        "SELECT id, key_id FROM provider_object WHERE provider = $1 AND id IN " +
        sql::texts_of(session.engine(), "$2");
    if (auto read = session.each(
            statement,
            {provider, detail::text_list(objects)},
            [&](const sql::Row& row) { owner_of.emplace(row.text(0), row.text(1)); });
        !read) {
        return read.error();
    }
    std::vector<std::string> owners;
    owners.reserve(objects.size());
    for (const std::string& object : objects) {
        const auto found = owner_of.find(object);
        owners.push_back(found == owner_of.end() ? std::string{} : found->second);
    }
    return owners;
}

}  // namespace pulse::storage
