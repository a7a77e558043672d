#include "pricing/cost/price_case.h"

#include "pricing/catalog/detail/json_object.h"
#include "pricing/catalog/detail/json_tree.h"
#include "pricing/cost/detail/usage_case.h"

#include <algorithm>
#include <utility>

namespace pulse::pricing {
namespace {

using detail::JsonNode;
using Kind = JsonNode::Kind;

constexpr std::size_t kCaseBytesMax = std::size_t{1} << 20;

Error wrong(std::string_view member, std::string_view what) {
    return Error{Errc::corrupt_input, std::string{member} + ": " + std::string{what}};
}

/// Texts of a case: empty when absent or null.
Result<std::string> text_of(const JsonNode& root, std::string_view member) {
    const auto* node = root.find(member);
    if (node == nullptr || node->is(Kind::null)) {
        return std::string{};
    }
    if (!node->is(Kind::text)) {
        return wrong(member, "must be a text");
    }
    return std::string{node->text};
}

Result<void> read_texts(const JsonNode& root, PriceCase& out) {
    const std::pair<std::string_view, std::string&> members[] = {
        {"id", out.id},
        {"provider", out.provider},
        {"model", out.model},
        {"region", out.region},
        {"deployment", out.deployment},
        {"fallback_model", out.fallback_model},
        {"org", out.org},
        {"team", out.team},
        {"key", out.key},
    };
    for (const auto& [member, field] : members) {
        auto text = text_of(root, member);
        if (!text) {
            return text.error();
        }
        field = std::move(*text);
    }
    return out.model.empty() ? Result<void>{wrong("model", "is missing")} : Result<void>{};
}

Result<void> read_terms(const JsonNode& root, TimePoint now, PriceCase& out) {
    const auto tier = text_of(root, "tier");
    const auto at = text_of(root, "at");
    if (!tier || !at) {
        return tier ? at.error() : tier.error();
    }
    const auto known = parse_service_tier(*tier);
    if (!known) {
        return wrong("tier", "must be standard, batch, flex, priority or scale");
    }
    out.tier = *known;
    const auto time = at->empty() ? std::optional{now} : detail::parse_time(*at);
    if (!time) {
        return wrong("at", "must be a UTC time (2026-08-01T12:30:00Z) or a date (2026-08-01)");
    }
    out.at = *time;
    const auto* discount = root.find("discount");
    if (discount == nullptr || discount->is(Kind::null)) {
        return {};
    }
    if (!discount->is(Kind::number) && !discount->is(Kind::text)) {
        return wrong("discount", "must be a number from 0 to 1");
    }
    const auto factor = parse_discount(discount->text);
    if (!factor) {
        return wrong("discount", factor.error().detail());
    }
    out.discount = *factor;
    return {};
}

/// The named reference: the provider's own, else `provider/model`, else whoever lists it first.
Found find_reference(const Catalog& catalog, std::string_view provider, const PriceCase& wanted) {
    const std::string_view name = wanted.fallback_model;
    auto found = catalog.find(provider, name, wanted.region);
    if (found.model != nullptr) {
        return found;
    }
    if (const auto slash = name.find('/'); slash != std::string_view::npos) {
        found = catalog.find(name.substr(0, slash), name.substr(slash + 1), wanted.region);
    } else if (const auto owner = catalog.provider_of(name); !owner.empty()) {
        found = catalog.find(owner, name, wanted.region);
    }
    if (found.model == nullptr) {
        const auto listed = std::ranges::find(catalog.models(), name, &Model::id);
        found.model = listed == catalog.models().end() ? nullptr : &*listed;
    }
    return found;
}

}  // namespace

Result<PriceCase> parse_price_case(std::string_view json, TimePoint now) {
    const auto tree = detail::JsonTree::parse(json, kCaseBytesMax);
    if (!tree) {
        return tree.error();
    }
    const auto& root = tree->root();
    if (!root.is(Kind::object)) {
        return Error{Errc::corrupt_input, "must be an object with model and usage"};
    }
    PriceCase out;
    if (auto done = read_texts(root, out); !done) {
        return done.error();
    }
    if (auto done = read_terms(root, now, out); !done) {
        return done.error();
    }
    const auto* usage = root.find("usage");
    if (usage == nullptr) {
        return wrong("usage", "is missing");
    }
    if (auto done = detail::read_usage(*usage, out.usage, out.extra); !done) {
        return done.error();
    }
    return out;
}

PricedCase price(const Catalog& catalog, const PriceCase& wanted) {
    PricedCase out;
    std::string_view provider = wanted.provider;
    std::string_view model = wanted.model;
    if (provider.empty()) {
        provider = catalog.provider_of(model);
        if (const auto slash = model.find('/');
            provider.empty() && slash != std::string_view::npos) {
            provider = model.substr(0, slash);
            model.remove_prefix(slash + 1);
        }
    }
    out.found = catalog.find(provider, model, wanted.region);
    if (out.found.model == nullptr && !wanted.fallback_model.empty()) {
        const auto reference = find_reference(catalog, provider, wanted);
        if (reference.model != nullptr) {
            out.found.reference = reference.model;
            out.found.factor = reference.factor;
        }
    }
    out.cost = cost_of(
        {.found = out.found,
         .usage = wanted.usage,
         .tier = wanted.tier,
         .at = wanted.at,
         .extra = wanted.extra,
         .region = wanted.region,
         .deployment = wanted.deployment,
         .discount = wanted.discount,
         .overrides = &catalog.overrides(),
         .subject = {
             .org = wanted.org,
             .team = wanted.team,
             .key = wanted.key,
             .provider = provider,
             .model = out.found.model != nullptr ? std::string_view{out.found.model->id} : model,
             .provider_alias = out.found.model != nullptr
                                   ? std::string_view{out.found.model->provider}
                                   : std::string_view{},
             .model_alias = model}});
    for (const auto& line : out.cost.lines) {
        out.ceil += amount_of(line, Rounding::ceil);
    }
    return out;
}

}  // namespace pulse::pricing
