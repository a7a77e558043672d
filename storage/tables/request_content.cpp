#include "storage/tables/request_content.h"

#include <string_view>

namespace pulse::storage {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO ai_request_content (id, ts, request, answer, request_cut, answer_cut, redacted)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
constexpr std::string_view kDeleteBefore =
    "DELETE FROM ai_request_content WHERE id IN"
    " (SELECT id FROM ai_request_content WHERE ts < $1 ORDER BY ts LIMIT $2)";

}  // namespace

Result<void> insert_content(sql::Session& session, std::span<const RequestContent> rows) {
    auto transaction = sql::Transaction::begin(session);
    if (!transaction) {
        return transaction.error();
    }
    for (const RequestContent& row : rows) {
        const auto inserted = session.run(
            kInsert,
            {row.id,
             row.id.time(),
             row.request,
             row.answer,
             row.is_request_cut,
             row.is_answer_cut,
             row.is_redacted});
        if (!inserted) {
            return inserted.error();
        }
    }
    return transaction->commit();
}

Result<std::int64_t> delete_content_before(
    sql::Session& session, TimePoint time, std::size_t limit) {
    return session.run(kDeleteBefore, {time, limit});
}

}  // namespace pulse::storage
