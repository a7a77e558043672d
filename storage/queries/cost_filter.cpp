#include "storage/queries/cost_filter.h"

#include <fmt/format.h>

namespace pulse::storage {

Result<void> check(const CostFilter& filter) {
    std::size_t values = 0;
    for (const auto& [dimension, wanted] : filter.dimensions) {
        values += wanted.size();
        if (wanted.empty()) {
            return Error{
                Errc::invalid_request,
                fmt::format("{}: name at least one value, or leave it out", to_string(dimension))};
        }
    }
    for (const auto& [key, wanted] : filter.tags) {
        values += wanted.size();
        if (key.empty() || key.size() > CostFilter::kTagKeyBytesMax || wanted.empty()) {
            return Error{
                Errc::invalid_request,
                fmt::format(
                    "tag: needs a name of 1 to {} bytes and at least one value, as in tag.env=prod",
                    CostFilter::kTagKeyBytesMax)};
        }
    }
    if (values > CostFilter::kValuesMax) {
        return Error{
            Errc::invalid_request,
            fmt::format(
                "{} values to filter by: at most {} are allowed; filter by something coarser",
                values,
                CostFilter::kValuesMax)};
    }
    return {};
}

}  // namespace pulse::storage
