#include "gateway/estimate/call_estimate.h"

#include "llm/openai/prompt_reader.h"
#include "llm/openai/request_reader.h"
#include "pricing/cost/cost.h"
#include "pricing/tokens/encoding.h"
#include "pricing/tokens/estimate.h"
#include "pricing/tokens/prompt_tokens.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace pulse::gateway {

namespace json = boost::json;

namespace {

/// `input` belongs to embeddings and to the Responses API: the model says to which.
[[nodiscard]] Api prompt_api(const EstimateAsk& ask, const Target& target) {
    const pricing::Model* const model = target.found.model;
    const bool is_embedding = model != nullptr && model->mode == "embedding";
    return ask.api.value_or(is_embedding ? Api::embeddings : Api::chat_completions);
}

[[nodiscard]] json::value encoding_name(std::string_view model) {
    const auto encoding = pricing::encoding_of(model);
    return encoding ? json::value(pricing::to_string(*encoding)) : json::value(nullptr);
}

}  // namespace

Result<std::optional<Api>> api_of_estimate(std::string_view query) {
    constexpr std::string_view kName = "api=";
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        if (pair.starts_with(kName)) {
            for (const Api api : {Api::chat_completions, Api::completions, Api::embeddings}) {
                if (pair.substr(kName.size()) == to_string(api)) {
                    return std::optional(api);
                }
            }
            return Error(
                       Errc::invalid_request,
                       "`?api=` takes chat.completions, completions or embeddings.")
                .with_param("api");
        }
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    }
    return std::optional<Api>{};
}

Result<std::string> estimate_call(const EstimateAsk& ask) {
    auto read = llm::read_openai_request(ask.api.value_or(Api::chat_completions), ask.body);
    if (!read) {
        return read.error();
    }
    const std::string model = llm::plain_model(*read);
    const auto target = ask.routes.find(model);
    if (!target) {
        return target.error();
    }
    RequestFacts& facts = *read;
    facts.api = prompt_api(ask, *target);
    const auto prompt = llm::read_openai_prompt(facts.api, ask.body);
    if (!prompt) {
        return prompt.error();
    }
    const pricing::PromptTokens counted = pricing::count_prompt(*prompt, target->model);
    const pricing::TokenEstimate bounds = pricing::estimate_tokens(facts, target->found);
    const std::int64_t input_max = std::max(bounds.input_max, counted.tokens);
    const auto tier =
        pricing::parse_service_tier(facts.service_tier).value_or(pricing::ServiceTier::standard);
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
         .overrides = &agreed,
         .subject = subject});
    const Money worst = pricing::ceiling_of(
        {.found = target->found,
         .input_tokens_max = input_max,
         .output_tokens_max = bounds.output_max,
         .answers = facts.answers,
         .tier = tier,
         .at = ask.at,
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
