#include "llm/request/form_request.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace pulse::llm {

namespace {

constexpr std::string_view kFormType = "multipart/form-data";
constexpr std::size_t kFieldsMax = 256;
constexpr std::size_t kBoundaryMax = 70;  // RFC 2046 §5.1.1
constexpr std::size_t kPartHeadMax = 8 * 1024;
constexpr std::size_t kModelBytesMax = 256;
constexpr std::int64_t kAnswersMax = 16'384;

[[nodiscard]] char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

/// The value of `name=` among a field's parameters, without its quotes; data() is null where there is none.
[[nodiscard]] std::string_view parameter(std::string_view field, std::string_view name) {
    for (std::size_t at = field.find(';'); at != std::string_view::npos;) {
        std::string_view rest = field.substr(at + 1);
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
        const bool is_it = starts_with_ignoring_case(rest, name) && rest.substr(name.size()).starts_with('=');
        std::size_t end = std::string_view::npos;
        const std::size_t equals = rest.find('=');
        if (equals != std::string_view::npos && rest.substr(equals + 1).starts_with('"')) {
            const std::size_t close = rest.find('"', equals + 2);
            if (close == std::string_view::npos) {
                return {};
            }
            if (is_it) {
                return rest.substr(equals + 2, close - equals - 2);
            }
            end = rest.find(';', close);
        } else {
            end = rest.find(';');
            if (is_it) {
                std::string_view value = rest.substr(name.size() + 1, end == std::string_view::npos ? end : end - name.size() - 1);
                while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) {
                    value.remove_suffix(1);
                }
                return value;
            }
        }
        at = end == std::string_view::npos ? end : static_cast<std::size_t>(rest.data() + end - field.data());
    }
    return {};
}

[[nodiscard]] Error bad_form(std::string_view what) {
    return Error(Errc::invalid_request, "the multipart form " + std::string(what));
}

/// Reads a part's head: its lines end with CRLF.
[[nodiscard]] bool read_part_head(std::string_view head, FormField& field) {
    constexpr std::string_view kDisposition = "content-disposition:";
    bool has_name = false;
    while (!head.empty()) {
        const std::size_t end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        if (starts_with_ignoring_case(line, kDisposition)) {
            const std::string_view name = parameter(line, "name");
            if (has_name || name.data() == nullptr) {
                return false;
            }
            has_name = true;
            field.name = name;
            field.is_file = parameter(line, "filename").data() != nullptr || parameter(line, "filename*").data() != nullptr;
        }
        head = end == std::string_view::npos ? std::string_view{} : head.substr(end + 2);
    }
    return has_name;
}

[[nodiscard]] Error wrong(std::string_view name, std::string_view why) {
    return Error(Errc::invalid_request, "'" + std::string(name) + "' " + std::string(why)).with_param(std::string(name));
}

/// Where a field that decides stands twice, servers differ in which they take.
[[nodiscard]] bool is_governed(std::string_view name) {
    return name == "model" || name == "stream" || name == "n" || name == "size" || name == "quality";
}

/// How long an audio file plays. A WAV file says it; of the others the size tells no more than how long speech at
/// 32 kbit/s, the low end of what is uploaded, would be. Source: RFC 2361 (RIFF/WAVE, fmt chunk).
[[nodiscard]] std::int64_t seconds_of(std::string_view file) {
    constexpr std::int64_t kBytesPerSecond = 4'000;
    constexpr std::size_t kWaveHead = 44;
    constexpr std::size_t kByteRate = 28;
    std::int64_t rate = kBytesPerSecond;
    if (file.size() > kWaveHead && file.starts_with("RIFF") && file.substr(8, 8) == "WAVEfmt ") {
        std::int64_t stated = 0;
        for (std::size_t i = 4; i-- > 0;) {
            stated = stated * 256 + static_cast<unsigned char>(file[kByteRate + i]);
        }
        rate = stated >= 1'000 ? stated : rate;
    }
    return (static_cast<std::int64_t>(file.size()) + rate - 1) / rate;
}

