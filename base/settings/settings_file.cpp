#include "base/settings/settings_file.h"

#include "base/settings/variables.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <cerrno>
#include <fstream>
#include <istream>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

namespace pulse {
namespace {

constexpr std::size_t kLevelsMax = 32;
constexpr std::size_t kValuesMax = 20'000;
constexpr std::size_t kKeysMax = 2'000;  // of one map: looking for a key is linear

[[nodiscard]] int line_of(const YAML::Mark& mark) {
    return mark.line < 0 ? 1 : mark.line + 1;
}

[[nodiscard]] YAML::Mark mark_at(int line) {
    YAML::Mark mark;
    mark.line = line - 1;
    return mark;
}

/// Builds nodes from YAML's events. Throws YAML::ParserException, like the parser that calls it,
/// where reading cannot go on.
class NodeBuilder final : public YAML::EventHandler {
public:
    NodeBuilder(
        const SettingsVariables& variables,
        const EnvironmentLookup& environment,
        std::vector<SettingsProblem>& problems)
        : variables_(variables), environment_(environment), problems_(problems) {}

    [[nodiscard]] SettingsNode take_root() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) {
            throw YAML::ParserException(mark, "a second document begins; one is allowed");
        }
    }
    void OnDocumentEnd() override {}
    void OnAnchor(const YAML::Mark& mark, const std::string& /*name*/) override {
        refuse_anchor(mark);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        refuse_anchor(mark);
    }

    void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        take_text(mark, {}, false);
    }
    void OnScalar(
        const YAML::Mark& mark,
        const std::string& tag,
        YAML::anchor_t /*anchor*/,
        const std::string& value) override {
        take_text(mark, value, tag == "!");
    }
    void OnSequenceStart(
        const YAML::Mark& mark,
        const std::string& /*tag*/,
        YAML::anchor_t /*anchor*/,
        YAML::EmitterStyle::value /*style*/) override {
        open(mark, SettingsNode::Kind::list);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(
        const YAML::Mark& mark,
        const std::string& /*tag*/,
        YAML::anchor_t /*anchor*/,
        YAML::EmitterStyle::value /*style*/) override {
        open(mark, SettingsNode::Kind::map);
    }
    void OnMapEnd() override { close(); }

private:
    /// A list or map that is not closed yet, and the key that waits for its value.
    struct Open {
        SettingsNode node;
        std::optional<SettingsEntry> pending;
    };

    [[noreturn]] static void refuse_anchor(const YAML::Mark& mark) {
        throw YAML::ParserException(
            mark, "anchors and aliases are not supported; write the value out");
    }

    void count(const YAML::Mark& mark) {
        if (++values_ > kValuesMax) {
            throw YAML::ParserException(mark, "more than 20000 values");
        }
    }

    [[nodiscard]] bool awaits_key() const {
        return !open_.empty() && open_.back().node.kind == SettingsNode::Kind::map &&
               !open_.back().pending;
    }

    void open(const YAML::Mark& mark, SettingsNode::Kind kind) {
        count(mark);
        if (awaits_key()) {
            throw YAML::ParserException(mark, "a key must be text");
        }
        if (open_.size() >= kLevelsMax) {
            throw YAML::ParserException(mark, "nested deeper than 32 levels");
        }
        SettingsNode node;
        node.kind = kind;
        node.line = line_of(mark);
        open_.push_back({std::move(node), std::nullopt});
    }

    void close() {
        SettingsNode node = std::move(open_.back().node);
        open_.pop_back();
        place(std::move(node));
    }

    void take_text(const YAML::Mark& mark, const std::string& value, bool quoted) {
        count(mark);
        if (awaits_key()) {
            SettingsEntry entry;
            entry.key = variables_.written(value);
            entry.line = line_of(mark);
            open_.back().pending = std::move(entry);
            return;
        }
        SettingsNode node;
        node.line = line_of(mark);
        node.quoted = quoted;
        if (value.find("${") != std::string::npos) {
            problems_.push_back(
                {node.line,
                 current_path(),
                 "holds a `${` that is no variable; allowed are `${NAME}` and `${NAME:-default}`, "
                 "and `$${` for "
                 "a literal `${`"});
        }
        SettingsVariables::Expanded expanded = variables_.expand(value, environment_);
        node.text = std::move(expanded.text);
        node.unset_variables = std::move(expanded.unset);
        place(std::move(node));
    }

    void place(SettingsNode node) {
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        if (parent.node.kind == SettingsNode::Kind::list) {
            parent.node.items.push_back(std::move(node));
            return;
        }
        if (parent.node.entries.size() >= kKeysMax) {
            throw YAML::ParserException(
                mark_at(parent.pending->line), "more than 2000 keys in one map");
        }
        if (const SettingsEntry* first = parent.node.find(parent.pending->key)) {
            problems_.push_back(
                {parent.pending->line,
                 current_path(),
                 "appears twice, first in line " + std::to_string(first->line) +
                     "; write it once"});
        } else {
            parent.pending->value = std::move(node);
            parent.node.entries.push_back(std::move(*parent.pending));
        }
        parent.pending.reset();
    }

    [[nodiscard]] std::string current_path() const {
        std::string path;
        for (const Open& level : open_) {
            if (level.pending) {
                path.append(path.empty() ? "" : ".").append(level.pending->key);
            } else if (level.node.kind == SettingsNode::Kind::list) {
                path.append("[").append(std::to_string(level.node.items.size())).append("]");
            }
        }
        return path;
    }

    const SettingsVariables& variables_;
    const EnvironmentLookup& environment_;
    std::vector<SettingsProblem>& problems_;
    SettingsNode root_;
    std::vector<Open> open_;
    std::size_t values_ = 0;
    int documents_ = 0;
};

