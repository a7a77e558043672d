#include "console/admin/keys.h"

#include "base/digest.h"
#include "base/hex.h"
#include "console/api/change.h"
#include "console/api/fields.h"
#include "console/litellm/json_writer.h"
#include "console/litellm/key_answer.h"
#include "console/litellm/key_fields.h"
#include "console/litellm/paths.h"

#include <algorithm>

namespace pulse::console::litellm {
namespace {

using storage::KeyRow;

constexpr std::size_t kKeyBytesMin = 16;
constexpr std::size_t kKeysMax = 100;
constexpr BodyFields::TextRule kKeyText{.bytes_max = 256};

[[nodiscard]] HttpResponse with_body(std::string body) {
    HttpResponse response;
    response.body = std::move(body);
    return response;
}

[[nodiscard]] Error unknown_key() {
    return Error{Errc::not_found, "there is no such key; /key/list shows the ids of all"};
}

/// By the key itself, by its SHA-256 (LiteLLM's token) or by its id.
[[nodiscard]] Result<KeyRow> find(const Call& call, const std::string& asked) {
    auto row = storage::find_key_by_hash(call.session(), to_hex(sha256(asked)));
    if (row && !*row) {
        row = storage::find_key_by_hash(call.session(), asked);
    }
    if (row && !*row) {
        row = storage::key(call.session(), asked);
    }
    if (!row) {
        return row.error();
    }
    if (!*row || (*row)->org != call.access.org) {
        return unknown_key();
    }
    return **std::move(row);
}

[[nodiscard]] Result<std::string> answer_of(
    const Call& call, const std::string& time_zone, const KeyRow& row, std::string_view secret) {
    const auto spend = spend_of(call, time_zone, {row});
    if (!spend) {
        return spend.error();
    }
    return key_answer(row, spend->front(), secret);
}

[[nodiscard]] Result<HttpResponse> made_answer(
    const Call& call, const std::string& time_zone, const Result<KeyWithSecret>& made) {
    if (!made) {
        return conflict_or(made.error());
    }
    auto body = answer_of(call, time_zone, made->row, made->secret);
    if (!body) {
        return body.error();
    }
    return with_body(*std::move(body));
}

[[nodiscard]] Result<HttpResponse> regenerate(
    const Call& call, const std::string& time_zone, const std::string& asked) {
    const auto row = find(call, asked);
    if (!row) {
        return row.error();
    }
    return made_answer(
        call,
        time_zone,
        rotate_key(call.session(), row->id, std::nullopt, audit_entry(call, {}, {}, {})));
}

[[nodiscard]] Result<HttpResponse> list_of(const Call& call, const std::string& time_zone) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    storage::KeyFilter filter;
    filter.org = call.access.org;
    filter.user = query->text("user_id");
    filter.team = query->text("team_id");
    filter.label = query->text("key_alias");
    filter.state = storage::KeyState::valid;
    const std::int64_t page = query->number("page", 1, 1, 1'000'000);
    const std::int64_t size = query->number("size", 10, 1, static_cast<std::int64_t>(kKeysMax));
    const std::string full = query->text("return_full_object");
    for (const std::string_view ignored : {"include_team_keys", "sort_by", "sort_order"}) {
        (void)query->text(ignored);
    }
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    constexpr std::int64_t kAll = 100'000;
    filter.limit = kAll;
    const auto all = storage::list_keys(call.session(), filter, call.now);
    if (!all) {
        return all.error();
    }
    const auto count = static_cast<std::int64_t>(all->size());
    const auto begin = std::min((page - 1) * size, count);
    const auto end = std::min(begin + size, count);
    const std::vector<KeyRow> rows{all->begin() + begin, all->begin() + end};
    const auto spends = spend_of(call, time_zone, rows);
    if (!spends) {
        return spends.error();
    }
    std::string keys = "[";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        keys.append(i == 0 ? "" : ",");
        if (full == "true") {
            keys.append(key_answer(rows[i], (*spends)[i], {}));
        } else {
            append_json_string(keys, rows[i].id);
        }
    }
    return with_body(JsonWriter{}
                         .raw("keys", keys + "]")
                         .value("total_count", count)
                         .value("current_page", page)
                         .value("total_pages", (count + size - 1) / size)
                         .finish());
}

