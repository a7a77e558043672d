#pragma once

#include "base/settings/settings_source.h"
#include "gateway/providers/credentials/credential.h"

#include <memory>

namespace pulse::gateway {

/// Which field each kind of provider wants its key in, and where keys that are fetched come from.
/// Reads files, fetches nothing. Errors: configuration, which names the provider and the fix.
[[nodiscard]] Result<std::shared_ptr<const Credential>> make_credential(
    const CredentialSettings& settings, const EnvironmentLookup& environment);

}  // namespace pulse::gateway
