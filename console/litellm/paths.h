#pragma once

#include "console/api/routes.h"

/// LiteLLM's management paths, for those who move over: an access token of an admin stands for its
/// master key. What they ask is done by the functions of console/admin/; what they cannot mean here
/// is refused, never ignored.
namespace pulse::console::litellm {

[[nodiscard]] Handle generate_key(const RouteParts& parts);
[[nodiscard]] Handle key_info(const RouteParts& parts);
[[nodiscard]] Handle update_key(const RouteParts& parts);
[[nodiscard]] Result<HttpResponse> delete_keys(const Call& call);
[[nodiscard]] Handle list_keys(const RouteParts& parts);
[[nodiscard]] Handle regenerate_key(const RouteParts& parts);

[[nodiscard]] Handle spend_logs(const RouteParts& parts);
[[nodiscard]] Handle model_info(const RouteParts& parts);

[[nodiscard]] Result<HttpResponse> new_team(const Call& call);

}  // namespace pulse::console::litellm