/// The keys that a body names, each of them there.
[[nodiscard]] Result<std::vector<KeyRow>> named_keys(const Call& call, BodyFields& body) {
    const auto keys = body.optional_texts("keys", kKeysMax);
    const auto aliases = body.optional_texts("key_aliases", kKeysMax);
    if (!keys && !aliases) {
        body.problem("keys", "is missing; it takes a list of keys or their ids");
    }
    if (auto fine = body.finish(); !fine) {
        return fine.error();
    }
    std::vector<KeyRow> rows;
    for (const std::string& asked : keys.value_or(std::vector<std::string>{})) {
        auto row = find(call, asked);
        if (!row) {
            return row.error();
        }
        rows.push_back(*std::move(row));
    }
    for (const std::string& alias : aliases.value_or(std::vector<std::string>{})) {
        storage::KeyFilter filter;
        filter.org = call.access.org;
        filter.label = alias;
        filter.state = storage::KeyState::valid;
        filter.limit = static_cast<std::int64_t>(kKeysMax);
        auto found = storage::list_keys(call.session(), filter, call.now);
        if (!found) {
            return found.error();
        }
        const std::size_t before = rows.size();
        for (KeyRow& row : *found) {
            if (row.label == alias) {
                rows.push_back(std::move(row));
            }
        }
        if (rows.size() == before) {
            return unknown_key();
        }
    }
    return rows;
}

}  // namespace

Handle generate_key(const RouteParts& parts) {
    return [time_zone = parts.default_time_zone](const Call& call) -> Result<HttpResponse> {
        auto body = BodyFields::read(call.http);
        if (!body) {
            return body.error();
        }
        const KeyFields fields = read_key_fields(*body, {}, call.now);
        const auto given = body->optional_text("key", {.bytes_max = 256, .may_be_null = true});
        if (given && !given->empty() &&
            (!given->starts_with("sk-") || given->size() < kKeyBytesMin)) {
            body->problem(
                "key", "takes a key of one's own that begins with sk- and has 16 bytes or more");
        }
        refuse_others(*body);
        if (auto fine = body->finish(); !fine) {
            return fine.error();
        }
        return made_answer(
            call,
            time_zone,
            create_key(
                call.session(),
                fields,
                audit_entry(call, {}, {}, {}),
                Reach::everything(),
                given.value_or(std::string{})));
    };
}

Handle key_info(const RouteParts& parts) {
    return [time_zone = parts.default_time_zone](const Call& call) -> Result<HttpResponse> {
        auto query = QueryFields::read(call.http.query);
        if (!query) {
            return query.error();
        }
        const std::string asked = query->text("key", kKeyText.bytes_max);
        if (asked.empty()) {
            query->problem("key", "is missing; it takes a key or its id");
        }
        if (auto fine = query->finish(); !fine) {
            return fine.error();
        }
        const auto row = find(call, asked);
        if (!row) {
            return row.error();
        }
        const auto info = answer_of(call, time_zone, *row, {});
        if (!info) {
            return info.error();
        }
        // Never the key back, where it came as itself.
        return with_body(JsonWriter{}.text("key", row->id).raw("info", *info).finish());
    };
}

Handle update_key(const RouteParts& parts) {
    return [time_zone = parts.default_time_zone](const Call& call) -> Result<HttpResponse> {
        auto body = BodyFields::read(call.http);
        if (!body) {
            return body.error();
        }
        const std::string asked = body->text("key", kKeyText);
        const auto row = asked.empty() ? Result<KeyRow>{KeyRow{}} : find(call, asked);
        if (!row) {
            return row.error();
        }
        const KeyFields fields = read_key_fields(*body, *row, call.now);
        refuse_others(*body);
        if (auto fine = body->finish(); !fine) {
            return fine.error();
        }
        // What was read above is what the new policy was made of.
        const auto changed = change_key(
            call.session(), row->id, row->version, fields, audit_entry(call, {}, {}, {}));
        if (!changed) {
            return conflict_or(changed.error());
        }
        auto answer = answer_of(call, time_zone, *changed, {});
        if (!answer) {
            return answer.error();
        }
        return with_body(*std::move(answer));
    };
}

Result<HttpResponse> delete_keys(const Call& call) {
    auto body = BodyFields::read(call.http);
    if (!body) {
        return body.error();
    }
    const auto rows = named_keys(call, *body);
    if (!rows) {
        return rows.error();
    }
    boost::json::array deleted;
    for (const KeyRow& row : *rows) {
        const auto revoked = revoke_key(call.session(), row.id, audit_entry(call, {}, {}, {}));
        if (!revoked) {
            return conflict_or(revoked.error());
        }
        deleted.emplace_back(row.id);
    }
    return with_body(JsonWriter{}.value("deleted_keys", deleted).finish());
}

Handle list_keys(const RouteParts& parts) {
    return [time_zone = parts.default_time_zone](const Call& call) {
        return list_of(call, time_zone);
    };
}

Handle regenerate_key(const RouteParts& parts) {
    return [time_zone = parts.default_time_zone](const Call& call) -> Result<HttpResponse> {
        auto body = BodyFields::read(call.http);
        if (!body) {
            return body.error();
        }
        const bool is_in_path = !call.parameters.empty();
        std::string asked = is_in_path ? call.parameter("key") : body->text("key", kKeyText);
        (void)body->has("key");
        refuse_others(*body);
        if (auto fine = body->finish(); !fine) {
            return fine.error();
        }
        return regenerate(call, time_zone, asked);
    };
}

}  // namespace pulse::console::litellm
