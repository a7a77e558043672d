#include "pricing/catalog/import/genai_prices.h"

#include "pricing/catalog/detail/json_object.h"
#include "pricing/catalog/import/readers.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pulse::pricing::detail {
namespace {

using Kind = JsonNode::Kind;

constexpr std::int64_t kMillion = 1'000'000;
constexpr std::int64_t kThousand = 1'000;
constexpr std::int64_t kSecondsPerHour = 3'600;
constexpr std::int64_t kTokensMax = 1'000'000'000;

struct Key {
    std::string_view name;
    PriceClass price_class;
    std::int64_t units;  ///< that the price is for
};
/// Source: the units of @pydantic/genai-prices 0.1.8.
constexpr std::array kKeys{
    Key{"input_mtok", PriceClass::input, kMillion},
    Key{"cache_read_mtok", PriceClass::cache_read, kMillion},
    Key{"cache_write_mtok", PriceClass::cache_write_5m, kMillion},
    Key{"cache_write_1h_mtok", PriceClass::cache_write_1h, kMillion},
    Key{"input_audio_mtok", PriceClass::input_audio, kMillion},
    Key{"cache_audio_read_mtok", PriceClass::cache_read_audio, kMillion},
    Key{"input_image_mtok", PriceClass::input_image, kMillion},
    Key{"cache_image_read_mtok", PriceClass::cache_read_image, kMillion},
    Key{"input_video_mtok", PriceClass::input_video, kMillion},
    Key{"output_mtok", PriceClass::output, kMillion},
    Key{"output_reasoning_mtok", PriceClass::output_reasoning, kMillion},
    Key{"output_audio_mtok", PriceClass::output_audio, kMillion},
    Key{"output_image_mtok", PriceClass::output_image, kMillion},
    Key{"output_video_mtok", PriceClass::output_video, kMillion},
    Key{"output_citation_mtok", PriceClass::citation, kMillion},
    Key{"requests_kcount", PriceClass::request, kThousand},
    Key{"web_searches_kcount", PriceClass::web_search, kThousand},
    Key{"storage_searches_kcount", PriceClass::file_search, kThousand},
    Key{"input_text_messages_kcount", PriceClass::message, kThousand},
    Key{"input_document_kpages", PriceClass::page, kThousand},
    Key{"input_annotated_document_kpages", PriceClass::page_annotated, kThousand},
    Key{"input_characters_kcount", PriceClass::character, kThousand},
    Key{"images_kcount", PriceClass::image, kThousand},
    Key{"input_audio_hours", PriceClass::audio_second, kSecondsPerHour},
    Key{"audio_hours", PriceClass::audio_second, kSecondsPerHour},
};

Error corrupt(const std::string& where, std::string_view what) {
    return Error{Errc::corrupt_input, where + ": " + std::string{what}};
}

/// Which part of the time a set of prices is for.
struct When {
    std::optional<TimePoint> from{};
    std::optional<TimePoint> to{};
    std::optional<DayHours> hours{};
};

class PricesReader {
public:
    PricesReader(std::string where, ImportReport& report)
        : where_(std::move(where)), rows_(where_, report) {}

    Result<std::vector<Price>> read(const JsonNode& prices) {
        if (prices.is(Kind::object)) {
            read_set(prices, {});
            return std::move(rows_.rows());
        }
        if (!prices.is(Kind::array)) {
            return corrupt(where_ + ".prices", "must be an object or an array");
        }
        std::vector<Conditional> list;
        for (const auto* node = prices.child; node != nullptr; node = node->next) {
            auto conditional = read_constraint(*node);
            if (!conditional) {
                return conditional.error();
            }
            list.push_back(*conditional);
        }
        close_dates(list);
        for (const auto& entry : list) {
            if (entry.holds_ever) {
                read_set(*entry.prices, entry.when);
            }
        }
        return std::move(rows_.rows());
    }

private:
    struct Conditional {
        const JsonNode* prices = nullptr;
        When when{};
        bool holds_ever = true;
    };

