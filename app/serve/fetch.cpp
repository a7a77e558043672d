#include "app/serve/fetch.h"

#include <curl/curl.h>

#include <memory>
#include <string_view>

namespace pulse::app {

namespace {

struct Free {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Receiving {
    const FetchAsk& ask;
    std::string body;
    bool is_too_large = false;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& receiving = *static_cast<Receiving*>(self);
    const std::size_t bytes = size * count;
    if (receiving.body.size() + bytes > receiving.ask.bytes_max) {
        receiving.is_too_large = true;
        return 0;
    }
    receiving.body.append(data, bytes);
    return bytes;
}

int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const Receiving*>(self)->ask.cancelled.load() ? 1 : 0;
}

/// A value of a header field of the last answer.
[[nodiscard]] std::string header_of(CURL* handle, const char* name) {
    curl_header* header = nullptr;
    return curl_easy_header(handle, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value
                                                                                     : "";
}

}  // namespace

Result<Fetched> fetch(const FetchAsk& ask) {
    static const bool is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    const std::unique_ptr<CURL, Free> handle(is_ready ? curl_easy_init() : nullptr);
    if (handle == nullptr) {
        return Error(Errc::internal, "libcurl does not start");
    }
    Receiving receiving{.ask = ask, .body = {}};
    const std::string condition = "If-None-Match: " + ask.etag;
    const std::unique_ptr<curl_slist, Free> headers(
        ask.etag.empty() ? nullptr : curl_slist_append(nullptr, condition.c_str()));
    char reason[CURL_ERROR_SIZE] = {};
    CURL* const curl = handle.get();
    curl_easy_setopt(curl, CURLOPT_URL, ask.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 3L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ask.timeout.count());
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);  // a name server that is silent holds up no shutdown
    curl_easy_setopt(
        curl,
        CURLOPT_ACCEPT_ENCODING,
        "");  // what libcurl can undo; the limit holds for what comes out
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "pulse");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receiving);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &receiving);
    const CURLcode code = curl_easy_perform(curl);
    if (receiving.is_too_large) {
        return Error(
            Errc::request_too_large,
            "the answer is larger than " + std::to_string(ask.bytes_max) + " bytes");
    }
    if (code != CURLE_OK) {
        const std::string why = reason[0] != '\0' ? reason : curl_easy_strerror(code);
        return Error(
            code == CURLE_OPERATION_TIMEDOUT ? Errc::upstream_timeout : Errc::upstream_unavailable,
            why);
    }
    Fetched fetched{.body = std::move(receiving.body), .etag = header_of(curl, "etag")};
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &fetched.status);
    return fetched;
}

}  // namespace pulse::app
