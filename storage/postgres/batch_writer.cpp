#include "storage/postgres/batch_writer.h"

#include <charconv>
#include <string_view>

namespace pulse::storage::postgres {

BatchWriter::BatchWriter(Connection& connection, const BatchTarget& target)
    : connection_(connection), target_(target) {
    std::string names;
    std::string arrays;
    std::size_t number = 0;
    for (const Column& column : target.columns) {
        const char* const comma = number == 0 ? "" : ", ";
        names.append(comma).append(column.name);
        arrays.append(comma).append("$").append(std::to_string(++number)).append("::");
        arrays.append(column.type).append("[]");
    }
    const std::string into = std::string{target.table} + " (" + names + ")";
    copy_ = "COPY " + into + " FROM STDIN";
    insert_ =
        "INSERT INTO " + into + " SELECT * FROM unnest(" + arrays + ") ON CONFLICT DO NOTHING";
    if (!target.returned.empty()) {
        insert_.append(" RETURNING ").append(target.returned);
    }
}

Result<std::uint64_t> BatchWriter::copy(const std::function<void(Batch&)>& put) {
    Batch batch{Batch::Form::copy, target_.columns.size()};
    put(batch);
    if (batch.rows() > 0) {
        if (auto copied = connection_.copy_in(copy_.c_str(), batch.lines()); !copied) {
            return copied.error();
        }
    }
    return std::uint64_t{batch.rows()};
}

Result<BatchWriter::Inserted> BatchWriter::insert(const std::function<void(Batch&)>& put) {
    Batch batch{Batch::Form::arrays, target_.columns.size()};
    put(batch);
    Inserted inserted;
    if (batch.rows() == 0) {
        return inserted;
    }
    const Result<PgResult> done = connection_.run(insert_.c_str(), batch.parameters());
    if (!done) {
        return done.error();
    }
    const std::string_view rows = PQcmdTuples(done->get());
    std::from_chars(rows.data(), rows.data() + rows.size(), inserted.rows);
    for (int row = 0, count = PQntuples(done->get()); row < count; ++row) {
        inserted.values.emplace_back(PQgetvalue(done->get(), row, 0));
    }
    return inserted;
}

}  // namespace pulse::storage::postgres
