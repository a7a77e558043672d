#pragma once

#include "llm/openai/request_reader.h"

#include <cstring>
#include <memory>
#include <string_view>

namespace pulse::llm {

/// A copy of a text with exactly the padding that the readers ask for, so that a sanitizer sees one
/// byte more.
class Padded {
public:
    explicit Padded(std::string_view text)
        : bytes_(new char[text.size() + kBodyPadding]), size_(text.size()) {
        std::memcpy(bytes_.get(), text.data(), text.size());
        std::memset(bytes_.get() + size_, '#', kBodyPadding);
    }

    [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_;
};

}  // namespace pulse::llm