void run_parser(
    const std::string& text, NodeBuilder& builder, std::vector<SettingsProblem>& problems) {
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::Exception& problem) {
        problems.push_back({line_of(problem.mark), {}, "cannot be read as YAML: " + problem.msg});
    } catch (const std::exception& problem) {
        // Seen with broken escapes: yaml-cpp lets exceptions of the standard library through.
        problems.push_back({1, {}, std::string("cannot be read as YAML: ") + problem.what()});
    }
}

}  // namespace

std::string SettingsProblem::text(const std::string& file_name) const {
    const std::string concerned = key.empty() ? "" : "key `" + key + "`: ";
    return file_name + ":" + std::to_string(line) + ": " + concerned + what;
}

SettingsNode parse_settings(
    std::string_view text, const SettingsSource& source, std::vector<SettingsProblem>& problems) {
    SettingsNode root;
    root.kind = SettingsNode::Kind::map;
    if (text.size() > kSettingsBytesMax) {
        problems.push_back({1, {}, "the file is larger than 1 MiB"});
        return root;
    }
    SettingsVariables variables;
    const Result<std::string> yaml = variables.take_out(text);
    if (!yaml) {
        problems.push_back({1, {}, yaml.error().detail()});
        return root;
    }
    const std::size_t problems_before = problems.size();
    NodeBuilder builder(variables, source.environment, problems);
    run_parser(*yaml, builder, problems);
    SettingsNode read = builder.take_root();
    if (read.kind == SettingsNode::Kind::map) {
        return read;
    }
    if (!read.is_blank() && problems.size() == problems_before) {
        problems.push_back({read.line, {}, "must be a map of sections, such as `gateway:`"});
    }
    return root;
}

Result<std::string> read_settings_file(const std::filesystem::path& path, std::size_t bytes_max) {
    const auto failed = [&](const std::string& why) {
        return Error{Errc::configuration, "cannot read " + path.string() + ": " + why};
    };
    std::error_code ec;
    if (std::filesystem::is_directory(path, ec)) {
        return failed("it is a directory");
    }
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return failed(std::generic_category().message(errno));
    }
    std::string text(bytes_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) {
        return failed("reading it failed");
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > bytes_max) {
        return failed("it is larger than " + std::to_string(bytes_max) + " bytes");
    }
    return text;
}

}  // namespace pulse
