#include "pricing/catalog/detail/override_json.h"

#include "pricing/catalog/detail/json_object.h"

#include <utility>

namespace pulse::pricing::detail {

Result<PriceOverride> read_override(const JsonNode& node) {
    JsonObject object{
        node,
        {"org",
         "team",
         "key",
         "provider",
         "model",
         "class",
         "tier",
         "multiplier",
         "amount_pico",
         "per",
         "valid_from",
         "valid_to"}};
    PriceOverride out{
        .org = object.optional_text("org"),
        .team = object.optional_text("team"),
        .key = object.optional_text("key"),
        .provider = object.optional_text("provider"),
        .model = object.optional_text("model")};
    if (object.has("class")) {
        out.price_class = parse_price_class(object.text("class"));
        if (!out.price_class) {
            object.fail("class", "unknown class");
        }
    }
    if (object.has("tier")) {
        out.tier = parse_service_tier(object.text("tier"));
        if (!out.tier) {
            object.fail("tier", "must be standard, batch, flex, priority or scale");
        }
    }
    if (object.has("multiplier") == object.has("amount_pico")) {
        object.fail("multiplier", "one of multiplier and amount_pico must be there");
    } else if (object.has("multiplier")) {
        const auto factor = parse_multiplier(object.text("multiplier"));
        if (factor) {
            out.factor = *factor;
        } else {
            object.fail("multiplier", factor.error().detail());
        }
    } else {
        out.amount = Amount{
            .amount_pico = object.number("amount_pico", std::nullopt, 0, kAmountPicoMax),
            .per = object.number("per", Price{}.per, 1, kPerMax)};
    }
    out.valid_from = object.time("valid_from");
    out.valid_to = object.time("valid_to");
    if (out.valid_from && out.valid_to && *out.valid_from >= *out.valid_to) {
        object.fail("valid_to", "must be after valid_from");
    }
    if (!object.error().empty()) {
        return Error{Errc::corrupt_input, object.error()};
    }
    return out;
}

}  // namespace pulse::pricing::detail
