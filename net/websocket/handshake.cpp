#include "net/websocket/handshake.h"

#include "base/assert.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

namespace pulse::net::websocket {
namespace {

constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kKeyText = 24;
constexpr std::size_t kSha1Bytes = 20;
constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

[[nodiscard]] std::string base64(const unsigned char* bytes, std::size_t size) {
    std::string text((size + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with a zero
    std::array<unsigned char, 64> room{};
    const int written = EVP_EncodeBlock(room.data(), bytes, static_cast<int>(size));
    text.resize(static_cast<std::size_t>(written));
    std::copy_n(room.begin(), text.size(), text.begin());
    return text;
}

[[nodiscard]] bool is_base64(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

/// 16 bytes in Base64: 22 characters and "==".
[[nodiscard]] bool is_key(std::string_view text) {
    return text.size() == kKeyText && text.ends_with("==") &&
           std::all_of(text.begin(), text.end() - 2, is_base64);
}

[[nodiscard]] bool holds(std::string_view list, std::string_view wanted) {
    std::string_view item;
    while (next_protocol(list, item)) {
        if (iequals(item, wanted)) {
            return true;
        }
    }
    return false;
}

}  // namespace

bool next_protocol(std::string_view& list, std::string_view& protocol) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        protocol = trimmed(list.substr(0, comma));
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
        if (!protocol.empty()) {
            return true;
        }
    }
    return false;
}

Result<void> check_opening(const RequestHead& head) {
    if (!head.wants_upgrade || !holds(head.fields.value("upgrade"), "websocket")) {
        return Error(
            Errc::upgrade_required,
            "This path is a WebSocket: open it with `wss://` and a WebSocket client, which sends "
            "`connection: upgrade` "
            "and `upgrade: websocket`.");
    }
    if (head.minor_version < 1 || head.method != "GET" || head.framing != BodyFraming::none) {
        return Error(
            Errc::invalid_request,
            "A WebSocket is opened with GET, in HTTP/1.1 and without a body.");
    }
    if (head.fields.value("sec-websocket-version") != "13") {
        return Error(
            Errc::upgrade_required,
            "WebSockets are served in version 13: send `sec-websocket-version: 13`.");
    }
    if (!is_key(head.fields.value("sec-websocket-key"))) {
        return Error(
            Errc::invalid_request,
            "`sec-websocket-key` must be 16 random bytes in Base64 (24 characters).");
    }
    return {};
}

std::string make_key() {
    std::array<unsigned char, kKeyBytes> random{};
    PULSE_ASSERT(RAND_bytes(random.data(), static_cast<int>(random.size())) == 1);
    return base64(random.data(), random.size());
}

std::string accept_of(std::string_view key) {
    std::string text(key);
    text.append(kGuid);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const int done =
        EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
    PULSE_ASSERT(done == 1 && size == kSha1Bytes);
    return base64(digest.data(), size);
}

Result<void> check_accepted(
    const ResponseHead& answer, std::string_view key, std::string_view protocols) {
    const auto bad = [](std::string_view what) {
        return Error(
            Errc::upstream_bad_answer,
            "The provider's WebSocket handshake is broken: " + std::string(what));
    };
    if (answer.status != 101 || !holds(answer.fields.value("upgrade"), "websocket") ||
        !holds(answer.fields.value("connection"), "upgrade")) {
        return bad("it does not switch to a WebSocket.");
    }
    if (answer.fields.value("sec-websocket-accept") != accept_of(key)) {
        return bad("`sec-websocket-accept` does not answer the key.");
    }
    if (!answer.fields.value("sec-websocket-extensions").empty()) {
        return bad("it uses an extension that was not offered.");
    }
    const std::string_view chosen = answer.fields.value("sec-websocket-protocol");
    if (!chosen.empty() && !holds(protocols, chosen)) {
        return bad("it chose a subprotocol that was not offered.");
    }
    return {};
}

}  // namespace pulse::net::websocket