    Result<Conditional> read_constraint(const JsonNode& node) {
        Conditional out{.prices = node.find("prices")};
        if (out.prices == nullptr || !out.prices->is(Kind::object)) {
            return corrupt(where_ + ".prices", "must be an object");
        }
        const auto* constraint = node.find("constraint");
        if (constraint == nullptr || constraint->is(Kind::null)) {
            return out;
        }
        if (const auto* date = constraint->find("start_date")) {
            out.when.from = parse_time(date->text);
            return out.when.from ? Result<Conditional>{out}
                                 : corrupt(where_ + ".start_date", "must be a date");
        }
        const auto* from = constraint->find("start_time");
        const auto* to = constraint->find("end_time");
        const auto begin = from == nullptr ? std::nullopt : minutes_of(from->text);
        const auto end = to == nullptr ? std::nullopt : minutes_of(to->text);
        if (!begin || !end || *begin == *end) {
            return corrupt(
                where_ + ".constraint", "must be a start_date, or a start_time and an end_time");
        }
        out.when.hours = DayHours{.from = *begin, .to = *end};
        return out;
    }

    /// "00:30:00Z"; whole minutes only.
    static std::optional<std::chrono::minutes> minutes_of(std::string_view text) {
        const auto rest = text.substr(std::min<std::size_t>(text.size(), 5));
        return rest.empty() || rest == ":00Z" || rest == ":00" || rest == "Z"
                   ? parse_minutes(text.substr(0, 5))
                   : std::nullopt;
    }

    /// The last set that holds counts, so a set ends where a later dated one begins.
    static void close_dates(std::vector<Conditional>& list) {
        for (std::size_t i = 0; i < list.size(); ++i) {
            auto& when = list[i].when;
            for (std::size_t later = i + 1; later < list.size(); ++later) {
                const auto& other = list[later].when;
                if (other.hours) {
                    continue;
                }
                const auto begins = other.from.value_or(TimePoint::min());
                if (begins <= when.from.value_or(TimePoint::min())) {
                    list[i].holds_ever = false;
                } else if (!when.to || begins < *when.to) {
                    when.to = begins;
                }
            }
        }
    }

    void read_set(const JsonNode& prices, const When& when) {
        for (const auto* node = prices.child; node != nullptr; node = node->next) {
            const auto* key = std::ranges::find(kKeys, node->key, &Key::name);
            if (key == kKeys.end()) {
                rows_.leave_out(node->key, "no class for this unit");
                continue;
            }
            Price row{
                .price_class = key->price_class,
                .per = key->units,
                .valid_from = when.from,
                .valid_to = when.to,
                .hours = when.hours,
                .source = "genai"};
            if (node->is(Kind::number) || node->is(Kind::text)) {
                rows_.add(row, node->key, node->text, key->units);
            } else {
                read_steps(*node, row, key->units);
            }
        }
    }

    /// {"base": 3, "tiers": [{"start": 200000, "price": 6}]}: a step counts when the whole input is
    /// above `start`; 271999 is upstream's way to say "272000 and more".
    void read_steps(const JsonNode& node, const Price& row, std::int64_t units) {
        const auto* base = node.find("base");
        const auto* tiers = node.find("tiers");
        if (base == nullptr || tiers == nullptr || !tiers->is(Kind::array)) {
            rows_.leave_out(node.key, "must be a number, or {base, tiers}");
            return;
        }
        rows_.add(row, node.key, base->text, units);
        for (const auto* tier = tiers->child; tier != nullptr; tier = tier->next) {
            const auto* start = tier->find("start");
            const auto* price = tier->find("price");
            const auto above = start == nullptr ? std::nullopt : parse_whole(start->text);
            if (!above || price == nullptr || *above >= kTokensMax) {
                rows_.leave_out(node.key, "a tier must have a whole start and a price");
                continue;
            }
            auto step = row;
            step.min_input_inclusive = *above % 10 == 9;
            step.min_input = *above + (step.min_input_inclusive ? 1 : 0);
            rows_.add(step, node.key, price->text, units);
        }
    }

    std::string where_;
    RowList rows_;
};

}  // namespace

Result<std::vector<Price>> read_genai_prices(
    const JsonNode& prices, const std::string& where, ImportReport& report) {
    return PricesReader{where, report}.read(prices);
}

}  // namespace pulse::pricing::detail
