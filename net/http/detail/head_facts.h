#pragma once

#include "net/http/head.h"

#include <cstdint>
#include <string_view>

namespace pulse::net::detail {

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// What a head's fields say about its connection and its body, gathered field by field under rules
/// that are stricter than the grammar. Value; not thread-safe.
struct HeadFacts {
    std::uint64_t content_length = 0;
    bool has_length = false;
    bool has_coding = false;
    bool has_host = false;
    bool has_upgrade = false;
    bool says_close = false;
    bool says_keep_alive = false;
    bool says_upgrade = false;
    bool expects_continue = false;
    const char* broken = nullptr;  ///< the first rule that was broken; never a value

    void read_connection(std::string_view options);
    void read_host(std::string_view host);
    void read_length(std::string_view length);
    void read_coding(std::string_view codings);

    /// The body's framing where no rule of method or status forbids a body.
    [[nodiscard]] BodyFraming framing(BodyFraming undeclared) const;
    /// Persistence as RFC 9112 §9.3 has it; "close" wins.
    [[nodiscard]] bool wants_keep_alive(int minor_version) const {
        return !says_close && (minor_version >= 1 || says_keep_alive);
    }

private:
    void break_rule(const char* rule) { broken = broken == nullptr ? rule : broken; }
};

}  // namespace pulse::net::detail
