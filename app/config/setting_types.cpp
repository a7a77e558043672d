#include "app/config/setting_types.h"

#include "app/config/base_url.h"
#include "app/config/config.h"
#include "console/access/email.h"
#include "console/access/password.h"
#include "net/redis/address.h"
#include "policy/access/cidr.h"
#include "policy/limits/window.h"
#include "storage/postgres/address.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace pulse::app {
namespace {

[[nodiscard]] Error wrong(std::string what) {
    return Error{Errc::configuration, std::move(what)};
}

[[nodiscard]] std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    return out;
}

[[nodiscard]] Result<void> check_origin(std::string_view text) {
    if (text == "*") {
        return {};
    }
    const auto url = boost::urls::parse_uri(text);
    if (!url || (url->scheme() != "http" && url->scheme() != "https") ||
        url->encoded_host().empty() || !url->encoded_path().empty() || url->has_query() ||
        url->has_fragment() || url->has_userinfo()) {
        return wrong("is no origin; allowed are * and such as https://app.example.com");
    }
    return {};
}

}  // namespace

SettingType<net::ListenAddress> listen_setting() {
    return {
        "address:port",
        [](std::string_view text) -> Result<net::ListenAddress> {
            Result<net::ListenAddress> address = net::parse_listen_address(text);
            if (!address) {
                return wrong(
                    "is no address to listen on; allowed are such as 127.0.0.1:8080, [::1]:8080 "
                    "and :8080");
            }
            return address;
        },
        [](const net::ListenAddress& address) {
            return address.to_string();
        }};
}

SettingType<std::size_t> threads_setting() {
    constexpr std::int64_t kThreadsMax = 512;
    const SettingType<std::int64_t> count = count_setting({1, kThreadsMax});
    return {
        "auto | number, 1 to 512",
        [count](std::string_view text) -> Result<std::size_t> {
            if (text == "auto") {
                return std::size_t{0};
            }
            const Result<std::int64_t> threads = count.parse(text);
            if (!threads) {
                return wrong("is no number of threads; allowed are auto and 1 to 512");
            }
            return static_cast<std::size_t>(*threads);
        },
        [](const std::size_t& threads) {
            return threads == 0 ? "auto" : std::to_string(threads);
        }};
}

SettingType<std::string> cidr_setting() {
    return checked_setting("address block", [](std::string_view text) -> Result<void> {
        if (const auto block = policy::parse_cidr(text); !block) {
            return wrong("is no address block; allowed are such as 10.0.0.0/8 and 2001:db8::/32");
        }
        return {};
    });
}

SettingType<std::string> time_zone_setting() {
    return checked_setting("time zone", [](std::string_view text) -> Result<void> {
        if (const auto calendar = policy::WindowCalendar::open(text); !calendar) {
            return wrong(
                "is no time zone of this system; allowed are such as UTC and Europe/Paris");
        }
        return {};
    });
}

SettingType<std::string> store_url_setting() {
    return checked_setting("store's URL", [](std::string_view text) -> Result<void> {
        if (storage::postgres::is_address(text)) {
            const auto address = storage::postgres::parse_address(text);
            return address ? Result<void>{} : Result<void>{address.error()};
        }
        const std::string_view path = text.substr(std::min(text.find(':') + 1, text.size()));
        if (!text.starts_with("sqlite:") || path.empty() || path.starts_with(':') ||
            path.starts_with("//")) {
            return wrong(
                "is no store's URL; allowed are sqlite:PATH, such as sqlite:pulse.db, and "
                "postgresql://user@host:5432/database");
        }
        return {};
    });
}

