#include "app/config/config_spec.h"
#include "app/config/setting_types.h"

namespace pulse::app {
namespace {

constexpr Between<std::size_t> kLine{0, 1'000};
constexpr Between<std::size_t> kName{1, 200};

}  // namespace

SettingsTable<ModelSpec> model_table() {
    constexpr std::string_view kLater = "is not served by this version yet; allowed is fallback";
    SettingsTable<TargetSpec> target;
    target.value(
        "provider",
        [](auto& x) -> auto& { return x.provider; },
        text_setting(kName),
        {.doc = "A name of `providers`.", .required = true});
    target.value(
        "model",
        [](auto& x) -> auto& { return x.model; },
        text_setting(kName),
        {.doc = "Its name there.", .required = true});
    target.value(
        "weight",
        [](auto& x) -> auto& { return x.weight; },
        count_setting({0, 1'000'000}),
        {.doc = "For strategy weighted."});
    SettingsTable<ModelSpec> retry;
    retry.value(
        "attempts",
        [](auto& m) -> auto& { return m.retry.attempts; },
        count_setting({1, 10}),
        {.doc = "All together."});
    retry.list(
        "on",
        [](auto& m) -> auto& { return m.retry.on; },
        choice_setting<std::string>(
            {{"408", "408"},
             {"409", "409"},
             {"429", "429"},
             {"500", "500"},
             {"502", "502"},
             {"503", "503"},
             {"504", "504"},
             {"529", "529"},
             {"5xx", "5xx"},
             {"connect", "connect"},
             {"timeout", "timeout"}}),
        {.doc = "After what."});
    SettingsTable<ModelSpec> t;
    t.value(
        "strategy",
        [](auto& m) -> auto& { return m.strategy; },
        choice_setting<std::string>(
            {{"fallback", "fallback"},
             {"weighted", "weighted", kLater},
             {"least_latency", "least_latency", kLater},
             {"cheapest", "cheapest", kLater}}),
        {.doc = "How a target is chosen."});
    t.items(
        "targets",
        [](auto& m) -> auto& { return m.targets; },
        target,
        {.doc = "Where it leads.", .required = true});
    t.group("retry", retry, {.doc = "When another attempt is made."});
    t.value(
        "drop_unsupported",
        [](auto& m) -> auto& { return m.drop_unsupported; },
        switch_setting(),
        {.doc = "Drop fields that a target does not know instead of refusing the request."});
    t.part(
        "timeouts",
        [](auto& m) -> auto& { return m.timeouts; },
        "map",
        {.doc = "connect, first_byte, first_byte_buffered, idle, total and drain, where they "
                "differ from "
                "gateway.timeouts."});
    return t;
}

SettingsTable<BootstrapKeySpec> bootstrap_key_table() {
    SettingsTable<BootstrapKeySpec> t;
    t.value(
        "label",
        [](auto& k) -> auto& { return k.key.label; },
        text_setting(kName),
        {.doc = "For people.", .required = true});
    t.value(
        "key",
        [](auto& k) -> auto& { return k.key.key; },
        credential_setting(),
        {.doc = "sk-pulse- and at least 20 letters, digits, - or _.",
         .secret = true,
         .required = true});
    t.value(
        "org",
        [](auto& k) -> auto& { return k.key.org; },
        text_setting(kLine),
        {.doc = "Organisation."});
    t.value(
        "team", [](auto& k) -> auto& { return k.key.team; }, text_setting(kLine), {.doc = "Team."});
    t.value(
        "project",
        [](auto& k) -> auto& { return k.key.project; },
        text_setting(kLine),
        {.doc = "Project."});
    t.value(
        "user", [](auto& k) -> auto& { return k.key.user; }, text_setting(kLine), {.doc = "User."});
    t.value(
        "app", [](auto& k) -> auto& { return k.key.app; }, text_setting(kLine), {.doc = "App."});
    t.part(
        "policy",
        [](auto& k) -> auto& { return k.policy; },
        "map",
        {.doc = "What the key may do: docs/formats/policy.md."});
    return t;
}

}  // namespace pulse::app
