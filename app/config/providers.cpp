#include "app/config/base_url.h"
#include "app/config/config_spec.h"
#include "app/config/provider_kinds.h"
#include "app/config/setting_types.h"
#include "gateway/providers/address.h"

#include <algorithm>
#include <utility>

namespace pulse::app {
namespace {

using gateway::ProviderSettings;

constexpr std::size_t kNameMax = 64;

/// A provider's name is part of `provider/model`, of metrics and of headers.
[[nodiscard]] bool is_provider_name(std::string_view name) {
    const auto is_alphanumeric = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !name.empty() && name.size() <= kNameMax && is_alphanumeric(name.front()) &&
           std::all_of(name.begin(), name.end(), [&](char c) {
               return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
           });
}

void add_price(
    std::vector<pricing::Price>& prices,
    pricing::PriceClass price_class,
    const std::optional<Money>& amount) {
    if (!amount) {
        return;
    }
    pricing::Price price;
    price.price_class = price_class;
    price.amount_pico = static_cast<std::int64_t>(amount->pico());  // bounded by the table: ≤ 10¹⁸
    price.per = 1'000'000;
    price.source = "configuration";
    prices.push_back(std::move(price));
}

[[nodiscard]] pricing::Model make_model(const std::string& provider, const PriceSpec& spec) {
    using pricing::PriceClass;
    pricing::Model model;
    model.provider = provider;
    model.id = spec.name;
    add_price(model.prices, PriceClass::input, spec.input);
    add_price(model.prices, PriceClass::cache_read, spec.cached_input);
    add_price(model.prices, PriceClass::cache_write_5m, spec.cache_write);
    add_price(model.prices, PriceClass::output, spec.output);
    add_price(model.prices, PriceClass::output_reasoning, spec.reasoning_output);
    add_price(model.prices, PriceClass::input_audio, spec.input_audio);
    add_price(model.prices, PriceClass::output_audio, spec.output_audio);
    add_price(model.prices, PriceClass::input_image, spec.input_image);
    return model;
}

[[nodiscard]] std::string variable(const SettingsSource& source, std::string_view name) {
    if (name.empty() || !source.environment) {
        return {};
    }
    return source.environment(name).value_or("");
}

/// One entry of `providers`: what it inherits from its kind, and its checks.
class ProviderMaker {
public:
    ProviderMaker(SettingsReader& reader, const ProviderSpec& spec)
        : reader_(reader), spec_(spec), kind_(kind_of(spec)) {}

    /// Nothing when it is off or wrong.
    [[nodiscard]] std::optional<ProviderSettings> make() {
        if (!is_provider_name(spec_.name)) {
            reader_.problem(
                spec_.place,
                "cannot name a provider; allowed are up to 64 letters, digits, -, _ and ., "
                "beginning with a letter or digit");
            return std::nullopt;
        }
        if (!spec_.enabled || !take_key()) {
            return std::nullopt;
        }
        take_base_url();
        take_models();
        take_headers();
        refuse_foreign_keys();
        return finished();
    }

private:
    [[nodiscard]] static const ProviderKind& kind_of(const ProviderSpec& spec) {
        const ProviderKind* kind = find_provider_kind(spec.kind.empty() ? spec.name : spec.kind);
        return kind != nullptr ? *kind : *find_provider_kind("openai");
    }
    [[nodiscard]] bool is_written(std::string_view key) const {
        return spec_.place.node->find(key) != nullptr;
    }
    [[nodiscard]] bool is_public() const {
        return !kind_.base_url.empty() &&
               (spec_.base_url.empty() || without_trailing_slash(spec_.base_url) == kind_.base_url);
    }

    /// False, and a warning, when the provider is off because it has no key.
    [[nodiscard]] bool take_key() {
        out_.api_key = spec_.api_key;
        std::string why;
        if (is_written("api_key")) {
            const std::string& unset = spec_.place.at("api_key").node->unset_variables;
            why =
                "is empty" + (unset.empty() ? "" : " (not set in the environment: " + unset + ")");
        } else if (kind_.name == "bedrock") {
            out_.api_key = spec_.credentials.empty() ? variable(reader_.source(), kind_.key_variable) : "";
            return true;  // or what `credentials` says
        } else if ((is_public() || kind_.name == "azure") && !kind_.key_variable.empty()) {
            out_.api_key = variable(reader_.source(), kind_.key_variable);
            why = "is not written and " + std::string(kind_.key_variable) +
                  " is not set in the environment";
        } else {
            return true;  // such as a server on this machine that wants none
        }
        if (out_.api_key.empty()) {
            reader_.warning(spec_.place.at("api_key"), why + ": the provider is off");
            return false;
        }
        return true;
    }

    void take_base_url() {
        if (spec_.base_url.empty()) {
            const std::string regional = gateway::regional_base_url(kind_.name, region());
            out_.base_url = regional.empty() ? std::string(kind_.base_url) : regional;
            if (out_.base_url.empty()) {
                reader_.problem(
                    spec_.place.at("base_url"),
                    kind_.name == "bedrock" ? "is not written, and neither is region"
                                            : "is not written: every account of kind " + std::string(kind_.name) +
                                                  " has its own");
            }
            return;
        }
        const std::string problem = base_url_problem(
            spec_.base_url, spec_.insecure ? ClearText::anywhere : ClearText::loopback_only);
        if (!problem.empty()) {
            reader_.problem(spec_.place.at("base_url"), problem);
        }
        out_.base_url = without_trailing_slash(spec_.base_url);
    }

    void take_models() {
        out_.models = spec_.models;
        if (!is_written("models") && is_public()) {
            out_.models.assign(kind_.models.begin(), kind_.models.end());
        }
    }

