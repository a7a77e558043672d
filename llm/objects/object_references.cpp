#include "llm/objects/object_references.h"

#include "llm/detail/json_document.h"

#include <algorithm>
#include <array>

namespace pulse::llm {

namespace {

using namespace detail;

constexpr int kDepthMax = 24;
constexpr std::size_t kIdBytesMax = 512;

/// Keys whose value is an id, a list of ids, or (`conversation`, `container`) an object with an `id`.
[[nodiscard]] bool names_object(std::string_view key) {
    static constexpr std::array<std::string_view, 17> kKeys{
        "file_id",
        "file_ids",
        "input_file_id",
        "previous_response_id",
        "previous_interaction_id",
        "conversation",
        "container",
        "container_id",
        "vector_store_id",
        "vector_store_ids",
        "assistant_id",
        "thread_id",
        "fileUri",
        "file_uri",
        "cachedContent",
        "cached_content",
        "fileName"};
    return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

/// A file that lies elsewhere (a bucket, the web, a video's page) is nobody's object at the provider.
[[nodiscard]] bool is_foreign_uri(std::string_view text) {
    const bool is_uri = text.find("://") != std::string_view::npos;
    return is_uri && text.find("/files/") == std::string_view::npos;
}

class References {
public:
    simdjson::error_code walk(ondemand::value& value, int depth) {
        const std::string_view token = raw_token(value);
        if (depth > kDepthMax) {
            return simdjson::DEPTH_ERROR;
        }
        if (token.starts_with('[')) {
            return for_each_element(
                value, [this, depth](ondemand::value& element) { return walk(element, depth + 1); });
        }
        return for_each_field_of(value, [this, depth](std::string_view key, ondemand::value& field) {
            return read_field(key, field, depth + 1);
        });
    }

    simdjson::error_code read_field(std::string_view key, ondemand::value& value, int depth) {
        return names_object(key) ? take(value, depth) : walk(value, depth);
    }

    [[nodiscard]] std::vector<std::string>& ids() { return ids_; }

private:
    simdjson::error_code take(ondemand::value& value, int depth) {
        const std::string_view token = raw_token(value);
        if (token.starts_with('[')) {
            return for_each_element(
                value, [this, depth](ondemand::value& element) { return take(element, depth + 1); });
        }
        if (token.starts_with('{')) {
            return for_each_field_of(value, [this, depth](std::string_view key, ondemand::value& field) {
                return key == "id" ? take(field, depth + 1) : read_field(key, field, depth + 1);
            });
        }
        std::string_view text;
        if (!token.starts_with('"') || value.get_string().get(text) != simdjson::SUCCESS) {
            return simdjson::SUCCESS;
        }
        const std::string_view id = object_id_of(text);
        // `container: {"type":"auto"}` and the like are words, not ids.
        if (!id.empty() && id != "auto" && !is_foreign_uri(text) && id.size() <= kIdBytesMax) {
            ids_.emplace_back(id);
        }
        return ids_.size() > kReferencesMax ? simdjson::CAPACITY : simdjson::SUCCESS;
    }

    std::vector<std::string> ids_;
};

/// Where the elements of a list stand in its answer.
struct Element {
    std::string id;
    std::string_view raw;
};
struct List {
    std::vector<Element> elements;
    std::string_view raw;  ///< from bracket to bracket
};

[[nodiscard]] bool is_list_key(std::string_view key) {
    return key == "data" || key == "files" || key == "cachedContents" || key == "batches" || key == "operations";
}

[[nodiscard]] List read_list(std::string_view body) {
    List list;
    JsonDocument document;
    const std::string_view json = padded_copy(body);
    // What is left out of a list must be cut at the right places: all of it is checked before any of it is read.
    simdjson::dom::parser checker;
    if (checker.parse(json.data(), json.size(), false).error() != simdjson::SUCCESS ||
        document.open(json) != simdjson::SUCCESS) {
        return {};
    }
    const auto error = for_each_field(document.object(), [&](std::string_view key, ondemand::value& value) {
        if (!is_list_key(key) || !raw_token(value).starts_with('[')) {
            return simdjson::SUCCESS;
        }
        if (list.raw.data() != nullptr) {
            return simdjson::UNEXPECTED_ERROR;  // two lists: one of them would be shown as it is
        }
        ondemand::array array;
        if (const auto failed = value.get_array().get(array)) {
            return failed;
        }
        const auto begin = array.raw_json();
        if (begin.error() != simdjson::SUCCESS) {
            return begin.error();
        }
        std::string_view raw = begin.value_unsafe();
        raw = raw.substr(0, raw.rfind(']') + 1);
        const auto at = [&](std::string_view part) {
            return body.substr(static_cast<std::size_t>(part.data() - json.data()), part.size());
        };
        list.raw = at(raw);
        if (const auto failed = array.reset().error()) {
            return failed;
        }
        for (auto item : array) {
            ondemand::object object;
            if (const auto failed = item.get_object().get(object)) {
                return failed;
            }
            std::string_view text;
            if (const auto failed = object.raw_json().get(text)) {
                return failed;
            }
            Element element{.id = {}, .raw = at(text.substr(0, text.rfind('}') + 1))};
            if (const auto failed = object.reset().error()) {
                return failed;
            }
            bool is_named = false;  // xAI: by its `batch_id`; the `name` there is the caller's word
            const auto failed = for_each_field(object, [&element, &is_named](std::string_view name, ondemand::value& field) {
                std::string_view id;
                if ((name == "id" || name == "name" || name == "batch_id") && field.get_string().get(id) == simdjson::SUCCESS) {
                    is_named = is_named || name == "batch_id";
                    if (!is_named || name == "batch_id") {
                        element.id = std::string(object_id_of(id));
                    }
                }
                return simdjson::SUCCESS;
            });
            if (failed) {
                return failed;
            }
            list.elements.push_back(std::move(element));
        }
        return simdjson::SUCCESS;
    });
    return error || !document.is_whole() ? List{} : list;
}

}  // namespace

std::string_view object_id_of(std::string_view name) {
    const std::size_t slash = name.rfind('/');
    return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

Result<std::vector<std::string>> object_references(std::string_view body) {
    JsonDocument document;
    if (const auto error = document.open(body)) {
        return Error(
            Errc::invalid_request,
            std::string("the request body is not valid JSON: ") + simdjson::error_message(error));
    }
    References references;
    const auto error = for_each_field(
        document.object(), [&references](std::string_view key, ondemand::value& value) {
            return references.read_field(key, value, 0);
        });
    if (error == simdjson::CAPACITY || error == simdjson::DEPTH_ERROR) {
        return Error(Errc::invalid_request, "the request names more than 256 stored objects, or too deeply");
    }
    if (error) {
        return Error(
            Errc::invalid_request,
            std::string("the request body is not valid JSON: ") + simdjson::error_message(error));
    }
    std::vector<std::string>& ids = references.ids();
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return std::move(ids);
}

std::string created_object(std::string_view body) {
    JsonDocument document;
    if (document.open(padded_copy(body)) != simdjson::SUCCESS) {
        return {};
    }
    std::string id;
    std::string name;
    const auto take = [&](std::string_view key, ondemand::value& value) {
        std::string_view text;
        // xAI's batches have a `batch_id`, and their `name` is the caller's word.
        const bool is_id = key == "id" || key == "batch_id";
        if ((is_id || key == "name") && value.get_string().get(text) == simdjson::SUCCESS) {
            (is_id ? id : name) = std::string(object_id_of(text));
        }
        return simdjson::SUCCESS;
    };
    const auto error = for_each_field(document.object(), [&](std::string_view key, ondemand::value& value) {
        return key == "file" ? for_each_field_of(value, take) : take(key, value);
    });
    if (error || std::max(id.size(), name.size()) > kIdBytesMax) {
        return {};
    }
    return id.empty() ? name : id;
}

std::vector<std::string> listed_objects(std::string_view body) {
    std::vector<std::string> ids;
    for (Element& element : read_list(body).elements) {
        ids.push_back(std::move(element.id));
    }
    return ids;
}

std::string filtered_list(std::string_view body, const std::vector<std::string>& kept) {
    const List list = read_list(body);
    if (list.raw.data() == nullptr) {
        return {};
    }
    std::string out(body.substr(0, static_cast<std::size_t>(list.raw.data() - body.data())));
    out += '[';
    for (const Element& element : list.elements) {
        if (std::find(kept.begin(), kept.end(), element.id) != kept.end()) {
            out.append(out.ends_with('[') ? "" : ",").append(element.raw);
        }
    }
    out += ']';
    out.append(body.substr(static_cast<std::size_t>(list.raw.data() + list.raw.size() - body.data())));
    return out;
}

}  // namespace pulse::llm
