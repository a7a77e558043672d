#include "pricing/catalog/writer.h"

#include "base/digest.h"
#include "base/hex.h"
#include "base/json_text.h"
#include "base/money.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

namespace pulse::pricing {
namespace {

constexpr std::size_t kDigestHexSize = 64;
constexpr std::size_t kDigestInVersion = 8;

/// One object on one line: `"key": value, …`.
class Line {
public:
    explicit Line(std::string& out) : out_(out) { out_.push_back('{'); }
    void text(std::string_view key, std::string_view value) {
        if (!value.empty()) {
            append_json_string(raw(key), value);
        }
    }
    void number(std::string_view key, std::int64_t value) {
        raw(key).append(std::to_string(value));
    }
    void texts(std::string_view key, const std::vector<std::string>& values) {
        if (values.empty()) {
            return;
        }
        raw(key).push_back('[');
        for (std::size_t i = 0; i < values.size(); ++i) {
            out_.append(i == 0 ? "" : ", ");
            append_json_string(out_, values[i]);
        }
        out_.push_back(']');
    }
    void rule(std::string_view key, const std::shared_ptr<const MatchRule>& value) {
        if (value) {
            value->append_json(raw(key));
        }
    }
    std::string& raw(std::string_view key) {
        out_.append(first_ ? "\"" : ", \"").append(key).append("\": ");
        first_ = false;
        return out_;
    }
    void end() { out_.push_back('}'); }

private:
    std::string& out_;
    bool first_ = true;
};

std::string two(std::int64_t value) {
    return (value < 10 ? "0" : "") + std::to_string(value);
}

std::string hours_text(const DayHours& hours) {
    const auto clock = [](std::chrono::minutes time) {
        return two(time.count() / 60) + ":" + two(time.count() % 60);
    };
    return clock(hours.from) + "-" + clock(hours.to);
}

void append_price(std::string& out, const Price& price) {
    Line line{out};
    line.text("class", to_string(price.price_class));
    if (price.tier != ServiceTier::standard) {
        line.text("tier", to_string(price.tier));
    }
    line.number("amount_pico", price.amount_pico);
    if (price.per != Price{}.per) {
        line.number("per", price.per);
    }
    if (price.min_input > 0 || !price.min_input_inclusive) {
        line.number("min_input", price.min_input);
        line.raw("inclusive").append(price.min_input_inclusive ? "true" : "false");
    }
    line.text("region", price.region);
    line.text("deployment", price.deployment);
    line.text("valid_from", price.valid_from ? time_text(*price.valid_from) : "");
    line.text("valid_to", price.valid_to ? time_text(*price.valid_to) : "");
    line.text("hours_utc", price.hours ? hours_text(*price.hours) : "");
    line.text("source", price.source);
    if (price.confidence != Confidence::listed) {
        line.text("confidence", to_string(price.confidence));
    }
    line.end();
}

void append_model(std::string& out, const Model& model) {
    Line line{out};
    line.text("provider", model.provider);
    line.text("id", model.id);
    line.text("mode", model.mode.empty() ? "chat" : model.mode);
    line.texts("aliases", model.aliases);
    line.rule("match", model.match);
    line.text("listed_as", model.listed_as);
    if (model.context_tokens > 0) {
        line.number("context", model.context_tokens);
    }
    if (model.output_tokens_max > 0) {
        line.number("max_output", model.output_tokens_max);
    }
    auto& prices = line.raw("prices");
    prices.push_back('[');
    for (std::size_t i = 0; i < model.prices.size(); ++i) {
        prices.append(i == 0 ? "\n " : ",\n ");
        append_price(prices, model.prices[i]);
    }
    prices.push_back(']');
    line.end();
}

void append_override(std::string& out, const PriceOverride& entry) {
    Line line{out};
    line.text("org", entry.org);
    line.text("team", entry.team);
    line.text("key", entry.key);
    line.text("provider", entry.provider);
    line.text("model", entry.model);
    line.text("class", entry.price_class ? to_string(*entry.price_class) : "");
    line.text("tier", entry.tier ? to_string(*entry.tier) : "");
    if (entry.amount) {
        line.number("amount_pico", entry.amount->amount_pico);
        line.number("per", entry.amount->per);
    } else {
        line.text("multiplier", multiplier_text(entry.factor));
    }
    line.text("valid_from", entry.valid_from ? time_text(*entry.valid_from) : "");
    line.text("valid_to", entry.valid_to ? time_text(*entry.valid_to) : "");
    line.end();
}

template <class List, class Append>
void append_list(std::string& out, std::string_view key, const List& list, Append&& append) {
    out.append("\"").append(key).append("\": [");
    bool first = true;
    for (const auto& entry : list) {
        out.append(first ? "\n" : ",\n");
        first = false;
        append(entry);
    }
    out.append("\n]");
}

std::string body_of(const Catalog& catalog) {
    std::string out;
    append_list(out, "sources", catalog.sources(), [&](const Source& source) {
        Line line{out};
        line.text("name", source.name);
        line.text("ref", source.ref);
        line.text("licence", source.licence);
        line.text("fetched_at", source.fetched_at);
        line.end();
    });
    out.append(",\n");
    append_list(out, "providers", catalog.providers(), [&](const Provider& provider) {
        Line line{out};
        line.text("id", provider.id);
        line.texts("aliases", provider.aliases);
        line.rule("match", provider.match);
        line.rule("models", provider.models);
        line.texts("fallback", provider.fallback);
        line.text("reference_model", provider.reference_model);
        line.end();
    });
    out.append(",\n");
    const auto agreed = catalog.overrides().entries();
    if (!agreed.empty()) {
        append_list(out, "overrides", agreed, [&](const PriceOverride& entry) {
            append_override(out, entry);
        });
        out.append(",\n");
    }
    append_list(
        out, "models", catalog.models(), [&](const Model& model) { append_model(out, model); });
    return out.append("}\n");
}

}  // namespace

std::string time_text(TimePoint time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    std::array<char, 40> text{};
    std::snprintf(
        text.data(),
        text.size(),
        "%04d-%02u-%02u",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()));
    std::string out{text.data()};
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time - day).count();
    return seconds == 0 ? out
                        : out + "T" + two(seconds / 3600) + ":" + two(seconds / 60 % 60) + ":" +
                              two(seconds % 60) + "Z";
}

std::string write_catalog(const Catalog& catalog, std::string_view version, std::string_view date) {
    const auto body = body_of(catalog);
    std::string name{version};
    if (name.empty()) {
        name = (date.empty() ? "catalogue" : std::string{date}) + "-" +
               to_hex(sha256(body)).substr(0, kDigestInVersion);
    }
    std::string out = "{\"schema\": 1, \"version\": ";
    append_json_string(out, name);
    out.append(",\n\"sha256\": \"");
    const auto digest_at = out.size();
    out.append(kDigestHexSize, '0').append("\",\n");
    if (!date.empty()) {
        out.append("\"created_at\": ");
        append_json_string(out, date);
        out.append(",\n");
    }
    out.append(body);
    out.replace(digest_at, kDigestHexSize, to_hex(sha256(out)));
    return out;
}

}  // namespace pulse::pricing