    void take_headers() {
        const SettingsPlace place = spec_.place.at("headers");
        for (const auto& [name, value] : spec_.headers) {
            if (!is_header_name(name)) {
                reader_.problem(place.at(name), "is no name of a header");
            } else if (is_own_header(name) && name.find("key") == std::string::npos) {
                reader_.problem(
                    place.at(name),
                    "is a header that Pulse writes itself; credentials go into api_key");
            }
        }
        out_.headers = spec_.headers;
    }

    [[nodiscard]] std::string region() const {
        if (!spec_.region.empty() || kind_.name != "bedrock") {
            return spec_.region;
        }
        const std::string stated = variable(reader_.source(), "AWS_REGION");
        return stated.empty() ? variable(reader_.source(), "AWS_DEFAULT_REGION") : stated;
    }

    void refuse_foreign_keys() {
        struct Row {
            const char* key;
            std::string_view first_kind;
            std::string_view second_kind;
        };
        for (const Row& row :
             {Row{"api_version", "azure", ""},
              Row{"deployments", "azure", ""},
              Row{"region", "bedrock", "vertex"},
              Row{"project", "vertex", ""},
              Row{"credentials", "bedrock", "vertex"}}) {
            if (is_written(row.key) && kind_.name != row.first_kind && kind_.name != row.second_kind) {
                reader_.problem(
                    spec_.place.at(row.key),
                    "does not belong to a provider of kind " + std::string(kind_.name));
            }
        }
    }

    [[nodiscard]] ProviderSettings finished() {
        out_.name = spec_.name;
        out_.kind = kind_.name;
        out_.forward_headers = spec_.forward_headers;
        out_.api_version = spec_.api_version;
        out_.deployments = spec_.deployments;
        out_.region = region();
        out_.project = spec_.project;
        out_.credentials = spec_.credentials;
        for (const PriceSpec& price : spec_.prices) {
            out_.prices.push_back(make_model(spec_.name, price));
        }
        out_.on_disconnect = spec_.on_disconnect;
        out_.usage_option = spec_.usage_option;
        out_.connections_max = static_cast<std::size_t>(spec_.max_connections);
        out_.ca = reader_.source().resolved(spec_.ca);
        out_.insecure = spec_.insecure;
        return std::move(out_);
    }

    SettingsReader& reader_;
    const ProviderSpec& spec_;
    const ProviderKind& kind_;
    ProviderSettings out_;
};

/// The built-in one, if it is not disabled.
[[nodiscard]] std::optional<ProviderSettings> make_sandbox(
    SettingsReader& reader, const std::vector<ProviderSpec>& specs) {
    const auto spec = std::find_if(
        specs.begin(), specs.end(), [](const ProviderSpec& s) { return s.name == kSandbox; });
    if (spec != specs.end()) {
        for (const SettingsEntry& entry : spec->place.node->entries) {
            if (entry.key != "enabled") {
                reader.problem(
                    spec->place.child(entry),
                    "cannot be set: the provider sandbox is built in; allowed is enabled");
            }
        }
        if (!spec->enabled) {
            return std::nullopt;
        }
    }
    ProviderSettings sandbox;
    sandbox.name = kSandbox;
    sandbox.kind = "openai";
    sandbox.sandbox = true;
    return sandbox;
}

/// Where a provider is that the environment alone describes; empty when it does not say.
[[nodiscard]] std::string public_base_url(const SettingsSource& source, const ProviderKind& kind) {
    if (kind.name == "azure") {
        return without_trailing_slash(variable(source, "AZURE_OPENAI_ENDPOINT"));
    }
    if (kind.name == "bedrock") {
        const std::string region = variable(source, "AWS_REGION");
        return gateway::regional_base_url(
            kind.name, region.empty() ? variable(source, "AWS_DEFAULT_REGION") : region);
    }
    return std::string(kind.base_url);
}

/// The providers whose vendors' variables are set.
void add_from_environment(
    SettingsReader& reader, const SettingsPlace& root, std::vector<ProviderSettings>& providers) {
    for (const ProviderKind& kind : provider_kinds()) {
        std::string key = variable(reader.source(), kind.key_variable);
        key = key.empty() ? variable(reader.source(), kind.other_variable) : std::move(key);
        const std::string base_url = public_base_url(reader.source(), kind);
        if (key.empty() || base_url.empty()) {
            continue;
        }
        const SettingsPlace place = root.at("providers");
        if (const auto checked = credential_setting().parse(key); !checked) {
            reader.problem(
                place,
                "takes " + std::string(kind.key_variable) + ", which " + checked.error().detail());
            continue;
        }
        ProviderSettings provider;
        provider.name = kind.name;
        provider.kind = kind.name;
        provider.base_url = base_url;
        provider.api_key = std::move(key);
        if (kind.name == "azure") {
            provider.api_version = variable(reader.source(), "OPENAI_API_VERSION");
        }
        provider.models.assign(kind.models.begin(), kind.models.end());
        providers.push_back(std::move(provider));
    }
}

}  // namespace

std::vector<ProviderSettings> make_providers(
    SettingsReader& reader, const SettingsPlace& root, const std::vector<ProviderSpec>& specs) {
    std::vector<ProviderSettings> providers;
    bool has_own = false;
    for (const ProviderSpec& spec : specs) {
        if (spec.name == kSandbox) {
            continue;
        }
        has_own = true;
        if (auto provider = ProviderMaker(reader, spec).make()) {
            providers.push_back(std::move(*provider));
        }
    }
    if (!has_own) {
        add_from_environment(reader, root, providers);
    }
    if (auto sandbox = make_sandbox(reader, specs)) {
        providers.push_back(std::move(*sandbox));
    }
    if (providers.empty()) {
        reader.warning(root.at("providers"), "leaves no provider on: no request can be answered");
    }
    return providers;
}

}  // namespace pulse::app
