#include "gateway/estimate/call_estimate.h"

#include "gateway/paths/query.h"
#include "llm/anthropic/prompt_reader.h"
#include "llm/openai/prompt_reader.h"
#include "llm/openai/request_reader.h"
#include "llm/request/native_request.h"
#include "net/auth/percent.h"
#include "pricing/cost/cost.h"
#include "pricing/cost/priced_as.h"
#include "pricing/tokens/encoding.h"
#include "pricing/tokens/estimate.h"
#include "pricing/tokens/prompt_tokens.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace pulse::gateway {

namespace json = boost::json;

namespace {

/// `input` belongs to embeddings and to the Responses API: the model says to which.
[[nodiscard]] Api prompt_api(const EstimateAsk& ask, const Target& target) {
    const pricing::Model* const model = target.found.model;
    const bool is_embedding = model != nullptr && model->mode == "embedding";
    return ask.api.value_or(is_embedding ? Api::embeddings : Api::chat_completions);
}

struct DialectOfApi {
    Api api;
    Dialect dialect;
};
constexpr std::array kApis{
    DialectOfApi{Api::chat_completions, Dialect::openai},
    DialectOfApi{Api::completions, Dialect::openai},
    DialectOfApi{Api::embeddings, Dialect::openai},
    DialectOfApi{Api::responses, Dialect::openai},
    DialectOfApi{Api::messages, Dialect::anthropic},
    DialectOfApi{Api::generate_content, Dialect::gemini},
    DialectOfApi{Api::converse, Dialect::bedrock},
    DialectOfApi{Api::cohere_chat, Dialect::cohere},
};

[[nodiscard]] Dialect dialect_of(Api api) {
    for (const DialectOfApi& entry : kApis) {
        if (entry.api == api) {
            return entry.dialect;
        }
    }
    return Dialect::openai;
}

/// Nothing for dialects whose prompts have no reader.
[[nodiscard]] Result<std::optional<Prompt>> read_prompt(
    Api api, Dialect dialect, std::string_view body) {
    if (dialect == Dialect::openai) {
        auto prompt = llm::read_openai_prompt(api, body);
        return prompt ? Result<std::optional<Prompt>>(*std::move(prompt)) : prompt.error();
    }
    if (dialect == Dialect::anthropic) {
        auto read = llm::read_anthropic_prompt(body);
        return read ? Result<std::optional<Prompt>>(std::move(read->prompt)) : read.error();
    }
    return std::optional<Prompt>{};
}

[[nodiscard]] json::value encoding_name(std::string_view model) {
    const auto encoding = pricing::encoding_of(model);
    return encoding ? json::value(pricing::to_string(*encoding)) : json::value(nullptr);
}

}  // namespace

Result<std::optional<Api>> api_of_estimate(std::string_view query) {
    const std::string_view name = query_value(query, "api");
    if (name.data() == nullptr) {
        return std::optional<Api>{};
    }
    for (const DialectOfApi& entry : kApis) {
        if (name == to_string(entry.api)) {
            return std::optional(entry.api);
        }
    }
    return Error(
               Errc::invalid_request,
               "`?api=` takes chat.completions, completions, embeddings, responses, messages, "
               "generateContent, converse or "
               "chat.")
        .with_param("api");
}

std::string model_of_estimate(std::string_view query) {
    std::string model;
    net::append_percent_decoded(model, query_value(query, "model"));
    return model;
}

Result<EstimateFacts> read_estimate_facts(const EstimateAsk& ask) {
    const Api api = ask.api.value_or(Api::chat_completions);
    EstimateFacts out;
    out.dialect = dialect_of(api);
    auto read = out.dialect == Dialect::openai
                    ? llm::read_openai_request(
                          api,
                          ask.body,
                          ask.model.empty() ? llm::PathNamesModel::no : llm::PathNamesModel::yes)
                    : llm::read_native_request(out.dialect, api, ask.body);
    if (!read) {
        return read.error();
    }
    out.facts = *read;
    out.model = out.facts.model.empty() ? ask.model : llm::plain_model(out.facts);
    if (out.model.empty()) {
        return Error(
                   Errc::invalid_request,
                   "The body of this API names no model: say it as `?model=`.")
            .with_param("model");
    }
    return out;
}

Result<std::string> estimate_call(const EstimateAsk& ask) {
    auto read = read_estimate_facts(ask);
    if (!read) {
        return read.error();
    }
    const auto target = ask.routes.find(read->model, read->dialect);
    if (!target) {
        return target.error();
    }
    RequestFacts& facts = read->facts;
    facts.model = read->model;
    if (read->dialect == Dialect::openai) {
        facts.api = prompt_api(ask, *target);
    }
    const auto prompt = read_prompt(facts.api, read->dialect, ask.body);
    if (!prompt) {
        return prompt.error();
    }
    // Where no reader knows the prompt's text, its size tells.
    const pricing::PromptTokens counted =
        *prompt ? pricing::count_prompt(**prompt, target->model)
                : pricing::PromptTokens{
                      .tokens = pricing::estimate_tokens(facts, target->found).input,
                      .basis = pricing::CountBasis::approximated};
    const pricing::TokenEstimate bounds = pricing::estimate_tokens(facts, target->found);
    const std::int64_t input_max = std::max(bounds.input_max, counted.tokens);
    const auto tier =
        pricing::parse_service_tier(pricing::priced_tier(facts.service_tier, facts.speed))
            .value_or(pricing::ServiceTier::standard);
    const std::string_view region =
        pricing::priced_region(facts.inference_geo, target->provider->price_region);
    Usage expected;
    expected.input_uncached = counted.tokens;
    expected.output_total = bounds.output;
    const pricing::OverrideSet& agreed = ask.routes.catalog().overrides();
    const pricing::Subject subject =
        subject_of(ask.payer, *target->provider, target->found, target->model);
    const pricing::CostTotal cost = pricing::total_cost_of(
        {.found = target->found,
         .usage = expected,
         .tier = tier,
         .at = ask.at,
         .region = region,
         .overrides = &agreed,
         .subject = subject});
    const Money worst = pricing::ceiling_of(
        {.found = target->found,
         .input_tokens_max = input_max,
         .output_tokens_max = bounds.output_max,
         .answers = facts.answers,
         .tier = tier,
         .at = ask.at,
         .region = region,
         .overrides = &agreed,
         .subject = subject});
    const json::object answer{
        {"object", "pulse.estimate"},
        {"provider", target->provider->name},
        {"model", target->model},
        {"tokens",
         {{"input", counted.tokens},
          {"input_basis", pricing::to_string(counted.basis)},
          {"encoding", encoding_name(target->model)},
          {"input_max", input_max},
          {"output_expected", bounds.output},
          {"output_max", bounds.output_max * facts.answers}}},
        {"cost",
         {{"expected", cost.total.to_string()},
          {"worst_case", worst.to_string()},
          {"currency", "USD"},
          {"status", pricing::to_string(cost.status)}}},
        {"price_version", ask.routes.catalog().version()}};
    return json::serialize(answer);
}

}  // namespace pulse::gateway
