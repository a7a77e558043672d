#include "pricing/cost/detail/usage_case.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::pricing::detail {
namespace {

using Kind = JsonNode::Kind;

/// How providers count: parts inside their totals.
struct Inclusive {
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t cache_read = 0;
    std::int64_t cache_write = 0;
    std::int64_t cache_write_5m = 0;
    std::int64_t cache_write_1h = 0;
    std::int64_t input_audio = 0;
    std::int64_t input_image = 0;
    std::int64_t input_video = 0;
    std::int64_t cache_read_audio = 0;
    std::int64_t cache_read_image = 0;
    std::int64_t output_reasoning = 0;
    std::int64_t output_audio = 0;
    std::int64_t output_image = 0;
    std::int64_t output_video = 0;
};

struct InclusiveKey {
    std::string_view name;
    std::int64_t Inclusive::*field;
};
constexpr std::array kInclusive{
    InclusiveKey{"input_tokens", &Inclusive::input_tokens},
    InclusiveKey{"output_tokens", &Inclusive::output_tokens},
    InclusiveKey{"cache_read", &Inclusive::cache_read},
    InclusiveKey{"cache_write", &Inclusive::cache_write},
    InclusiveKey{"cache_write_5m", &Inclusive::cache_write_5m},
    InclusiveKey{"cache_write_1h", &Inclusive::cache_write_1h},
    InclusiveKey{"input_audio", &Inclusive::input_audio},
    InclusiveKey{"input_image", &Inclusive::input_image},
    InclusiveKey{"input_video", &Inclusive::input_video},
    InclusiveKey{"cache_read_audio", &Inclusive::cache_read_audio},
    InclusiveKey{"cache_read_image", &Inclusive::cache_read_image},
    InclusiveKey{"output_reasoning", &Inclusive::output_reasoning},
    InclusiveKey{"output_audio", &Inclusive::output_audio},
    InclusiveKey{"output_image", &Inclusive::output_image},
    InclusiveKey{"output_video", &Inclusive::output_video},
};

struct DisjointKey {
    std::string_view name;
    std::int64_t Usage::*field;
};
constexpr std::array kDisjoint{
    DisjointKey{"input_uncached", &Usage::input_uncached},
    DisjointKey{"cached_read", &Usage::cached_read},
    DisjointKey{"cache_write_5m", &Usage::cache_write_5m},
    DisjointKey{"cache_write_1h", &Usage::cache_write_1h},
    DisjointKey{"cache_write_unsplit", &Usage::cache_write_unsplit},
    DisjointKey{"output_total", &Usage::output_total},
    DisjointKey{"of_which_reasoning", &Usage::of_which_reasoning},
    DisjointKey{"of_input_audio", &Usage::of_input_audio},
    DisjointKey{"of_input_image", &Usage::of_input_image},
    DisjointKey{"of_input_video", &Usage::of_input_video},
    DisjointKey{"of_cached_audio", &Usage::of_cached_audio},
    DisjointKey{"of_output_audio", &Usage::of_output_audio},
    DisjointKey{"of_output_image", &Usage::of_output_image},
    DisjointKey{"input_audio_extra", &Usage::input_audio_extra},
};
constexpr std::array<std::string_view, 3> kDisjointMarks{
    "input_uncached", "cached_read", "output_total"};

struct QuantityKey {
    std::string_view name;
    PriceClass price_class;
};
/// Beside these, every class that is no token goes by its own name.
constexpr std::array kQuantities{
    QuantityKey{"requests", PriceClass::request},
    QuantityKey{"web_searches", PriceClass::web_search},
    QuantityKey{"web_search_requests", PriceClass::web_search},
    QuantityKey{"file_searches", PriceClass::file_search},
    QuantityKey{"code_sessions", PriceClass::code_session},
    QuantityKey{"images", PriceClass::image},
    QuantityKey{"input_images", PriceClass::image_input},
    QuantityKey{"pixels", PriceClass::pixel},
    QuantityKey{"audio_seconds", PriceClass::audio_second},
    QuantityKey{"video_seconds", PriceClass::video_second},
    QuantityKey{"seconds", PriceClass::second},
    QuantityKey{"characters", PriceClass::character},
    QuantityKey{"output_characters", PriceClass::character_out},
    QuantityKey{"pages", PriceClass::page},
    QuantityKey{"annotated_pages", PriceClass::page_annotated},
    QuantityKey{"queries", PriceClass::query},
    QuantityKey{"search_units", PriceClass::query},
    QuantityKey{"rerank_units", PriceClass::query},
    QuantityKey{"messages", PriceClass::message},
    QuantityKey{"credits", PriceClass::credit},
    QuantityKey{"citation_tokens", PriceClass::citation},
};

Error wrong(std::string_view member, std::string_view what) {
    return Error{
        Errc::corrupt_input,
        "usage." + std::string{member.substr(0, 40)} + ": " + std::string{what}};
}

std::optional<PriceClass> quantity_class(std::string_view name) {
    const auto* known = std::ranges::find(kQuantities, name, &QuantityKey::name);
    if (known != kQuantities.end()) {
        return known->price_class;
    }
    const auto price_class = parse_price_class(name);
    return price_class && !is_token_class(*price_class) ? price_class : std::nullopt;
}

class UsageReader {
public:
    UsageReader(const JsonNode& node, Usage& usage, std::vector<Quantity>& extra)
        : node_(node), usage_(usage), extra_(extra) {}

