#include "base/settings/settings_text.h"

#include "base/json_text.h"

#include <algorithm>

namespace pulse {
namespace {

constexpr std::size_t kCommentColumns = 100;
constexpr std::size_t kIndent = 2;

[[nodiscard]] bool is_plain_scalar(std::string_view text) {
    constexpr std::string_view kPunctuation = "_./+-:@";
    const bool safe = std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               kPunctuation.find(c) != std::string_view::npos;
    });
    return safe && !text.empty() && text.front() != '-' && text.front() != ':' &&
           text.front() != '@' && text.back() != ':' && text != "null";
}

/// The words of `text` on lines behind `prefix`.
void append_comment(std::string& out, const std::string& prefix, std::string_view text) {
    std::size_t column = kCommentColumns;
    while (!text.empty()) {
        const std::size_t size = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, size);
        text.remove_prefix(std::min(size + 1, text.size()));
        if (column + 1 + word.size() > kCommentColumns) {
            out.append(out.empty() || out.back() == '\n' ? "" : "\n").append(prefix).append("#");
            column = prefix.size() + 1;
        }
        out.append(" ").append(word);
        column += 1 + word.size();
    }
    out.append("\n");
}

[[nodiscard]] std::string remarks(const SettingNotes& notes) {
    std::string text;
    text.append(notes.required ? " Needed." : "");
    text.append(notes.secret ? " Secret: may be file:PATH." : "");
    text.append(notes.needs_restart ? " Needs a restart." : "");
    return text;
}

void append_yaml(std::string& out, const SettingDoc& doc) {
    const bool is_example = doc.in_example || doc.form == SettingDoc::Form::entries ||
                            doc.form == SettingDoc::Form::items;
    const std::string indent(kIndent * doc.level, ' ');
    const std::string prefix = (is_example ? "#" : "") + indent;
    std::string comment = std::string(doc.notes.doc) + remarks(doc.notes);
    if (doc.form == SettingDoc::Form::value) {
        comment += " (" + doc.type + ")";
    }
    append_comment(out, doc.in_example ? prefix : indent, comment);
    out.append(prefix).append(doc.name).append(":");
    switch (doc.form) {
        case SettingDoc::Form::value:
            out.append(" ").append(doc.default_yaml);
            break;
        case SettingDoc::Form::entries:
            out.append("\n").append(prefix).append(kIndent, ' ').append("NAME:");
            break;
        case SettingDoc::Form::items:
            out.append("\n").append(prefix).append(kIndent, ' ').append("-");
            break;
        case SettingDoc::Form::group:
            break;
    }
    out.append("\n");
}

/// Text inside a cell of a Markdown table.
[[nodiscard]] std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out.append(c == '|' ? "\\|" : std::string(1, c));
    }
    return out;
}

void append_markdown(std::string& out, const SettingDoc& doc) {
    if (doc.level == 0) {
        out.append("\n## `").append(doc.name).append("`\n\n").append(doc.notes.doc);
        out.append(remarks(doc.notes)).append("\n\n");
        if (doc.form != SettingDoc::Form::value) {
            out.append("| setting | type | default | meaning |\n|---|---|---|---|\n");
        }
        return;
    }
    const bool has_default = doc.form == SettingDoc::Form::value && !doc.notes.required;
    out.append("| `").append(cell(doc.path)).append("` | ").append(cell(doc.type)).append(" | ");
    out.append(has_default ? "`" + cell(doc.default_yaml) + "`" : "").append(" | ");
    out.append(cell(doc.notes.doc)).append(remarks(doc.notes)).append(" |\n");
}

}  // namespace

std::string yaml_scalar(std::string_view text) {
    if (is_plain_scalar(text)) {
        return std::string(text);
    }
    std::string quoted;
    append_json_string(quoted, text);
    return quoted;
}

std::string settings_yaml(const std::vector<SettingDoc>& docs) {
    std::string out;
    for (const SettingDoc& doc : docs) {
        out.append(doc.level == 0 && !out.empty() ? "\n" : "");
        append_yaml(out, doc);
    }
    return out;
}

std::string settings_markdown(const std::vector<SettingDoc>& docs) {
    std::string out;
    for (const SettingDoc& doc : docs) {
        append_markdown(out, doc);
    }
    return out;
}

}  // namespace pulse
