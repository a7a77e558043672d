#include "app/commands/prices.h"
#include "base/clock.h"
#include "pricing/catalog/compare.h"
#include "pricing/catalog/merge.h"
#include "pricing/catalog/writer.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>
#include <fstream>

namespace pulse::app {

namespace json = boost::json;

namespace {

constexpr std::size_t kShownMax = 40;  // of each list, for people; --json has all

struct NamedImport {
    std::string file;
    pricing::Imported imported;
};

[[nodiscard]] Result<std::vector<NamedImport>> read_all(const PricesOptions& wanted) {
    std::vector<NamedImport> out;
    for (std::size_t i = 0; i < wanted.files.size(); ++i) {
        const auto nth = [i](const std::vector<std::string>& list) {
            return list.empty() ? std::string{} : list[std::min(i, list.size() - 1)];
        };
        auto imported = read_catalog(
            wanted.files[i], nth(wanted.formats), i < wanted.refs.size() ? wanted.refs[i] : "");
        if (!imported) {
            return imported.error();
        }
        out.push_back({wanted.files[i].string(), std::move(*imported)});
    }
    return out;
}

/// `--date`, else today: prices that hold on that day are compared, and changes begin on it.
[[nodiscard]] Result<TimePoint> day_of(const PricesOptions& wanted) {
    if (wanted.date.empty()) {
        return TimePoint{std::chrono::floor<std::chrono::days>(system_clock().now())};
    }
    const auto day = pricing::parse_date(wanted.date);
    return day ? Result<TimePoint>{*day}
               : Error(
                     Errc::invalid_request,
                     "--date takes a date (2026-08-01), not `" + wanted.date + "`");
}

struct Candidate {
    std::shared_ptr<const pricing::Catalog> catalog;
    std::vector<std::string> conflicts;
};

/// All files as one catalogue, the first one preferred. From the last: a catalogue's rules for
/// names, which a merge turns into names, are needed to see what the next one lists.
[[nodiscard]] Candidate merge_all(const std::vector<NamedImport>& files, TimePoint day) {
    Candidate out{files.back().imported.catalog, {}};
    for (std::size_t i = files.size() - 1; i-- > 0;) {
        auto merged = pricing::merge_catalogs(*files[i].imported.catalog, *out.catalog, day);
        out.catalog = std::move(merged.catalog);
        out.conflicts.insert(out.conflicts.end(), merged.conflicts.begin(), merged.conflicts.end());
    }
    return out;
}

struct Judged {
    pricing::GuardVerdict verdict;
    std::string against;
};

/// What the files themselves say, beside what their prices do.
[[nodiscard]] Judged with_reports(Judged judged, const std::vector<NamedImport>& files) {
    for (const NamedImport& file : files) {
        pricing::guard_report(file.imported.report, judged.verdict);
    }
    return judged;
}

/// Against a named file as its successor; else over what is configured, as the configuration would
/// load it.
[[nodiscard]] Result<Judged> judge(
    const CommonOptions& options,
    const PricesOptions& wanted,
    const std::vector<NamedImport>& files,
    const pricing::Catalog& candidate,
    TimePoint day) {
    const pricing::GuardRules rules{.jumps_acknowledged = wanted.acknowledge};
    const auto& named = wanted.against.empty() ? wanted.keep : wanted.against;
    if (!named.empty()) {
        const auto before = read_catalog(named, "");
        if (!before) {
            return before.error();
        }
        return with_reports(
            {pricing::guard(*before->catalog, candidate, day, rules), named.string()}, files);
    }
    const auto before = open_catalog(options, {});
    if (!before) {
        return before.error();
    }
    const auto after = pricing::Catalog::overlaid(**before, candidate);
    return with_reports(
        {pricing::guard(**before, *after, day, rules), (*before)->version()}, files);
}

[[nodiscard]] std::string describe(const pricing::Disagreement& entry) {
    return entry.model->provider + "/" + entry.model->id + " " +
           std::string(pricing::to_string(entry.mine->price_class)) + ": " +
           pricing::usd_per_million(*entry.mine) + " (" + entry.mine->source + "), " +
           pricing::usd_per_million(*entry.theirs) + " (" + entry.theirs->source +
           ") USD per million";
}

[[nodiscard]] json::object report_json(const NamedImport& file) {
    const pricing::ImportReport& report = file.imported.report;
    json::array left_out;
    for (const pricing::LeftOut& entry : report.left_out) {
        left_out.push_back({{"where", entry.where}, {"what", entry.what}, {"why", entry.why}});
    }
    return {
        {"file", file.file},
        {"version", file.imported.catalog->version()},
        {"models", report.models},
        {"prices", report.prices},
        {"exact", report.exact},
        {"denoised", report.denoised},
        {"left_out", left_out},
        {"notes", json::array(report.notes.begin(), report.notes.end())}};
}

void print_some(const char* title, const std::vector<std::string>& lines) {
    if (lines.empty()) {
        return;
    }
    std::printf("%s: %zu\n", title, lines.size());
    for (std::size_t i = 0; i < std::min(lines.size(), kShownMax); ++i) {
        std::printf("  %s\n", lines[i].c_str());
    }
    if (lines.size() > kShownMax) {
        std::printf("  … and %zu more; --json has all\n", lines.size() - kShownMax);
    }
}

void print_report(const NamedImport& file) {
    const pricing::ImportReport& report = file.imported.report;
    const auto permille = report.prices == 0 ? 1'000 : report.exact * 1'000 / report.prices;
    std::printf(
        "%s: %zu models, %zu prices, %zu held exactly (%zu.%zu %%), %zu of them without upstream's "
        "float noise\n",
        file.file.c_str(),
        report.models,
        report.prices,
        report.exact,
        permille / 10,
        permille % 10,
        report.denoised);
    std::vector<std::string> lines;
    for (const pricing::LeftOut& entry : report.left_out) {
        lines.push_back(entry.where + " " + entry.what + ": " + entry.why);
    }
    print_some("left out", lines);
    print_some("notes", report.notes);
}

[[nodiscard]] std::vector<std::string> describe_all(
    const std::vector<pricing::Disagreement>& entries) {
    std::vector<std::string> out;
    for (const pricing::Disagreement& entry : entries) {
        out.push_back(describe(entry));
    }
    return out;
}

[[nodiscard]] json::array texts(const std::vector<std::string>& lines) {
    return json::array(lines.begin(), lines.end());
}

[[nodiscard]] Result<void> write_whole(const std::filesystem::path& file, const std::string& text) {
    auto fresh = file;
    fresh += ".new";
    std::ofstream out(fresh, std::ios::binary);
    out << text;
    out.close();
    std::error_code failed;
    if (out) {
        std::filesystem::rename(fresh, file, failed);
    }
    return out && !failed ? Result<void>{} : Error(Errc::internal, "cannot write " + file.string());
}

}  // namespace

int check_prices(const CommonOptions& options, const PricesOptions& wanted) {
    const auto files = read_all(wanted);
    const auto day = day_of(wanted);
    if (!files || !day) {
        return fail(files ? day.error() : files.error());
    }
    const Candidate candidate = merge_all(*files, *day);
    const auto judged = judge(options, wanted, *files, *candidate.catalog, *day);
    if (!judged) {
        return fail(judged.error());
    }
    std::vector<std::string> apart;
    for (std::size_t i = 1; i < files->size(); ++i) {
        const auto found = describe_all(pricing::disagreements(
            *files->front().imported.catalog, *(*files)[i].imported.catalog, *day));
        apart.insert(apart.end(), found.begin(), found.end());
    }
    const pricing::GuardVerdict& verdict = judged->verdict;
    if (options.json) {
        json::array reports;
        for (const NamedImport& file : *files) {
            reports.push_back(report_json(file));
        }
        const json::object out{
            {"ok", verdict.passes()},
            {"files", reports},
            {"disagreements", texts(apart)},
            {"against", judged->against},
            {"ids_before", verdict.ids_before},
            {"ids_kept", verdict.ids_kept},
            {"missing", texts(verdict.missing)},
            {"jumps", texts(describe_all(verdict.jumps))},
            {"reasons", texts(verdict.reasons)}};
        std::printf("%s\n", json::serialize(out).c_str());
    } else {
        for (const NamedImport& file : *files) {
            print_report(file);
        }
        print_some("plain prices that differ by more than 1 % (the first file counts)", apart);
        print_some("models that are gone", verdict.missing);
        print_some("prices that change by more than a factor of ten", describe_all(verdict.jumps));
        std::printf(
            "against %s: %zu of %zu models kept\n",
            judged->against.c_str(),
            verdict.ids_kept,
            verdict.ids_before);
        for (const std::string& reason : verdict.reasons) {
            std::printf("refused: %s\n", reason.c_str());
        }
        std::printf("%s\n", verdict.passes() ? "ok" : "not ok");
    }
    return verdict.passes() ? kExitDone : kExitFailed;
}

int import_prices(const CommonOptions& options, const PricesOptions& wanted) {
    const auto files = read_all(wanted);
    const auto day = day_of(wanted);
    if (!files || !day) {
        return fail(files ? day.error() : files.error());
    }
    Candidate candidate = merge_all(*files, *day);
    if (!wanted.keep.empty()) {
        const auto before = read_catalog(wanted.keep, "pulse");
        if (!before) {
            return fail(before.error());
        }
        candidate.catalog = pricing::with_history(*candidate.catalog, *before->catalog, *day);
    }
    const auto judged = judge(options, wanted, *files, *candidate.catalog, *day);
    if (!judged) {
        return fail(judged.error());
    }
    for (const std::string& reason : judged->verdict.reasons) {
        std::fprintf(stderr, "pulse: refused: %s\n", reason.c_str());
    }
    if (!judged->verdict.passes()) {
        std::fprintf(
            stderr, "pulse: nothing was written; `pulse prices check` shows the details\n");
        return kExitFailed;
    }
    const std::string text =
        pricing::write_catalog(*candidate.catalog, wanted.version, wanted.date);
    if (const auto readable = pricing::Catalog::parse(text); !readable) {
        return fail(Error(
            Errc::internal,
            "the merged catalogue does not read back: " + readable.error().detail()));
    }
    if (wanted.out.empty()) {
        std::fwrite(text.data(), 1, text.size(), stdout);
        return kExitDone;
    }
    if (auto written = write_whole(wanted.out, text); !written) {
        return fail(written.error());
    }
    std::size_t prices = 0;
    for (const pricing::Model& model : candidate.catalog->models()) {
        prices += model.prices.size();
    }
    if (options.json) {
        const json::object out{
            {"file", wanted.out.string()},
            {"models", candidate.catalog->models().size()},
            {"prices", prices},
            {"conflicts", texts(candidate.conflicts)}};
        std::printf("%s\n", json::serialize(out).c_str());
    } else {
        std::printf(
            "%s: %zu models, %zu prices\n",
            wanted.out.c_str(),
            candidate.catalog->models().size(),
            prices);
        print_some("the preferred file counted against another", candidate.conflicts);
    }
    return kExitDone;
}

}  // namespace pulse::app
