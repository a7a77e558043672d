#pragma once

#include "pricing/cost/cost.h"

namespace pulse::pricing::detail {

/// A line's amount with its factor and divisor, exact until the one rounding. In 128 bits where
/// they suffice, else in 512. Ends the process when the amount itself leaves Money's range, which
/// the bounds of Price, Factor and quantities rule out.
[[nodiscard]] Money multiply_wide(const CostLine& line, Rounding rounding);

}  // namespace pulse::pricing::detail
