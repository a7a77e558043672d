#include "app/config/config_spec.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::app {
namespace {

using gateway::VirtualModel;

enum class ProviderState { on, off, unknown };

[[nodiscard]] ProviderState state_of(const ConfigSpec& spec, const std::string& name) {
    for (const gateway::ProviderSettings& provider : spec.config.gateway.providers) {
        if (provider.name == name) {
            return ProviderState::on;
        }
    }
    const bool is_written =
        name == kSandbox ||
        std::any_of(
            spec.providers.begin(), spec.providers.end(), [&](const ProviderSpec& provider) {
                return provider.name == name;
            });
    return is_written ? ProviderState::off : ProviderState::unknown;
}

void report_unknown_provider(
    SettingsReader& reader, const ConfigSpec& spec, const TargetSpec& target) {
    std::vector<std::string_view> names;
    for (const gateway::ProviderSettings& provider : spec.config.gateway.providers) {
        names.push_back(provider.name);
    }
    std::string what = "names no provider of this configuration";
    if (const std::string_view nearest = nearest_word(target.provider, names); !nearest.empty()) {
        what.append("; did you mean `").append(nearest).append("`?");
    }
    what.append("; allowed are ");
    for (std::size_t i = 0; i < names.size(); ++i) {
        what.append(i == 0 ? "" : ", ").append(names[i]);
    }
    reader.problem(target.place.at("provider"), std::move(what));
}

[[nodiscard]] std::vector<VirtualModel::Target> make_targets(
    SettingsReader& reader, const ConfigSpec& spec, const ModelSpec& model) {
    std::vector<VirtualModel::Target> targets;
    for (const TargetSpec& target : model.targets) {
        if (target.provider.empty()) {
            continue;  // reported while it was read
        }
        switch (state_of(spec, target.provider)) {
            case ProviderState::on:
                targets.push_back({target.provider, target.model, target.weight});
                break;
            case ProviderState::off:
                reader.warning(
                    target.place.at("provider"),
                    "names a provider that is off: the target is left out");
                break;
            case ProviderState::unknown:
                report_unknown_provider(reader, spec, target);
                break;
        }
    }
    return targets;
}

/// What this version reads and does not do.
void warn_of_later(SettingsReader& reader, const ModelSpec& model, std::size_t targets) {
    if (targets > 1) {
        reader.warning(
            model.place.at("targets"),
            "has several targets; this version sends every request to the first");
    }
    if (model.retry.attempts > 1) {
        reader.warning(
            model.place.at("retry").at("attempts"),
            "has no effect in this version: one attempt is made");
    }
    if (model.drop_unsupported) {
        reader.warning(
            model.place.at("drop_unsupported"),
            "has no effect in this version: no field is dropped");
    }
    if (model.timeouts.node != nullptr) {
        reader.warning(
            model.timeouts, "has no effect in this version: gateway.timeouts holds for all models");
    }
}

}  // namespace

std::vector<VirtualModel> make_models(SettingsReader& reader, const ConfigSpec& spec) {
    constexpr std::size_t kNameMax = 200;
    const SettingsTable<gateway::UpstreamTimeouts> timeouts = model_timeouts_table();
    std::vector<VirtualModel> models;
    for (const ModelSpec& written : spec.models) {
        const bool is_name = !written.name.empty() && written.name.size() <= kNameMax &&
                             std::all_of(written.name.begin(), written.name.end(), [](char c) {
                                 return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
                             });
        if (!is_name) {
            reader.problem(
                written.place,
                "cannot name a model; allowed are up to 200 characters without blanks");
            continue;
        }
        VirtualModel model;
        model.name = written.name;
        model.strategy = written.strategy;
        model.targets = make_targets(reader, spec, written);
        model.timeouts = spec.config.gateway.timeouts;
        if (written.timeouts.node != nullptr && reader.is_map(written.timeouts)) {
            timeouts.read(reader, written.timeouts, model.timeouts);
        }
        warn_of_later(reader, written, model.targets.size());
        if (!model.targets.empty()) {
            models.push_back(std::move(model));
        } else if (written.targets.empty() && written.place.node->find("targets") != nullptr) {
            reader.problem(
                written.place.at("targets"),
                "is empty; at least one { provider, model } is needed");
        } else if (!written.targets.empty()) {
            reader.warning(written.place, "is left out: none of its targets is on");
        }
    }
    return models;
}

}  // namespace pulse::app
