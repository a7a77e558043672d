#include "base/assert.h"
#include "pricing/cost/price_case.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Whatever is read as a case has a cost, never negative and never above its ceiling, whose parts
/// are its whole.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pulse;
    using namespace pulse::pricing;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto wanted = parse_price_case(text, TimePoint{});
    if (!wanted) {
        PULSE_ASSERT(!wanted.error().detail().empty());
        return 0;
    }
    const auto catalog = Catalog::builtin();
    const auto priced = price(*catalog, *wanted);
    Money sum;
    for (const auto& line : priced.cost.lines) {
        PULSE_ASSERT(line.cost >= Money{});
        sum += line.cost;
    }
    PULSE_ASSERT(sum == priced.cost.total);
    PULSE_ASSERT(priced.ceil >= sum);
    PULSE_ASSERT(!to_json(*catalog, *wanted, priced).empty());
    return 0;
}
