#pragma once

#include "app/commands/command.h"
#include "gateway/routing/routes.h"
#include "pricing/catalog/import/import.h"

#include <CLI/App.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace pulse::app {

/// What the `pulse prices` commands take beside the common options.
struct PricesOptions {
    std::vector<std::filesystem::path>
        files;  ///< of `cost`: one; of `check`, `import`: the preferred one first
    std::vector<std::string>
        formats;  ///< of each file, in the same order; fewer: the last one, none: by content
    std::vector<std::string> refs;  ///< where each file is from, in the same order
    std::filesystem::path catalog;  ///< `--catalog`: empty: the configured one
    std::string catalog_format;
    std::string model;
    std::string provider;
    std::string version;
    std::string date;           ///< `--date`: the day that the files are of, YYYY-MM-DD
    std::filesystem::path out;  ///< empty: standard output
    std::filesystem::path
        against;  ///< what `check` and `import` compare with; empty: the built-in one
    std::filesystem::path keep;  ///< a catalogue whose history is kept
    std::string from;            ///< of `rerate`: RFC 3339, inclusive
    std::string to;              ///< of `rerate`: RFC 3339, exclusive
    bool dry_run = false;        ///< of `rerate`: change nothing
    bool unpriced = false;       ///< of `list`: the ledger's models that no price was known for
    bool acknowledge = false;    ///< let prices change by more than a factor of ten
};

/// `pulse prices …` with everything that it takes.
void add_prices_commands(CLI::App& app, CommonOptions& options, int& code);

[[nodiscard]] int cost_cases(const CommonOptions& options, const PricesOptions& wanted);
[[nodiscard]] int list_prices(const CommonOptions& options, const PricesOptions& wanted);
/// The models that calls were estimated for because no price was known, from the ledger.
[[nodiscard]] int list_unpriced(const CommonOptions& options, const PricesOptions& wanted);
[[nodiscard]] int show_price(const CommonOptions& options, const PricesOptions& wanted);
[[nodiscard]] int check_prices(const CommonOptions& options, const PricesOptions& wanted);
[[nodiscard]] int import_prices(const CommonOptions& options, const PricesOptions& wanted);
/// Gives the ledger's requests of a time what they cost by the prices in force now, and prints what
/// that changed.
[[nodiscard]] int rerate_prices(const CommonOptions& options, const PricesOptions& wanted);

/// A whole file. Errors: invalid_request that names it.
[[nodiscard]] Result<std::string> read_whole(const std::filesystem::path& file);
/// A catalogue in the named format, or in that which its content shows. Errors: invalid_request for
/// a file that cannot be read or a format that is none, corrupt_input that names file and place.
[[nodiscard]] Result<pricing::Imported> read_catalog(
    const std::filesystem::path& file, const std::string& format, const std::string& ref = {});
/// That of `--catalog`, else the one in force: what a refresh kept, else the built-in one, with the
/// configuration's `pricing.catalog` over it.
[[nodiscard]] Result<std::shared_ptr<const pricing::Catalog>> open_catalog(
    const CommonOptions& options, const PricesOptions& wanted);
/// The same with the providers' own `prices:` as a gateway puts them before it; none with
/// `--catalog`.
[[nodiscard]] Result<std::shared_ptr<const gateway::Routes>> open_prices(
    const CommonOptions& options, const PricesOptions& wanted);

}  // namespace pulse::app
