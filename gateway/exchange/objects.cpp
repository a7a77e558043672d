#include "gateway/exchange/answer_head.h"
#include "gateway/exchange/exchange.h"
#include "llm/objects/deferred_object.h"
#include "llm/objects/object_references.h"
#include "net/auth/percent.h"

#include <algorithm>

namespace pulse::gateway {

namespace {

/// The poller of deferred work looks every second, and is hurried.
constexpr std::chrono::milliseconds kUnbilledRetry{2'000};

/// Bodies of these name stored objects only in parts that the facts count, if at all.
[[nodiscard]] bool names_objects_in_files_only(Api api) {
    switch (api) {
        case Api::chat_completions:
        case Api::completions:
        case Api::embeddings:
        case Api::moderations:
        case Api::images:
        case Api::speech:
        case Api::messages:
        case Api::token_counting:
        case Api::generate_content:
        case Api::embed_content:
        case Api::converse:
        case Api::invoke:
        case Api::cohere_chat:
        case Api::cohere_generate:
        case Api::cohere_embed:
        case Api::rerank:
            return true;
        default:
            return false;
    }
}

}  // namespace

/// Objects that the path or the body names: they must be the key's own.
Result<std::vector<std::string>> Exchange::named_objects() const {
    std::vector<std::string> ids;
    const Route& route = call_.route;
    if (route.object == ObjectUse::item) {
        std::string name;
        net::append_percent_decoded(name, route.argument);
        ids.emplace_back(llm::object_id_of(name));
    }
    const std::string_view body = this->body();
    if (body.empty() || call_.facts.is_form || body.find_first_not_of(" \t\r\n") != body.find('{')) {
        return ids;
    }
    const RequestFacts& facts = call_.facts;
    const bool has_files = facts.file_parts + facts.images + facts.audio_parts > 0 ||
                           (route.dialect == Dialect::gemini && body.find("ached") != std::string_view::npos) ||
                           (route.dialect == Dialect::anthropic && body.find("container") != std::string_view::npos);
    if (names_objects_in_files_only(route.api) && !has_files) {
        return ids;
    }
    auto named = llm::object_references(body);
    if (!named) {
        // What is no JSON cannot be passed unread to a provider that may read it.
        return named.error();
    }
    ids.insert(ids.end(), named->begin(), named->end());
    return ids;
}

void Exchange::check_objects() {
    const auto ids = named_objects();
    if (!ids) {
        return answer_error(ids.error());
    }
    if (ids->empty()) {
        return admit();
    }
    call_.names_objects = true;
    worker_.objects.find(
        call_.target.provider->name,
        *ids,
        worker_.loop,
        [this, ids = *ids, alive = alive_, asked = call_.id](const Result<std::vector<std::string>>& owners) {
            if (!*alive || stage_ != Stage::received || call_.id != asked) {
                return;
            }
            if (!owners) {
                return answer_error(owners.error());
            }
            for (std::size_t i = 0; i < ids.size(); ++i) {
                if ((*owners)[i] != call_.key->id.value()) {
                    return answer_error(Error(
                        Errc::not_found, "This key has no object `" + ids[i].substr(0, 128) + "` at this provider."));
                }
            }
            check_unbilled(ids);
        });
}

/// What is not billed yet is not deleted: its bill is read from it.
void Exchange::check_unbilled(const std::vector<std::string>& ids) {
    if (connection_.head().method != "DELETE") {
        return admit();
    }
    worker_.objects.find_unbilled(
        call_.target.provider->name,
        ids,
        worker_.loop,
        [this, alive = alive_, asked = call_.id](const Result<std::int64_t>& unbilled) {
            if (!*alive || stage_ != Stage::received || call_.id != asked) {
                return;
            }
            if (!unbilled) {
                return answer_error(unbilled.error());
            }
            if (*unbilled > 0) {
                Error error(
                    Errc::rate_limited,
                    "This work is not billed yet and can be deleted when it is: seconds after it is done or cancelled.");
                error.with_retry_after(kUnbilledRetry);
                return answer_error(error);
            }
            admit();
        });
}

/// The answer to a call that makes an object says its id: from now on it is the key's.
void Exchange::note_created(std::string_view id) {
    const Route& route = call_.route;
    const bool is_post = connection_.head().method == "POST";
    const bool creates = route.object == ObjectUse::create || (route.object == ObjectUse::collection && is_post);
    // What goes on in the background is kept until it is done, whatever was asked.
    const bool stores = route.api == Api::chat_completions
                            ? call_.facts.store.value_or(false)
                            : creates && (call_.facts.background || call_.facts.store.value_or(true));
    if (!stores || id.empty() || answer_.status >= 300) {
        return;
    }
    created_object_ = id;
    worker_.objects.note(call_.target.provider->name, created_object_, call_.key->id.value());
}

/// A batch says which files hold its output: they are the key's that made it.
void Exchange::note_outputs(std::string_view body) {
    const Route& route = call_.route;
    if (route.api != Api::batches || route.object != ObjectUse::item || answer_.status >= 300) {
        return;
    }
    const Provider& provider = *call_.target.provider;
    const auto batch =
        llm::read_deferred_object(llm::deferred_shape(route.dialect, route.api, provider.kind), body);
    if (!batch) {
        return;
    }
    for (const std::string* file : {&batch->output_file, &batch->error_file}) {
        if (const std::string_view id = llm::object_id_of(*file); !id.empty()) {
            worker_.objects.note(provider.name, id, call_.key->id.value());
            if (created_object_.empty()) {
                created_object_ = id;  // its row tells the others
            }
        }
    }
}

/// Is the provider to go on with what this call asks for, and bill it when it is done?
bool Exchange::asks_for_deferred_work() const {
    switch (call_.route.api) {
        case Api::batches:
        case Api::message_batches:
            return connection_.head().method == "POST" && call_.route.object != ObjectUse::item;
        case Api::responses:
        case Api::interactions:
            return call_.facts.background && call_.route.object != ObjectUse::item;
        default:
            return false;
    }
}

/// Only what has an id can be asked for: the rest is billed by what its answer says.
bool Exchange::begins_deferred_work() const {
    return !created_object_.empty() && asks_for_deferred_work();
}

bool Exchange::is_list() const {
    return call_.route.object == ObjectUse::collection && connection_.head().method == "GET" && answer_.status < 300;
}

/// Shows of a list what the key made.
void Exchange::answer_list(std::string_view body, const llm::MeterReading& reading) {
    std::vector<std::string> ids = llm::listed_objects(body);
    release_upstream(true);
    stage_ = Stage::received;
    worker_.objects.find(
        call_.target.provider->name,
        ids,
        worker_.loop,
        [this, ids, body, reading, alive = alive_, asked = call_.id](
            const Result<std::vector<std::string>>& owners) {
            if (!*alive || stage_ != Stage::received || call_.id != asked) {
                return;
            }
            if (!owners) {
                return answer_error(owners.error());
            }
            std::vector<std::string> own;
            for (std::size_t i = 0; i < ids.size(); ++i) {
                if ((*owners)[i] == call_.key->id.value()) {
                    own.push_back(ids[i]);
                }
            }
            const std::string filtered = llm::filtered_list(body, own);
            if (filtered.empty()) {
                return answer_error(Error(
                    Errc::upstream_bad_answer, "The provider's answer is no list, and cannot be shown as one."));
            }
            stage_ = Stage::buffering;
            send_buffered(filtered, settle(reading, storage::Outcome::answered, answer_.status, {}));
        });
}

}  // namespace pulse::gateway
