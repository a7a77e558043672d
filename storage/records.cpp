#include "storage/records.h"

namespace pulse::storage {

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
