#pragma once

#include "net/http/head.h"

#include <string_view>

namespace pulse::gateway {

/// Walks over the fields of a head that is being written (request line, then lines that end in
/// CRLF, no blank line yet).
class HeadFields {
public:
    explicit HeadFields(std::string_view head);

    /// False at the end.
    [[nodiscard]] bool next(net::Field& field);

private:
    std::string_view rest_;
};

/// Is there a field of this name (without regard to case)?
[[nodiscard]] bool has_field(std::string_view head, std::string_view name);

}  // namespace pulse::gateway
