#include "app/commands/rerate_report.h"

#include "base/rfc3339.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>

namespace pulse::app {

namespace json = boost::json;

namespace {

constexpr const char* kBudgetNote =
    "The budgets of a running gateway are not changed; it reads the ledger at its next start.";

[[nodiscard]] unsigned long long shown(std::uint64_t count) {
    return count;
}

void print_json(const RerateReport& report) {
    json::array models;
    for (const auto& [model, changes] : report.models) {
        models.push_back(json::object{
            {"provider", model.first},
            {"model", model.second},
            {"rows", changes.rows},
            {"cost_before", changes.before.to_string()},
            {"cost_after", changes.after.to_string()},
            {"difference", (changes.after - changes.before).to_string()}});
    }
    const json::object out{
        {"from", rfc3339_micros(report.period.from)},
        {"to", rfc3339_micros(report.period.to)},
        {"dry_run", report.is_dry_run},
        {"price_version", report.price_version},
        {"rows", report.rows},
        {"changed", report.changed},
        {"passed_over", report.passed_over},
        {"unknown", report.unknown},
        {"unknown_providers",
         json::array(report.unknown_providers.begin(), report.unknown_providers.end())},
        {"cost_before", report.before.to_string()},
        {"cost_after", report.after.to_string()},
        {"difference", (report.after - report.before).to_string()},
        {"currency", "USD"},
        {"models", std::move(models)},
        {"note", kBudgetNote}};
    std::printf("%s\n", json::serialize(out).c_str());
}

void print_text(const RerateReport& report) {
    std::printf("prices        %s\n", report.price_version.c_str());
    std::printf("rows          %llu\n", shown(report.rows));
    std::printf(
        "%s  %llu\n", report.is_dry_run ? "would change" : "changed     ", shown(report.changed));
    std::printf("before        %s USD\n", report.before.to_string().c_str());
    std::printf("after         %s USD\n", report.after.to_string().c_str());
    std::printf("difference    %s USD\n", (report.after - report.before).to_string().c_str());
    for (const auto& [model, changes] : report.models) {
        std::printf(
            "  %s/%s  %llu rows  %s -> %s\n",
            model.first.c_str(),
            model.second.c_str(),
            shown(changes.rows),
            changes.before.to_string().c_str(),
            changes.after.to_string().c_str());
    }
    if (report.unknown > 0) {
        std::printf(
            "%llu rows stay as they are: their provider is not configured, and the catalogue does "
            "not know their model by it. To re-rate them configure it again:",
            shown(report.unknown));
        for (const std::string& provider : report.unknown_providers) {
            std::printf(" %s", provider.c_str());
        }
        std::printf("\n");
    }
    if (report.passed_over > 0) {
        std::printf(
            "%llu rows were changed by another process meanwhile and left to it; run this again "
            "to be sure.\n",
            shown(report.passed_over));
    }
    std::printf("%s\n", kBudgetNote);
}

}  // namespace

void print(const RerateReport& report, bool as_json) {
    as_json ? print_json(report) : print_text(report);
}

}  // namespace pulse::app
