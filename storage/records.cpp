#include "storage/records.h"

#include "storage/detail/record_format.h"

#include <cstring>

namespace pulse::storage {

std::optional<RecordKind> record_kind(std::string_view bytes) {
    const auto kind = static_cast<RecordKind>(bytes.empty() ? '\0' : bytes.front());
    switch (kind) {
        case RecordKind::request:
        case RecordKind::admission:
            return kind;
    }
    return std::nullopt;
}

std::optional<Uuid> record_id(std::string_view bytes) {
    Uuid id;
    if (bytes.size() < detail::kIdOffset + id.bytes.size()) {
        return std::nullopt;
    }
    std::memcpy(id.bytes.data(), bytes.data() + detail::kIdOffset, id.bytes.size());
    return id;
}

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::answered:
            return "answered";
        case Outcome::refused:
            return "refused";
        case Outcome::provider_error:
            return "provider_error";
        case Outcome::upstream_failed:
            return "upstream_failed";
        case Outcome::cut:
            return "cut";
        case Outcome::caller_gone:
            return "caller_gone";
        case Outcome::internal_error:
            return "internal_error";
    }
    return "internal_error";
}

std::string_view to_string(UsageSource source) {
    switch (source) {
        case UsageSource::none:
            return "none";
        case UsageSource::provider:
            return "provider";
        case UsageSource::counted:
            return "counted";
        case UsageSource::estimated:
            return "estimated";
    }
    return "none";
}

}  // namespace pulse::storage
