#include <CLI/CLI.hpp>
#include <exception>
#include <cstdio>

#include "app/commands/add_command.h"
#include "app/commands/backup.h"
#include "app/commands/command.h"
#include "app/commands/explain.h"
#include "app/commands/people.h"
#include "app/commands/prices.h"
#include "app/serve/serve.h"

namespace {

using namespace pulse::app;

void add_key_fields(CLI::App& command, NewKeyOptions& wanted) {
    command.add_option("--label", wanted.label, "what the key is for");
    command.add_option("--team", wanted.team, "team");
    command.add_option("--project", wanted.project, "project");
    command.add_option("--user", wanted.user, "user");
    command.add_option("--app", wanted.app, "application");
    command.add_option("--policy", wanted.policy, "policy as JSON, e.g. '{\"requests_per_minute\":600}'");
    command.add_option("--expires", wanted.expires, "2027-01-31, 2027-01-31T12:00:00Z, 30d or 12h; - for no end");
}

void add_keys(CLI::App& app, CommonOptions& options, NewKeyOptions& wanted, std::string& id, int& code) {
    CLI::App& keys = *app.add_subcommand("keys", "virtual keys");
    keys.require_subcommand(1);
    CLI::App& create = add_command(keys, options, "create", "make a key; it is shown once");
    add_key_fields(create, wanted);
    create.add_option("--org", wanted.org, "organisation");
    create.get_option("--label")->required();
    create.callback([&] { code = create_key(options, wanted); });
    add_command(keys, options, "list", "all keys").callback([&] { code = list_keys(options); });
    const auto add_one = [&](const char* name, const char* what) -> CLI::App& {
        CLI::App& command = add_command(keys, options, name, what);
        command.add_option("id", id, "the key's id")->required();
        return command;
    };
    add_one("show", "one key").callback([&] { code = show_key(options, id); });
    CLI::App& update = add_one("update", "change what is given, keep the rest; - takes away");
    add_key_fields(update, wanted);
    update.callback([&] { code = update_key(options, id, wanted); });
    add_one("rotate", "a new secret for the key, the old one ends").callback([&] { code = rotate_key(options, id); });
    add_one("revoke", "end a key").callback([&] { code = revoke_key(options, id); });
}

void add_maintenance(CLI::App& app, CommonOptions& options, bool& all, int& code) {
    CLI::App& migrations = *app.add_subcommand("migrate", "the database's schema");
    migrations.require_subcommand(1);
    add_command(migrations, options, "up", "bring it to this version").callback([&] {
        code = migrate(options, MigrateStep::up);
    });
    CLI::App& down = add_command(migrations, options, "down", "undo one step");
    down.add_flag("--all", all, "undo all steps");
    down.callback([&] { code = migrate(options, all ? MigrateStep::down_all : MigrateStep::down); });
    add_command(migrations, options, "status", "what is applied").callback([&] {
        code = migrate(options, MigrateStep::status);
    });
    CLI::App& config = *app.add_subcommand("config", "the configuration");
    config.require_subcommand(1);
    add_command(config, options, "check", "is it valid?").callback([&] { code = check_config(options); });
    add_command(config, options, "default", "every setting with its default and meaning").callback([&] {
        code = print_default_config();
    });
    add_command(config, options, "document", "the settings as a Markdown page").callback([&] {
        code = print_settings_document();
    });
    add_command(app, options, "doctor", "look at everything a start needs").callback([&] { code = run_doctor(options); });
    add_command(app, options, "version", "this build").callback([&] { code = print_version(options); });
}

void add_tokens(CLI::App& app, CommonOptions& options, TokensOptions& wanted, int& code) {
    CLI::App& tokens = *app.add_subcommand("tokens", "tokens of a text");
    tokens.require_subcommand(1);
    CLI::App& count = add_command(tokens, options, "count", "how many tokens a text is");
    count.add_option("--encoding", wanted.encoding, "o200k_base (default), o200k_harmony, cl100k_base or p50k_base");
    count.add_option("--model", wanted.model, "the encoding of this model");
    count.add_flag("--jsonl", wanted.jsonl, "each line is a JSON string and gets a line of its own");
    count.add_flag("--ids", wanted.ids, "print the tokens themselves");
    count.add_option("file", wanted.file, "default: standard input");
    count.callback([&] { code = count_tokens(options, wanted); });
}

int run(int argc, char** argv) {
    CLI::App app{"Pulse: an LLM gateway with exact cost metering", "pulse"};
    app.require_subcommand(1);
    CommonOptions options;
    NewKeyOptions wanted;
    TokensOptions tokens;
    std::string id;
    bool all = false;
    int code = kExitDone;
    add_command(app, options, "serve", "run gateway, console and jobs").callback([&] {
        code = serve({.config = options.config, .data = options.data});
    });
    add_command(app, options, "gateway", "run the data plane alone").callback([&] {
        code = serve({.config = options.config, .data = options.data, .gateway_only = true});
    });
    add_command(app, options, "console", "run the console's API and the jobs, without the data plane").callback([&] {
        code = serve_console({.config = options.config, .data = options.data});
    });
    add_keys(app, options, wanted, id, code);
    add_prices_commands(app, options, code);
    add_people_commands(app, options, code);
    add_explain_command(app, options, code);
    add_backup_commands(app, options, code);
    add_tokens(app, options, tokens, code);
    add_maintenance(app, options, all, code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kExitDone : kExitUsage;
    }
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "pulse: %s\n", error.what());
        return kExitFailed;
    }
}
