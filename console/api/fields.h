#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/money.h"
#include "console/api/http_server.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::console {

/// Reads the members of a JSON body, and refuses what it was not asked for. The first thing that is
/// wrong is kept until finish(). Value; not thread-safe.
///
///     auto body = BodyFields::read(request);
///     const std::string name = body->text("name", {.bytes_max = 200});
///     if (auto fine = body->finish(); !fine) { return fine.error(); }
class BodyFields {
public:
    enum class Presence : std::uint8_t { required, optional };
    struct TextRule {
        std::size_t bytes_min = 1;
        std::size_t bytes_max = 200;
        bool may_be_null = false;  ///< null reads as empty text
    };

    /// An empty body is an empty object. Errors: unsupported_media_type, invalid_request: no JSON
    /// object, deeper than 32.
    [[nodiscard]] static Result<BodyFields> read(const HttpRequest& request);

    [[nodiscard]] bool has(std::string_view name);
    /// Required text; empty, and a problem, where it is not there or not fit.
    [[nodiscard]] std::string text(std::string_view name) { return text(name, TextRule{}); }
    [[nodiscard]] std::string text(std::string_view name, TextRule rule);
    [[nodiscard]] std::optional<std::string> optional_text(std::string_view name) {
        return optional_text(name, TextRule{});
    }
    [[nodiscard]] std::optional<std::string> optional_text(std::string_view name, TextRule rule);
    [[nodiscard]] std::optional<bool> optional_switch(std::string_view name);
    /// A list of at most `items_max` different texts.
    [[nodiscard]] std::optional<std::vector<std::string>> optional_texts(
        std::string_view name, std::size_t items_max);
    /// RFC 3339, or null (an empty optional inside).
    [[nodiscard]] std::optional<std::optional<TimePoint>> optional_time(std::string_view name);

    [[nodiscard]] std::optional<std::int64_t> optional_integer(
        std::string_view name, std::int64_t min, std::int64_t max);
    /// An amount as a decimal text or a number, from its digits, 0 or more.
    [[nodiscard]] std::optional<Money> optional_money(std::string_view name);
    /// An object of at most `bytes_max`, as it was written; null reads as empty text.
    [[nodiscard]] std::optional<std::string> optional_object(
        std::string_view name, std::size_t bytes_max);
    /// Whatever it is, as it was written; empty where it is not there. Of a name that is there
    /// twice the last, as everywhere.
    [[nodiscard]] std::string_view raw(std::string_view name);
    /// The members that nobody asked for so far.
    [[nodiscard]] std::vector<std::string> unasked() const;

    /// What a reader of one field found wrong with its value.
    void problem(std::string_view name, std::string_view what);
    /// Errors: invalid_request that names the first field that is wrong, missing or unknown.
    [[nodiscard]] Result<void> finish() const;

private:
    BodyFields(boost::json::object object, std::string_view body)
        : object_(std::move(object)), body_(body) {}
    [[nodiscard]] const boost::json::value* take(std::string_view name);

    boost::json::object object_;
    std::string_view body_;  ///< of the request, which outlives this
    std::set<std::string, std::less<>> asked_;
    std::optional<Error> problem_;
};

/// The same for the parameters of a query, percent-decoded.
class QueryFields {
public:
    /// Errors: invalid_request.
    [[nodiscard]] static Result<QueryFields> read(std::string_view query);

    /// Empty where it is not there; a problem where it is there twice.
    [[nodiscard]] std::string text(std::string_view name, std::size_t bytes_max = 200);
    /// Each of them, where a parameter may be there several times.
    [[nodiscard]] std::vector<std::string> texts(std::string_view name);
    [[nodiscard]] std::int64_t number(
        std::string_view name, std::int64_t otherwise, std::int64_t min, std::int64_t max);
    [[nodiscard]] std::optional<TimePoint> time(std::string_view name);
    /// All parameters whose name begins with `prefix`, without it.
    [[nodiscard]] std::vector<std::pair<std::string, std::vector<std::string>>> with_prefix(
        std::string_view prefix);

    void problem(std::string_view name, std::string_view what);
    [[nodiscard]] Result<void> finish() const;

private:
    std::map<std::string, std::vector<std::string>, std::less<>> values_;
    std::set<std::string, std::less<>> asked_;
    std::optional<Error> problem_;
};

/// Nothing where a percent sign is not followed by two digits, or the result holds a control
/// character.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank);

}  // namespace pulse::console
