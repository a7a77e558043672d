#pragma once

#include "base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace pulse::llm {

/// Ids of objects that a provider keeps and a JSON body names, wherever they stand in it: files, stored responses,
/// conversations, vector stores, cached contents, containers, batches' inputs. Bounded by kReferencesMax.
/// `body` must be followed by kBodyPadding readable bytes. Errors: invalid_request (no JSON, or too many).
[[nodiscard]] Result<std::vector<std::string>> object_references(std::string_view body);
inline constexpr std::size_t kReferencesMax = 256;

/// The id of the object that an answer says was made: its `id`, or the last part of its `name` (Gemini), at the top or
/// within `file`. Empty when there is none.
[[nodiscard]] std::string created_object(std::string_view body);

/// An object's id as rows have it: "files/abc" is "abc", a URI its last part.
[[nodiscard]] std::string_view object_id_of(std::string_view name);

/// The elements of an answer that lists objects (`data`, `files`, `cachedContents`, `batches`, `operations`): their ids,
/// in order. Nothing when it is no such list.
[[nodiscard]] std::vector<std::string> listed_objects(std::string_view body);

/// The same answer without the elements whose id is not among `kept`; all other bytes stay. Empty when it is no list.
[[nodiscard]] std::string filtered_list(std::string_view body, const std::vector<std::string>& kept);

}  // namespace pulse::llm
