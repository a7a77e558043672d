#include "gateway/providers/vertex_address.h"

#include "net/auth/percent.h"

namespace pulse::gateway {

namespace {

/// Takes "/name/" and the segment behind it off the front. Empty: there is none.
[[nodiscard]] std::string_view take_named(std::string_view& path, std::string_view name) {
    if (!path.starts_with(name)) {
        return {};
    }
    const std::size_t end = path.find('/', name.size());
    const std::string_view taken = path.substr(name.size(), end - name.size());
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
    return taken;
}

/// The version with its slash, as Vertex calls it; Gemini's own names differ.
[[nodiscard]] std::string_view take_version(std::string_view& path) {
    const std::string_view segment = path.substr(0, path.find('/', 1));
    if (!segment.starts_with("/v1")) {
        return "/v1";
    }
    path.remove_prefix(segment.size());
    return segment == "/v1" ? "/v1" : "/v1beta1";
}

/// Who publishes a model, by the family in its name.
[[nodiscard]] std::string_view publisher_of(std::string_view model) {
    struct Family {
        std::string_view prefix;
        std::string_view publisher;
    };
    // Source:
    // https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/use-partner-models, read
    // 2026-11-21.
    static constexpr Family kFamilies[] = {
        {"claude", "anthropic"},
        {"mistral", "mistralai"},
        {"ministral", "mistralai"},
        {"codestral", "mistralai"},
        {"llama", "meta"},
        {"jamba", "ai21"}};
    for (const Family& family : kFamilies) {
        if (model.starts_with(family.prefix)) {
            return family.publisher;
        }
    }
    return "google";
}

}  // namespace

void append_vertex_path(
    std::string& out,
    const ProviderAddress& address,
    std::string_view path,
    std::string_view model) {
    out.append(address.base_path);
    std::string_view rest = path;
    const std::string_view version = take_version(rest);
    if (!address.base_path.ends_with(version)) {
        out.append(version);
    }
    const std::string_view asked_project = take_named(rest, "/projects/");
    const std::string_view asked_location = take_named(rest, "/locations/");
    if (!address.project.empty() || !asked_project.empty()) {
        out.append("/projects/");
        if (address.project.empty()) {
            out.append(asked_project);
        } else {
            // A project of a domain has a colon: example.com:project.
            net::append_percent_encoded(out, address.project, ":");
        }
        out.append("/locations/");
        if (!address.location.empty()) {
            net::append_percent_encoded(out, address.location);
        } else {
            out.append(asked_location.empty() ? "global" : asked_location);
        }
    }
    if (rest.starts_with("/models/")) {
        out.append("/publishers/").append(publisher_of(model));
    }
    out.append(rest);
}

}  // namespace pulse::gateway
