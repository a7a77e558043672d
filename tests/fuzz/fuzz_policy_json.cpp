#include "policy/access/policy.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

/// Whatever is read as a policy is written as JSON that reads back equal.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view json{reinterpret_cast<const char*>(data), size};
    const pulse::Result<pulse::policy::Policy> policy = pulse::policy::parse_policy(json);
    if (policy) {
        const auto again = pulse::policy::parse_policy(to_json(*policy));
        if (!again || !(*again == *policy)) {
            std::abort();
        }
    }
    return 0;
}
