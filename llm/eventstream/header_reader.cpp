#include "llm/eventstream/header_reader.h"

#include "llm/eventstream/detail/big_endian.h"

#include <array>
#include <cstddef>

namespace pulse::llm {
namespace {

constexpr std::size_t kTypes = 10;
constexpr std::size_t kLengthPrefixed = static_cast<std::size_t>(-1);
constexpr std::array<std::size_t, kTypes> kValueBytes = {
    0, 0, 1, 2, 4, 8, kLengthPrefixed, kLengthPrefixed, 8, 16};

}  // namespace

bool EventStreamHeaderReader::next(EventStreamHeader& header) {
    if (rest_.empty()) {
        return false;
    }
    const std::size_t name_size = static_cast<unsigned char>(rest_[0]);
    if (name_size == 0 || rest_.size() < 2 + name_size) {
        return false;
    }
    const std::size_t type = static_cast<unsigned char>(rest_[1 + name_size]);
    if (type >= kTypes) {
        return false;
    }
    std::size_t begin = 2 + name_size;
    std::size_t size = kValueBytes[type];
    if (size == kLengthPrefixed) {
        if (rest_.size() < begin + 2) {
            return false;
        }
        size = detail::read_u16(rest_, begin);
        begin += 2;
    }
    if (rest_.size() - begin < size) {
        return false;
    }
    header.name = rest_.substr(1, name_size);
    header.type = static_cast<EventStreamType>(type);
    header.value = rest_.substr(begin, size);
    rest_.remove_prefix(begin + size);
    return true;
}

}  // namespace pulse::llm
