#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "storage/sql/session.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace pulse::storage {

/// What a request said and was told: a row of ai_request_content. Texts as stored_text() makes them
/// (storage/redaction/redact.h).
struct RequestContent {
    Uuid id;
    std::string request;
    std::string answer;
    bool is_request_cut = false;
    bool is_answer_cut = false;
    bool is_redacted = false;
};

/// All or none; what is there already stays. Errors: storage_unavailable.
[[nodiscard]] Result<void> insert_content(
    sql::Session& session, std::span<const RequestContent> rows);

/// Those from before that time, at most `limit`, oldest first; how many. Errors:
/// storage_unavailable.
[[nodiscard]] Result<std::int64_t> delete_content_before(
    sql::Session& session, TimePoint time, std::size_t limit);

}  // namespace pulse::storage
