#include "app/commands/prices.h"

#include "app/commands/add_command.h"

#include <CLI/CLI.hpp>

#include <memory>

namespace pulse::app {

namespace {

/// Shared by the callbacks, which outlive the function that makes them.
struct Wiring {
    CommonOptions& options;
    int& code;
    std::shared_ptr<PricesOptions> wanted = std::make_shared<PricesOptions>();
};

CLI::App& add_command(CLI::App& prices, const Wiring& wiring, const char* name, const char* what) {
    return app::add_command(prices, wiring.options, name, what);
}

void add_catalog(CLI::App& command, const Wiring& wiring) {
    command.add_option(
        "--catalog", wiring.wanted->catalog, "a catalogue file instead of the configured prices");
    command.add_option(
        "--format",
        wiring.wanted->catalog_format,
        "its form: pulse, genai or litellm (default: by content)");
}

void add_files(CLI::App& command, const Wiring& wiring) {
    command.add_option("file", wiring.wanted->files, "catalogue files, the preferred one first")
        ->required();
    command
        .add_option(
            "--format",
            wiring.wanted->formats,
            "form of each file: pulse, genai or litellm (default: by content)")
        ->allow_extra_args(false);
    command
        .add_option(
            "--ref",
            wiring.wanted->refs,
            "where each file is from, for the record (default: its name)")
        ->allow_extra_args(false);
    command.add_option(
        "--version", wiring.wanted->version, "name of the new version (default: date and digest)");
    command.add_option(
        "--date", wiring.wanted->date, "the day that the files are of (default: today)");
    command.add_option(
        "--against",
        wiring.wanted->against,
        "a catalogue to compare with (default: what is configured, with these over it)");
    command.add_flag(
        "--acknowledge",
        wiring.wanted->acknowledge,
        "let prices change by more than a factor of ten");
}

}  // namespace

void add_prices_commands(CLI::App& app, CommonOptions& options, int& code) {
    const Wiring wiring{options, code};
    CLI::App& prices = *app.add_subcommand("prices", "the price catalogue");
    prices.require_subcommand(1);

    CLI::App& cost =
        add_command(prices, wiring, "cost", "what calls cost: JSON objects, one a line");
    add_catalog(cost, wiring);
    cost.add_option("file", wiring.wanted->files, "default: standard input")->expected(0, 1);
    cost.callback([wiring] { wiring.code = cost_cases(wiring.options, *wiring.wanted); });

    CLI::App& list = add_command(prices, wiring, "list", "models and their plain prices");
    add_catalog(list, wiring);
    list.add_option("--provider", wiring.wanted->provider, "of this provider only");
    list.add_flag(
        "--unpriced",
        wiring.wanted->unpriced,
        "the models of past calls that no price was known for, from the ledger");
    list.callback([wiring] {
        wiring.code = wiring.wanted->unpriced ? list_unpriced(wiring.options, *wiring.wanted)
                                              : list_prices(wiring.options, *wiring.wanted);
    });

    CLI::App& show = add_command(prices, wiring, "show", "every price of a model");
    add_catalog(show, wiring);
    show.add_option("model", wiring.wanted->model, "MODEL or PROVIDER/MODEL")->required();
    show.add_option("--provider", wiring.wanted->provider, "the model's provider");
    show.callback([wiring] { wiring.code = show_price(wiring.options, *wiring.wanted); });

    CLI::App& check = add_command(prices, wiring, "check", "may these files become the catalogue?");
    add_files(check, wiring);
    check.callback([wiring] { wiring.code = check_prices(wiring.options, *wiring.wanted); });

    CLI::App& import =
        add_command(prices, wiring, "import", "make a catalogue file of upstream ones");
    add_files(import, wiring);
    import.add_option(
        "--keep", wiring.wanted->keep, "a catalogue whose retired models and old prices stay");
    import.add_option("--out", wiring.wanted->out, "where to write it (default: standard output)");
    import.callback([wiring] { wiring.code = import_prices(wiring.options, *wiring.wanted);
});

CLI::App& rerate = add_command(
    prices,
    wiring,
    "rerate",
    "what past requests cost by the prices in force now; the old costs are kept, and the "
    "budgets of a running gateway stay as they are");
rerate.add_option("--from", wiring.wanted->from, "2026-11-01 or 2026-11-01T12:00:00Z")->required();
rerate.add_option("--to", wiring.wanted->to, "the same forms; not in it any more")->required();
rerate.add_flag("--dry-run", wiring.wanted->dry_run, "say what would change, change nothing");
rerate.callback([wiring] { wiring.code = rerate_prices(wiring.options, *wiring.wanted); });
}  // namespace pulse::app

}  // namespace pulse::app
