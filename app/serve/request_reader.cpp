#include "app/serve/request_reader.h"

#include "storage/queries/request_json.h"
#include "storage/tables/requests.h"

#include <chrono>
#include <utility>

namespace pulse::app {

namespace {
constexpr std::chrono::milliseconds kLedgerWait{2'000};
}

void RequestReader::find(const Uuid& id, net::Loop& loop, Answer answer) {
    // A row that is older than the wait is in the ledger or nowhere.
    const auto now = std::chrono::system_clock::now();
    const bool is_fresh = id.time() + kLedgerWait > now && id.time() < now + kLedgerWait;
    const auto look = [id, &loop, answer](storage::Database& database, bool is_last) {
        auto stored = storage::request(database.session(), id);
        if ((!stored || *stored == nullptr) && !is_last) {
            return false;
        }
        Result<std::optional<gateway::FoundRequest>> found = std::optional<gateway::FoundRequest>{};
        if (!stored) {
            found = stored.error();
        } else if (*stored != nullptr) {
            const storage::RequestRecord& record = (*stored)->decoded.record;
            found = std::optional(
                gateway::FoundRequest{.key_id = std::string(record.key_id), .json = storage::to_json(record)});
        }
        loop.post([found = std::move(found), answer] { answer(found); });
        return true;
    };
    if (!lookups_.ask(look, is_fresh ? kLedgerWait : std::chrono::milliseconds{0})) {
        loop.post([answer = std::move(answer)] {
            answer(Error(Errc::overloaded, "Too many look-ups wait; ask again shortly."));
        });
    }
}

}  // namespace pulse::app
