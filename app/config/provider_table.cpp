#include "app/config/config_spec.h"
#include "app/config/provider_kinds.h"
#include "app/config/setting_types.h"

namespace pulse::app {
namespace {

constexpr Between<std::size_t> kLine{0, 1'000};
constexpr Between<std::size_t> kName{1, 200};

[[nodiscard]] SettingType<std::optional<Money>> price_setting() {
    const SettingType<Money> amount =
        money_setting(Money::from_pico(Int128{1'000'000} * 1'000'000'000'000));
    return {
        amount.name,
        [amount](std::string_view text) -> Result<std::optional<Money>> {
            const Result<Money> value = amount.parse(text);
            if (!value) {
                return value.error();
            }
            return std::optional<Money>(*value);
        },
        [](const std::optional<Money>& value) {
            return value ? value->to_string() : std::string{};
        }};
}

[[nodiscard]] SettingsTable<PriceSpec> price_table() {
    SettingsTable<PriceSpec> t;
    t.value(
        "input",
        [](auto& p) -> auto& { return p.input; },
        price_setting(),
        {.doc = "Input.", .required = true});
    t.value(
        "cached_input",
        [](auto& p) -> auto& { return p.cached_input; },
        price_setting(),
        {.doc = "Input read from the provider's cache."});
    t.value(
        "cache_write",
        [](auto& p) -> auto& { return p.cache_write; },
        price_setting(),
        {.doc = "Input written to the provider's cache."});
    t.value(
        "output", [](auto& p) -> auto& { return p.output; }, price_setting(), {.doc = "Output."});
    t.value(
        "reasoning_output",
        [](auto& p) -> auto& { return p.reasoning_output; },
        price_setting(),
        {.doc = "Reasoning, where it costs something else than output."});
    t.value(
        "input_audio",
        [](auto& p) -> auto& { return p.input_audio; },
        price_setting(),
        {.doc = "Audio input."});
    t.value(
        "output_audio",
        [](auto& p) -> auto& { return p.output_audio; },
        price_setting(),
        {.doc = "Audio output."});
    t.value(
        "input_image",
        [](auto& p) -> auto& { return p.input_image; },
        price_setting(),
        {.doc = "Image input."});
    return t;
}

void add_connection_rows(SettingsTable<ProviderSpec>& t) {
    using gateway::OnDisconnect;
    using gateway::UsageOptionRule;
    t.pairs(
        "headers",
        [](auto& p) -> auto& { return p.headers; },
        text_setting(kLine),
        {.doc = "Sent with every request. Values may be secrets.", .secret = true});
    t.list(
        "forward_headers",
        [](auto& p) -> auto& { return p.forward_headers; },
        forwarded_header_setting(),
        {.doc = "Further request headers of callers that pass."});
    t.value(
        "on_disconnect",
        [](auto& p) -> auto& { return p.on_disconnect; },
        choice_setting<OnDisconnect>(
            {{"by_kind", OnDisconnect::by_kind},
             {"cancel", OnDisconnect::cancel},
             {"drain", OnDisconnect::drain}}),
        {.doc =
             "When the caller is gone: end the provider's stream, or read it on for its usage."});
    t.value(
        "max_connections",
        [](auto& p) -> auto& { return p.max_connections; },
        count_setting({1, 100'000}),
        {.doc = "At once, of the whole process."});
    t.value(
        "usage_option",
        [](auto& p) -> auto& { return p.usage_option; },
        choice_setting<UsageOptionRule>(
            {{"auto", UsageOptionRule::automatic}, {"never", UsageOptionRule::never}}),
        {.doc = "Whether streams are asked for their usage."});
    t.value(
        "ca",
        [](auto& p) -> auto& { return p.ca; },
        path_setting(),
        {.doc = "PEM of authorities to trust instead of the system's."});
    t.value(
        "proxy",
        [](auto& p) -> auto& { return p.proxy; },
        empty_setting("URL", "is not served by this version yet; allowed is \"\""),
        {.doc = "An HTTP proxy on the way."});
    t.value(
        "insecure",
        [](auto& p) -> auto& { return p.insecure; },
        switch_setting(),
        {.doc = "Allow http:// to a host that is not this machine."});
}

void add_account_rows(SettingsTable<ProviderSpec>& t) {
    t.value(
        "api_version",
        [](auto& p) -> auto& { return p.api_version; },
        text_setting(kLine),
        {.doc = "Of kind azure; left out: its API without versions, /openai/v1."});
    t.pairs(
        "deployments",
        [](auto& p) -> auto& { return p.deployments; },
        text_setting(kLine),
        {.doc = "Of kind azure: model to deployment."});
    t.value(
        "region",
        [](auto& p) -> auto& { return p.region; },
        text_setting(kLine),
        {.doc = "Of kind bedrock its region, of kind vertex its location."});
    t.value(
        "project",
        [](auto& p) -> auto& { return p.project; },
        text_setting(kLine),
        {.doc = "Of kind vertex."});
    t.value(
        "credentials",
        [](auto& p) -> auto& { return p.credentials; },
        text_setting(kLine),
        {.doc = "Of kinds bedrock (environment, profile:NAME, container, instance) and vertex (environment, a "
                "file's path, metadata), where there is no api_key."});
}

[[nodiscard]] SettingType<std::string> kind_setting() {
    std::string name;
    for (const ProviderKind& kind : provider_kinds()) {
        name.append(name.empty() ? "" : " | ").append(kind.name);
    }
    return checked_setting(name, [](std::string_view text) -> Result<void> {
        if (text.empty() || find_provider_kind(text) != nullptr) {
            return {};
        }
        std::vector<std::string_view> allowed;
        for (const ProviderKind& kind : provider_kinds()) {
            allowed.push_back(kind.name);
        }
        return not_a_choice(allowed);
    });
}

}  // namespace

SettingsTable<ProviderSpec> provider_table() {
    SettingsTable<ProviderSpec> t;
    t.value(
        "enabled",
        [](auto& p) -> auto& { return p.enabled; },
        switch_setting(),
        {.doc = "false: as if it were not here."});
    t.value(
        "kind",
        [](auto& p) -> auto& { return p.kind; },
        kind_setting(),
        {.doc = "The API it speaks. Where it is left out: the entry's name if that is a kind, else openai."});
    t.value(
        "base_url",
        [](auto& p) -> auto& { return p.base_url; },
        text_setting(kLine),
        {.doc = "https, or http to this machine; where it is left out the kind's public one."});
    t.value(
        "api_key",
        [](auto& p) -> auto& { return p.api_key; },
        credential_setting(),
        {.doc = "An empty one switches the provider off. Where it is left out and base_url is the "
                "kind's public one, the "
                "vendor's own variable is taken.",
         .secret = true});
    t.list(
        "models",
        [](auto& p) -> auto& { return p.models; },
        text_setting(kName),
        {.doc = "Globs of the model names it serves."});
    add_connection_rows(t);
    t.entries(
        "prices",
        [](auto& p) -> auto& { return p.prices; },
        price_table(),
        {.doc = "USD per million tokens, by model name; \"*\" for any."});
    add_account_rows(t);
    return t;
}

}  // namespace pulse::app
