#include "console/api/assets.h"

#include "base/assert.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>

// PULSE_CONSOLE_ASSETS is the folder that the build packs them into (console/CMakeLists.txt).
#define PULSE_ASSET(symbol, file)                  \
    asm(".section .rodata\n"                       \
        "pulse_asset_" symbol                      \
        "_begin:\n"                                \
        ".incbin \"" PULSE_CONSOLE_ASSETS "/" file \
        ".gz\"\n"                                  \
        "pulse_asset_" symbol                      \
        "_end:\n"                                  \
        ".previous\n");                            \
    static_assert(true)

PULSE_ASSET("openapi_json", "openapi.json");
PULSE_ASSET("index_html", "index.html");
PULSE_ASSET("docs_js", "docs.js");
PULSE_ASSET("swagger_ui_css", "swagger-ui.css");
PULSE_ASSET("swagger_ui_bundle_js", "swagger-ui-bundle.js");

extern const char openapi_json_begin[] asm("pulse_asset_openapi_json_begin");
extern const char openapi_json_end[] asm("pulse_asset_openapi_json_end");
extern const char index_html_begin[] asm("pulse_asset_index_html_begin");
extern const char index_html_end[] asm("pulse_asset_index_html_end");
extern const char docs_js_begin[] asm("pulse_asset_docs_js_begin");
extern const char docs_js_end[] asm("pulse_asset_docs_js_end");
extern const char swagger_ui_css_begin[] asm("pulse_asset_swagger_ui_css_begin");
extern const char swagger_ui_css_end[] asm("pulse_asset_swagger_ui_css_end");
extern const char swagger_ui_bundle_js_begin[] asm("pulse_asset_swagger_ui_bundle_js_begin");
extern const char swagger_ui_bundle_js_end[] asm("pulse_asset_swagger_ui_bundle_js_end");

namespace pulse::console {
namespace {

[[nodiscard]] std::string_view between(const char* begin, const char* end) {
    return {begin, static_cast<std::size_t>(end - begin)};
}

[[nodiscard]] const std::array<Asset, 5>& assets() {
    constexpr std::string_view kJavaScript = "text/javascript; charset=utf-8";
    static const std::array<Asset, 5> all{{
        {"openapi.json", "application/json", between(openapi_json_begin, openapi_json_end)},
        {"index.html", "text/html; charset=utf-8", between(index_html_begin, index_html_end)},
        {"docs.js", kJavaScript, between(docs_js_begin, docs_js_end)},
        {"swagger-ui.css",
         "text/css; charset=utf-8",
         between(swagger_ui_css_begin, swagger_ui_css_end)},
        {"swagger-ui-bundle.js",
         kJavaScript,
         between(swagger_ui_bundle_js_begin, swagger_ui_bundle_js_end)},
    }};
    return all;
}

}  // namespace

const Asset* find_asset(std::string_view name) {
    const auto& all = assets();
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const Asset& asset) { return asset.name == name; });
    return found == all.end() ? nullptr : &*found;
}

std::string inflated(const Asset& asset) {
    constexpr int kGzip = 16 + MAX_WBITS;
    z_stream stream{};
    PULSE_ASSERT(inflateInit2(&stream, kGzip) == Z_OK);
    // zlib's interface predates const.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(asset.gzipped.data()));
    stream.avail_in = static_cast<uInt>(asset.gzipped.size());
    std::string out;
    int status = Z_OK;
    while (status == Z_OK) {
        std::array<char, 16384> part{};
        stream.next_out = reinterpret_cast<Bytef*>(part.data());
        stream.avail_out = static_cast<uInt>(part.size());
        status = inflate(&stream, Z_NO_FLUSH);
        out.append(part.data(), part.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    PULSE_ASSERT(status == Z_STREAM_END);  // the build packed it
    return out;
}

}  // namespace pulse::console
