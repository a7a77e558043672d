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
    CURL* handle = nullptr;
    std::string body;
    std::size_t bytes = 0;
    bool is_too_large = false;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& receiving = *static_cast<Receiving*>(self);
    const std::size_t bytes = size * count;
    receiving.bytes += bytes;
    if (receiving.bytes > receiving.ask.bytes_max) {
        receiving.is_too_large = true;
        return 0;
    }
    long status = 0;
    curl_easy_getinfo(receiving.handle, CURLINFO_RESPONSE_CODE, &status);
    if (receiving.ask.on_bytes && status >= 200 && status < 300) {
        receiving.ask.on_bytes({data, bytes});
    } else {
        receiving.body.append(data, bytes);
    }
    return bytes;
}

int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const Receiving*>(self)->ask.cancelled.load() ? 1 : 0;
}

void add_header(std::unique_ptr<curl_slist, Free>& headers, const std::string& line) {
    if (curl_slist* const longer = curl_slist_append(headers.get(), line.c_str())) {
        static_cast<void>(headers.release());
        headers.reset(longer);
    }
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
    Receiving receiving{.ask = ask, .handle = handle.get(), .body = {}};
    std::unique_ptr<curl_slist, Free> headers;
    if (!ask.etag.empty()) {
        add_header(headers, "If-None-Match: " + ask.etag);
    }
    for (const auto& [name, value] : ask.headers) {
        add_header(headers, name + ": " + value);
    }
    char reason[CURL_ERROR_SIZE] = {};
    CURL* const curl = handle.get();
    curl_easy_setopt(curl, CURLOPT_URL, ask.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, ask.redirects_max > 0 ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, ask.redirects_max);
    if (ask.method != "GET") {
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, ask.method.c_str());
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, ask.body.c_str());
        curl_easy_setopt(
            curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(ask.body.size()));
    }
    if (!ask.ca_file.empty()) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, ask.ca_file.c_str());
    }
    if (ask.is_direct) {
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    }
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ask.timeout.count());
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(
        curl, CURLOPT_QUICK_EXIT, 1L);  // a name server that is silent holds up no shutdown
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