SettingType<std::optional<std::chrono::milliseconds>> retention_setting() {
    using std::chrono::milliseconds;
    static constexpr std::string_view kForever = "forever";
    constexpr milliseconds kMax = std::chrono::years{100};
    const SettingType<milliseconds> duration = duration_setting({std::chrono::hours{1}, kMax});
    const SettingType<std::int64_t> years = count_setting({1, 100});
    return {
        "forever | duration, 1h to 100y",
        [=](std::string_view text) -> Result<std::optional<milliseconds>> {
            if (text == kForever) {
                return std::optional<milliseconds>{};
            }
            Result<milliseconds> kept = duration.parse(text);
            if (text.ends_with('y')) {
                if (const auto count = years.parse(text.substr(0, text.size() - 1))) {
                    kept = milliseconds{std::chrono::years{*count}};
                }
            }
            if (!kept) {
                return wrong(
                    "is no time to keep rows for; allowed are forever and 1h to 100y, such as 90d, "
                    "24mo and 7y");
            }
            return std::optional{*kept};
        },
        [duration](const std::optional<milliseconds>& kept) {
            return kept ? duration.format(*kept) : std::string{kForever};
        }};
}

SettingType<std::string> policy_store_setting() {
    return checked_setting("embedded or redis URL", [](std::string_view text) -> Result<void> {
        if (text == kEmbeddedStore) {
            return {};
        }
        const auto address = net::redis::parse_redis_url(text);
        if (!address) {
            return Error{Errc::configuration, address.error().detail() + "; or: embedded"};
        }
        return {};
    });
}

SettingType<std::string> origin_setting() {
    return checked_setting("origin", &check_origin);
}

SettingType<std::string> credential_setting() {
    constexpr std::size_t kCredentialMax = 8'000;
    return checked_setting("text", [](std::string_view text) -> Result<void> {
        const bool visible =
            std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
        if (!visible || text.size() > kCredentialMax) {
            return wrong(
                "cannot be a credential; allowed are up to 8000 visible ASCII characters without "
                "blanks");
        }
        return {};
    });
}

SettingType<std::string> login_email_setting() {
    return checked_setting("e-mail address, or empty", [](std::string_view text) -> Result<void> {
        if (!text.empty() && !console::normalized_email(text)) {
            return Error{
                Errc::configuration,
                "is no e-mail address; allowed is one such as admin@example.com, or nothing"};
        }
        return {};
    });
}

SettingType<std::string> login_password_setting() {
    return checked_setting(
        "password of 10 to 1024 bytes, or empty", [](std::string_view text) -> Result<void> {
            if (!text.empty() && !console::check_password_rules(text)) {
                return Error{
                    Errc::configuration,
                    "is no password; allowed are 10 to 1024 bytes, or nothing"};
            }
            return {};
        });
}

SettingType<std::string> forwarded_header_setting() {
    return {
        "header name",
        [](std::string_view text) -> Result<std::string> {
            if (!is_header_name(text)) {
                return wrong("is no name of a header");
            }
            if (is_own_header(text)) {
                return wrong("is a header that is never forwarded");
            }
            return lower(text);
        },
        [](const std::string& name) {
            return name;
        }};
}

bool is_header_name(std::string_view name) {
    constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
    constexpr std::size_t kNameMax = 256;
    return !name.empty() && name.size() <= kNameMax &&
           std::all_of(name.begin(), name.end(), [&](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      kPunctuation.find(c) != std::string_view::npos;
           });
}

bool is_own_header(std::string_view name) {
    constexpr std::array<std::string_view, 19> kOwn{
        "authorization",
        "proxy-authorization",
        "proxy-authenticate",
        "x-api-key",
        "api-key",
        "x-goog-api-key",
        "cookie",
        "host",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
        "expect",
        "accept-encoding",
        "proxy-connection",
        "openai-organization"};
    const std::string lowered = lower(name);
    return lowered.starts_with("x-pulse-") || lowered.starts_with("x-litellm-") ||
           lowered.starts_with("x-forwarded-") ||
           std::find(kOwn.begin(), kOwn.end(), lowered) != kOwn.end();
}

SettingType<std::string> document_url_setting() {
    return checked_setting("URL", [](std::string_view text) -> Result<void> {
        const std::string problem =
            text.empty() ? std::string{} : document_url_problem(std::string{text});
        return problem.empty() ? Result<void>{} : wrong(problem);
    });
}

SettingType<std::string> empty_setting(std::string name, std::string why) {
    return checked_setting(
        std::move(name), [why = std::move(why)](std::string_view text) -> Result<void> {
            return text.empty() ? Result<void>{} : wrong(why);
        });
}

}  // namespace pulse::app