[[nodiscard]] Result<void> take_field(const FormField& field, std::string_view body, RequestFacts& facts) {
    if (field.name == "model") {
        const bool is_word = !field.value.empty() && field.value.size() <= kModelBytesMax &&
                             std::none_of(field.value.begin(), field.value.end(), [](char c) {
                                 return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\\';
                             });
        if (!is_word || field.is_file) {
            return wrong("model", "must be the name of a model");
        }
        facts.model = field.value;
        facts.model_value = {static_cast<std::size_t>(field.value.data() - body.data()), field.value.size()};
    } else if (field.name == "stream") {
        if (field.value != "true" && field.value != "false") {
            return wrong("stream", "must be true or false");
        }
        facts.stream = field.value == "true";
    } else if (field.name == "n") {
        const char* const end = field.value.data() + field.value.size();
        const auto [at, error] = std::from_chars(field.value.data(), end, facts.answers);
        if (error != std::errc{} || at != end || facts.answers < 1 || facts.answers > kAnswersMax) {
            return wrong("n", "must be a whole number from 1 to 16384");
        }
    } else if (field.name == "size") {
        facts.image_size = field.value.substr(0, kModelBytesMax);
    } else if (field.name == "quality") {
        facts.image_quality = field.value.substr(0, kModelBytesMax);
    } else if (field.is_file) {
        facts.images += facts.api == Api::images ? 1 : 0;
        if (facts.api != Api::images) {
            ++facts.audio_parts;
            facts.audio_seconds += seconds_of(field.value);
        }
    } else {
        facts.text_bytes += static_cast<std::int64_t>(field.value.size());
    }
    return {};
}

}  // namespace

bool is_form(std::string_view content_type) {
    return starts_with_ignoring_case(content_type, kFormType);
}

Result<std::vector<FormField>> split_form(std::string_view content_type, std::string_view body) {
    const std::string_view boundary = parameter(content_type, "boundary");
    if (boundary.empty() || boundary.size() > kBoundaryMax) {
        return bad_form("names no boundary in its content-type");
    }
    const std::string delimiter = "\r\n--" + std::string(boundary);
    const std::string_view opening = std::string_view{delimiter}.substr(2);
    std::size_t at = 0;
    if (!body.starts_with(opening)) {
        at = body.find(delimiter);
        if (at == std::string_view::npos) {
            return bad_form("does not begin with its boundary");
        }
        at += 2;
    }
    at += opening.size();
    std::vector<FormField> fields;
    while (body.substr(at, 2) != "--") {
        // Spaces may stand behind a boundary.
        at = body.find_first_not_of(" \t", at);
        if (at == std::string_view::npos || body.substr(at, 2) != "\r\n") {
            return bad_form("has a boundary that ends wrong");
        }
        at += 2;
        std::size_t head_end = body.substr(at, 2) == "\r\n" ? at : body.find("\r\n\r\n", at);
        if (head_end == std::string_view::npos || head_end - at > kPartHeadMax) {
            return bad_form("has a field without a head");
        }
        FormField field;
        if (!read_part_head(body.substr(at, head_end - at), field)) {
            return bad_form("has a field without a name");
        }
        const std::size_t begin = head_end + (head_end == at ? 2 : 4);
        const std::size_t end = body.find(delimiter, begin - 2);
        if (end == std::string_view::npos) {
            return bad_form("ends before its last boundary");
        }
        field.value = end < begin ? std::string_view{} : body.substr(begin, end - begin);
        fields.push_back(field);
        if (fields.size() > kFieldsMax) {
            return bad_form("has more than 256 fields");
        }
        at = end + delimiter.size();
    }
    return fields;
}

Result<RequestFacts> read_form_request(Api api, std::string_view content_type, std::string_view body) {
    const auto fields = split_form(content_type, body);
    if (!fields) {
        return fields.error();
    }
    RequestFacts facts;
    facts.api = api;
    facts.is_form = true;
    for (const FormField& field : *fields) {
        const auto is_same = [&](const FormField& other) { return other.name == field.name; };
        if (is_governed(field.name) && std::count_if(fields->begin(), fields->end(), is_same) > 1) {
            return wrong(field.name, "stands twice: providers would read different ones");
        }
        if (auto taken = take_field(field, body, facts); !taken) {
            return taken.error();
        }
    }
    if (facts.model.empty() && api != Api::images) {
        return wrong("model", "is missing: name the model to use");
    }
    return facts;
}

}  // namespace pulse::llm
