#include "pricing/tokens/detail/char_class.h"

namespace pulse::pricing::detail {

#include <pricing/tokens/char_class_table.inc>  // made by the build

}  // namespace pulse::pricing::detail
