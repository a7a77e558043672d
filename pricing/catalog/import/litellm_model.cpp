#include "pricing/catalog/import/litellm_model.h"

#include "base/money.h"
#include "pricing/catalog/decimal.h"
#include "pricing/catalog/import/litellm_keys.h"
#include "pricing/catalog/import/readers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace pulse::pricing::detail {
namespace {

using Kind = JsonNode::Kind;

constexpr std::int64_t kTokensMax = 1'000'000'000;
constexpr std::int64_t kNoStep = kTokensMax;

bool is_scalar(const JsonNode& node) {
    return node.is(Kind::number) || node.is(Kind::text);
}

std::int64_t tokens_of(const JsonNode& entry, std::string_view key) {
    const auto* node = entry.find(key);
    const auto tokens = node == nullptr ? std::nullopt : parse_whole(node->text);
    return tokens && *tokens <= kTokensMax ? *tokens : 0;
}

/// "hd/1024-x-1792/dall-e-3" → 1024 × 1792; 0 when the name carries no size.
std::int64_t pixels_in(std::string_view name) {
    const auto mark = name.find("-x-");
    if (mark == std::string_view::npos) {
        return 0;
    }
    const auto begin = name.rfind('/', mark);
    const auto left =
        name.substr(begin == std::string_view::npos ? 0 : begin + 1, mark - begin - 1);
    const auto right = name.substr(mark + 3);
    int width = 0;
    int height = 0;
    const auto wide = std::from_chars(left.data(), left.data() + left.size(), width);
    const auto high = std::from_chars(right.data(), right.data() + right.size(), height);
    const bool is_size = wide.ec == std::errc{} && high.ec == std::errc{} &&
                         wide.ptr == left.data() + left.size() && width > 0 && height > 0 &&
                         width <= 65'536 && height <= 65'536;
    return is_size ? std::int64_t{width} * height : 0;
}

/// amount × factor, kept whole by a larger `per`; false when it does not fit.
bool multiply_price(Price& price, const Factor& factor) {
    const auto amount = Int128{price.amount_pico} * factor.numerator;
    auto per = Int128{price.per};
    auto whole = amount;
    if (amount % factor.denominator == 0) {
        whole = amount / factor.denominator;
    } else {
        per *= factor.denominator;
    }
    if (whole > kAmountPicoMax || per > kPerMax) {
        return false;
    }
    price.amount_pico = static_cast<std::int64_t>(whole);
    price.per = static_cast<std::int64_t>(per);
    return true;
}

class EntryReader {
public:
    EntryReader(const JsonNode& entry, const std::string& where, ImportReport& report)
        : entry_(entry), where_(where), report_(report), rows_(where, report) {}

    Model read() {
        Model model;
        const auto* mode = entry_.find("mode");
        const auto word = mode == nullptr ? std::string_view{} : mode->text;
        kind_ = mode_kind(word);
        model.mode = std::string{mode_of(word)};
        model.context_tokens = tokens_of(entry_, "max_input_tokens");
        model.output_tokens_max = tokens_of(entry_, "max_output_tokens");
        for (const auto* node = entry_.child; node != nullptr; node = node->next) {
            read_member(*node);
        }
        settle_images();
        drop_plain_reasoning();
        add_image_of_pixels();
        add_fast();
        add_regions();
        model.prices = std::move(rows_.rows());
        return model;
    }

private:
    void read_member(const JsonNode& node) {
        if (node.key == "tiered_pricing" && node.is(Kind::array)) {
            read_steps(node);
        } else if (node.key == "search_context_cost_per_query" && node.is(Kind::object)) {
            read_search(node);
        } else if (is_price_key(node.key) && !node.is(Kind::null)) {
            read_price(node, 0);
        }
    }

    void read_price(const JsonNode& node, std::int64_t above) {
        if (!is_scalar(node)) {
            rows_.leave_out(node.key, "is no number");
            report_.left_out.back().is_wrong = true;
            return;
        }
        const auto key = parse_price_key(node.key, kind_);
        if (!key) {
            rows_.leave_out(node.key, "no class for this unit");
            return;
        }
        const auto size = std::max(above, key->above_tokens);
        rows_.add(
            {.price_class = key->price_class,
             .tier = key->tier,
             .per = key->per,
             .min_input = size,
             .min_input_inclusive = size == 0,
             .source = "litellm"},
            node.key,
            node.text,
            1);
    }

    /// [{"range": [0, 32000], "input_cost_per_token": …}, …]: the whole call at the step that its
    /// input is in; what is beyond the last range costs what the last one does.
    void read_steps(const JsonNode& list) {
        for (const auto* step = list.child; step != nullptr; step = step->next) {
            const auto* range = step->find("range");
            const auto* first = range == nullptr ? nullptr : range->child;
            const auto above =
                first == nullptr ? kNoStep : parse_whole(first->text).value_or(kNoStep);
            for (const auto* node = step->child; node != nullptr; node = node->next) {
                if (!is_price_key(node->key) || !is_scalar(*node)) {
                    continue;
                }
                if (above < kTokensMax) {
                    read_price(*node, above);
                } else if (step == list.child) {
                    read_price(*node, 0);
                } else {
                    rows_.leave_out(node->key, "steps by anything but input tokens are not held");
                }
            }
        }
    }

