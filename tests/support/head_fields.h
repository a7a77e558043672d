#pragma once

#include "net/http/head.h"

#include <initializer_list>
#include <string>

namespace pulse::test {

/// Header fields that lie behind each other in one buffer, as a parsed head's do, whether or not a
/// parser would take them.
class HeadFields {
public:
    HeadFields(std::initializer_list<net::Field> fields) {
        for (const net::Field& field : fields) {
            text_.append(field.name).append(": ").append(field.value).append("\r\n");
        }
        const char* at = text_.data();
        for (const net::Field& field : fields) {
            const char* const value = at + field.name.size() + 2;
            fields_.add({{at, field.name.size()}, {value, field.value.size()}});
            at = value + field.value.size() + 2;
        }
    }
    HeadFields(const HeadFields&) = delete;
    HeadFields& operator=(const HeadFields&) = delete;

    [[nodiscard]] const net::Fields& fields() const { return fields_; }

private:
    std::string text_;
    net::Fields fields_;
};

}  // namespace pulse::test
