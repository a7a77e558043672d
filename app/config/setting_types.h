#pragma once

#include "base/settings/settings_value.h"
#include "net/listener.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace pulse::app {

/// "127.0.0.1:8080", "[::1]:8080", ":8080".
[[nodiscard]] SettingType<net::ListenAddress> listen_setting();

/// `auto` (0), or how many.
[[nodiscard]] SettingType<std::size_t> threads_setting();

/// An IPv4 or IPv6 block.
[[nodiscard]] SettingType<std::string> cidr_setting();

/// A zone of the system's time-zone database.
[[nodiscard]] SettingType<std::string> time_zone_setting();

/// `sqlite:PATH`, `postgresql://…`.
[[nodiscard]] SettingType<std::string> store_url_setting();

/// `forever` (none), or a duration from an hour to a hundred years, whose unit may be `y`, too.
[[nodiscard]] SettingType<std::optional<std::chrono::milliseconds>> retention_setting();

/// `embedded`.
[[nodiscard]] SettingType<std::string> policy_store_setting();

/// `scheme://host[:port]`, `*`.
[[nodiscard]] SettingType<std::string> origin_setting();

/// Empty, or visible ASCII without blanks: what may stand in an HTTP field.
[[nodiscard]] SettingType<std::string> credential_setting();

/// Empty, or an e-mail address to log in with.
[[nodiscard]] SettingType<std::string> login_email_setting();
/// Empty, or a password by the console's rules.
[[nodiscard]] SettingType<std::string> login_password_setting();

/// A field name that may be forwarded: a token, and neither a credential nor part of HTTP's own
/// business.
[[nodiscard]] SettingType<std::string> forwarded_header_setting();

/// Is `name` a token of RFC 9110 §5.6.2?
[[nodiscard]] bool is_header_name(std::string_view name);
/// Does `name` belong to the connection, the body's framing or the credentials, which Pulse writes
/// itself?
[[nodiscard]] bool is_own_header(std::string_view name);

/// For a value that only a later version serves: empty is accepted, anything else refused with
/// `why`.
/// Of a document: https, or http on loopback; empty for none.
[[nodiscard]] SettingType<std::string> document_url_setting();
[[nodiscard]] SettingType<std::string> empty_setting(std::string name, std::string why);

}  // namespace pulse::app