    Result<void> read() {
        const bool disjoint = std::ranges::any_of(
            kDisjointMarks, [this](std::string_view mark) { return node_.find(mark) != nullptr; });
        if (auto done = read_search_context(); !done) {
            return done;
        }
        Inclusive inclusive;
        for (const auto* member = node_.child; member != nullptr; member = member->next) {
            auto* count = disjoint ? field_of(kDisjoint, usage_, member->key)
                                   : field_of(kInclusive, inclusive, member->key);
            if (auto done = read_member(*member, count); !done) {
                return done;
            }
        }
        if (!disjoint) {
            take_apart(inclusive);
        }
        return {};
    }

private:
    template <class Keys, class Object>
    static std::int64_t* field_of(const Keys& keys, Object& object, std::string_view name) {
        for (const auto& key : keys) {
            if (key.name == name) {
                return &(object.*key.field);
            }
        }
        return nullptr;
    }

    Result<void> read_search_context() {
        const auto* context = node_.find("search_context");
        if (context == nullptr || context->is(Kind::null)) {
            return {};
        }
        if (context->text == "low") {
            searches_ = PriceClass::web_search_low;
        } else if (context->text == "high") {
            searches_ = PriceClass::web_search_high;
        } else if (context->text != "medium") {
            return wrong("search_context", "must be low, medium or high");
        }
        return {};
    }

    Result<void> read_member(const JsonNode& member, std::int64_t* count) {
        if (member.key == "search_context" || member.is(Kind::null)) {
            return {};
        }
        const auto quantity = member.is(Kind::number) ? parse_quantity(member.text) : std::nullopt;
        if (!quantity) {
            return wrong(
                member.key,
                "must be a number from 0 to 2^50 with at most 6 digits behind the point");
        }
        if (count != nullptr) {
            if (quantity->denominator != 1) {
                return wrong(member.key, "must be a whole number of tokens");
            }
            *count = quantity->numerator;
            return {};
        }
        auto price_class = quantity_class(member.key);
        if (!price_class) {
            return wrong(
                member.key, "is no kind of usage known here (docs/formats/price_cases.md)");
        }
        if (*price_class == PriceClass::web_search) {
            price_class = searches_;
        }
        extra_.push_back({*price_class, quantity->numerator, quantity->denominator});
        return {};
    }

    void take_apart(const Inclusive& from) {
        const auto written = from.cache_write + from.cache_write_5m + from.cache_write_1h;
        usage_.input_uncached = from.input_tokens - from.cache_read - written;
        usage_.cached_read = from.cache_read - from.cache_read_image;
        usage_.cache_write_unsplit = from.cache_write;
        usage_.cache_write_5m = from.cache_write_5m;
        usage_.cache_write_1h = from.cache_write_1h;
        usage_.of_input_audio = from.input_audio;
        usage_.of_cached_audio = from.cache_read_audio;
        // As with audio: a cached part that is no part of the whole was counted beside it.
        usage_.of_input_image = std::max<std::int64_t>(from.input_image - from.cache_read_image, 0);
        usage_.of_input_video = from.input_video;
        usage_.output_total = from.output_tokens - from.output_video;
        usage_.of_which_reasoning = from.output_reasoning;
        usage_.of_output_audio = from.output_audio;
        usage_.of_output_image = from.output_image;
        for (const auto& part :
             {Quantity{PriceClass::cache_read_image, from.cache_read_image},
              Quantity{PriceClass::output_video, from.output_video}}) {
            if (part.quantity > 0) {
                extra_.push_back(part);
            }
        }
    }

    const JsonNode& node_;
    Usage& usage_;
    std::vector<Quantity>& extra_;
    PriceClass searches_ = PriceClass::web_search;
};

}  // namespace

Result<void> read_usage(const JsonNode& node, Usage& usage, std::vector<Quantity>& extra) {
    if (!node.is(Kind::object)) {
        return Error{Errc::corrupt_input, "usage: must be an object"};
    }
    return UsageReader{node, usage, extra}.read();
}

}  // namespace pulse::pricing::detail