    /// Three context sizes; the middle one is the vendors' default.
    void read_search(const JsonNode& node) {
        struct Size {
            std::string_view key;
            PriceClass price_class;
        };
        constexpr std::array kSizes{
            Size{"search_context_size_medium", PriceClass::web_search},
            Size{"search_context_size_low", PriceClass::web_search_low},
            Size{"search_context_size_high", PriceClass::web_search_high},
        };
        for (const auto& size : kSizes) {
            if (const auto* price = node.find(size.key); price != nullptr && is_scalar(*price)) {
                rows_.add(
                    {.price_class = size.price_class, .per = 1'000, .source = "litellm"},
                    size.key,
                    price->text,
                    1);
            }
        }
        // Rows that say what the default says say nothing.
        const auto* middle = find(PriceClass::web_search);
        if (middle != nullptr) {
            const auto usual = *middle;
            std::erase_if(rows_.rows(), [&usual](const Price& row) {
                return (row.price_class == PriceClass::web_search_low ||
                        row.price_class == PriceClass::web_search_high) &&
                       same_rate(row, usual);
            });
        }
    }

    [[nodiscard]] const Price* find(PriceClass price_class) {
        auto& rows = rows_.rows();
        const auto found = std::ranges::find_if(rows, [price_class](const Price& row) {
            return row.price_class == price_class && row.tier == ServiceTier::standard &&
                   row.min_input == 0 && row.region.empty();
        });
        return found == rows.end() ? nullptr : &*found;
    }

    /// Of models that make images, "input" prices are of the image that is made, unless an output
    /// price is stated too.
    void settle_images() {
        if (kind_ != ModeKind::image) {
            return;
        }
        const auto* made = find(PriceClass::image);
        if (made != nullptr && made->amount_pico != 0) {
            return;
        }
        auto& rows = rows_.rows();
        const auto* given = find(PriceClass::image_input);
        if (given == nullptr || given->amount_pico == 0) {
            return;
        }
        std::erase_if(rows, [](const Price& row) { return row.price_class == PriceClass::image; });
        for (auto& row : rows) {
            if (row.price_class == PriceClass::image_input) {
                row.price_class = PriceClass::image;
            }
        }
    }

    /// A reasoning price that only repeats the output's would hide the output's sizes and tiers.
    void drop_plain_reasoning() {
        auto& rows = rows_.rows();
        const auto repeats_output = [&rows](const Price& row) {
            return row.price_class != PriceClass::output_reasoning ||
                   std::ranges::any_of(rows, [&row](Price other) {
                       const bool is_output = other.price_class == PriceClass::output;
                       other.price_class = row.price_class;
                       return is_output && same_terms(other, row) && same_rate(other, row);
                   });
        };
        if (std::ranges::all_of(rows, repeats_output)) {
            std::erase_if(rows, [](const Price& row) {
                return row.price_class == PriceClass::output_reasoning;
            });
        }
    }

    /// An id that carries a size says how many pixels an image of it has.
    void add_image_of_pixels() {
        const auto* pixel = find(PriceClass::pixel);
        const auto pixels = pixels_in(entry_.key);
        if (pixel == nullptr || pixels == 0 || pixel->amount_pico == 0 ||
            find(PriceClass::image) != nullptr) {
            return;
        }
        auto image = *pixel;
        image.price_class = PriceClass::image;
        image.confidence = Confidence::computed;
        if (multiply_price(image, {.numerator = pixels, .denominator = 1})) {
            rows_.rows().push_back(std::move(image));
        }
    }

    void add_regions() {
        constexpr std::string_view kUplift = "regional_processing_uplift_multiplier_";
        for (const auto* node = entry_.child; node != nullptr; node = node->next) {
            if (node->key.starts_with(kUplift) && is_scalar(*node)) {
                add_region(node->key.substr(kUplift.size()), *node);
            }
        }
        const auto* own = entry_.find("provider_specific_entry");
        for (const auto* node = own == nullptr ? nullptr : own->child; node != nullptr;
             node = node->next) {
            if (node->key == "us" || node->key == "eu") {
                add_region(node->key, *node);
            }
        }
    }

    /// Anthropic's fast mode: every standard price of a token, times a factor.
    void add_fast() {
        const auto* own = entry_.find("provider_specific_entry");
        const auto* node = own == nullptr ? nullptr : own->find("fast");
        if (node == nullptr) {
            return;
        }
        add_multiplied(
            *node,
            [](const Price& row) { return row.tier == ServiceTier::standard; },
            [](Price& row) { row.tier = ServiceTier::fast; });
    }

    /// Every token price of the entry, times what the region's multiplier says.
    void add_region(std::string_view region, const JsonNode& node) {
        if (region.empty()) {
            rows_.leave_out(node.key, "names no region");
            return;
        }
        add_multiplied(
            node,
            [](const Price& row) { return row.region.empty(); },
            [region](Price& row) { row.region = std::string{region}; });
    }

    /// The token prices that `is_wanted`, times the node's multiplier, as `become` makes them.
    template <class IsWanted, class Become>
    void add_multiplied(const JsonNode& node, IsWanted is_wanted, Become become) {
        const auto factor = parse_factor(node.text);
        if (!factor) {
            rows_.leave_out(node.key, "must be a multiplier");
            return;
        }
        ++report_.prices;
        std::vector<Price> made;
        for (const auto& row : rows_.rows()) {
            if (!is_token_class(row.price_class) || !is_wanted(row)) {
                continue;
            }
            auto copy = row;
            become(copy);
            copy.confidence = Confidence::computed;
            if (!multiply_price(copy, *factor)) {
                report_.left_out.push_back(
                    {.where = where_, .what = std::string{node.key}, .why = "is too large"});
                return;
            }
            made.push_back(std::move(copy));
        }
        ++report_.exact;
        std::ranges::move(made, std::back_inserter(rows_.rows()));
    }

    const JsonNode& entry_;
    const std::string& where_;
    ImportReport& report_;
    RowList rows_;
    ModeKind kind_ = ModeKind::text;
};

}  // namespace

Model read_litellm_model(const JsonNode& entry, const std::string& where, ImportReport& report) {
    return EntryReader{entry, where, report}.read();
}

}  // namespace pulse::pricing::detail
