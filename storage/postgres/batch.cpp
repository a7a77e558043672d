#include "storage/postgres/batch.h"

#include "base/assert.h"
#include "storage/postgres/text_values.h"

#include <array>
#include <charconv>

namespace pulse::storage::postgres {
namespace {

void append_number(std::string& out, std::int64_t value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_element(std::string& out, std::string_view value) {
    out += '"';
    for (std::size_t at = 0; at < value.size();) {
        const std::size_t special = std::min(value.find_first_of("\"\\", at), value.size());
        out.append(value.substr(at, special - at));
        if (special < value.size()) {
            out += '\\';
            out += value[special];
        }
        at = special + 1;
    }
    out += '"';
}

void append_field(std::string& out, std::string_view value) {
    for (std::size_t at = 0; at < value.size();) {
        const std::size_t special = std::min(value.find_first_of("\t\n\r\\", at), value.size());
        out.append(value.substr(at, special - at));
        if (special < value.size()) {
            out += '\\';
            switch (value[special]) {
                case '\t':
                    out += 't';
                    break;
                case '\n':
                    out += 'n';
                    break;
                case '\r':
                    out += 'r';
                    break;
                default:
                    out += '\\';
            }
        }
        at = special + 1;
    }
}

}  // namespace

Batch::Batch(Form form, std::size_t columns)
    : form_(form), columns_(columns), texts_(form == Form::arrays ? columns : 1) {}

std::string& Batch::next() {
    PULSE_ASSERT(column_ < columns_);
    std::string& text = form_ == Form::arrays ? texts_[column_] : texts_.front();
    if (form_ == Form::arrays) {
        text += rows_ == 0 ? '{' : ',';
    } else if (column_ > 0) {
        text += '\t';
    }
    ++column_;
    return text;
}

void Batch::null() {
    next().append(form_ == Form::arrays ? "NULL" : "\\N");
}

void Batch::number(std::int64_t value) {
    append_number(next(), value);
}

void Batch::boolean(bool value) {
    next() += value ? 't' : 'f';
}

void Batch::text(std::string_view value) {
    form_ == Form::arrays ? append_element(next(), value) : append_field(next(), value);
}

void Batch::time(TimePoint value) {
    std::string& out = next();
    out.append(form_ == Form::arrays ? "\"" : "");
    append_time(out, value);
    out.append(form_ == Form::arrays ? "\"" : "");
}

void Batch::money(Money value) {
    value.append_to(next());
}

void Batch::uuid(const Uuid& value) {
    value.append_to(next());
}

void Batch::end_row() {
    PULSE_ASSERT(column_ == columns_);
    column_ = 0;
    ++rows_;
    if (form_ == Form::copy) {
        texts_.front() += '\n';
    }
}

std::span<const char* const> Batch::parameters() {
    PULSE_ASSERT(form_ == Form::arrays && parameters_.empty());
    for (std::string& text : texts_) {
        text.append(rows_ == 0 ? "{}" : "}");
        parameters_.push_back(text.c_str());
    }
    return parameters_;
}

}  // namespace pulse::storage::postgres
