// What providers say of deferred work: the half of DeferredWorkPoller that asks them.
#include "app/serve/deferred_work.h"
#include "app/serve/provider_fetch.h"
#include "base/log.h"
#include "llm/answer_meter.h"
#include "llm/objects/object_references.h"
#include "llm/openai/request_reader.h"
#include "net/auth/percent.h"
#include "storage/tables/deferred.h"

#include <algorithm>
#include <cctype>

namespace pulse::app {

namespace {

using llm::DeferredShape;

constexpr long kUnauthorized = 401;
constexpr long kNotFound = 404;
constexpr long kGone = 410;
constexpr int kOk = 200;
constexpr std::chrono::seconds kObjectTimeout{30};
constexpr std::chrono::minutes kOutputTimeout{30};
/// An output is read while the work is claimed for so long.
constexpr std::chrono::minutes kOutputLease{35};
constexpr std::size_t kObjectBytesMax = std::size_t{64} << 20;
constexpr std::size_t kOutputBytesMax = std::size_t{8} << 30;
constexpr int kPagesMax = 10'000;
/// An object that is not there: not yet, for a moment, or not any more.
constexpr std::chrono::minutes kGoneAfter{10};

[[nodiscard]] bool is_success(long status) {
    return status >= 200 && status < 300;
}

[[nodiscard]] std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    return text;
}

[[nodiscard]] std::string path_of(DeferredShape shape, const storage::DeferredWork& work) {
    std::string path = shape == DeferredShape::anthropic_batch ? "/v1/messages/batches/"
                       : shape != DeferredShape::background    ? "/batches/"
                       : work.api == Api::interactions         ? "/interactions/"
                                                               : "/responses/";
    net::append_percent_encoded(path, work.object_id);
    return path;
}

void pad(std::string& body) {
    body.reserve(body.size() + llm::kBodyPadding);
}

/// A response or an interaction that is done: its answer is the object.
[[nodiscard]] DeferredEnd end_of_answer(
    const gateway::Provider& provider,
    const storage::RequestRecord& maker,
    const llm::DeferredObject& object,
    std::string_view body) {
    const llm::MeterReading reading = llm::read_answer(
        {.provider_kind = provider.kind,
         .api = maker.api,
         .content_type = "application/json",
         .model = maker.model_requested},
        {},
        body);
    DeferredEnd end;
    end.status = kOk;
    end.finish_reason = object.status;
    end.tier =
        reading.service_tier.empty() ? std::string(maker.service_tier) : reading.service_tier;
    end.stated_cost = reading.stated_cost;
    if (object.has_failed) {
        end.outcome = storage::Outcome::provider_error;
        end.error_code = "response_" + lower(object.status);
    }
    if (!reading.usage_present && object.has_failed) {
        return end;
    }
    llm::ModelUse use{
        .model = reading.model,
        .usage = reading.usage,
        .answers = 1,
        .is_guess = !reading.usage_present || reading.inconsistent};
    for (const llm::ExtraUsage& extra : reading.extras) {
        if (extra.model.empty() || extra.model == reading.model) {
            llm::add_usage(use.usage, extra.usage);
        } else {
            end.models.push_back({.model = extra.model, .usage = extra.usage});
        }
    }
    end.models.push_back(std::move(use));
    return end;
}

/// "expired" of BATCH_STATE_EXPIRED.
[[nodiscard]] std::string short_status(const std::string& status) {
    const std::size_t at = status.find("_STATE_");
    return lower(at == std::string::npos ? status : status.substr(at + 7));
}

}  // namespace

Result<Fetched> DeferredWorkPoller::ask(
    const gateway::Provider& provider, Api api, std::string_view path, std::string_view query) {
    auto fetched = fetch_from(
        {.provider = provider,
         .address = {.api = api, .native_path = path, .query = query},
         .timeout = kObjectTimeout,
         .bytes_max = kObjectBytesMax,
         .cancelled = stopping_});
    if (fetched && fetched->status == kUnauthorized && provider.credential != nullptr) {
        provider.credential->refused();
    }
    return fetched;
}

std::optional<DeferredEnd> DeferredWorkPoller::find_end(
    const gateway::Provider& provider,
    const storage::DeferredWork& work,
    const storage::RequestRecord& maker) {
    const DeferredShape shape = llm::deferred_shape(maker.dialect, work.api, provider.kind);
    auto fetched = ask(provider, work.api, path_of(shape, work), {});
    const auto age = system_clock().now() - work.created_at;
    if (fetched && (fetched->status == kNotFound || fetched->status == kGone) && age > kGoneAfter) {
        DeferredEnd gone;
        gone.outcome = storage::Outcome::upstream_failed;
        gone.status = static_cast<int>(fetched->status);
        gone.error_code = "deferred_gone";
        return gone;
    }
    if (!fetched || !is_success(fetched->status)) {
        if (!stopping_) {
            log_warn(
                "deferred work cannot be looked at now",
                {{"provider", work.provider},
                 {"object", work.object_id},
                 {"error",
                  fetched ? "status " + std::to_string(fetched->status)
                          : fetched.error().detail()}});
        }
        return std::nullopt;
    }
    pad(fetched->body);
    const auto object = llm::read_deferred_object(shape, fetched->body);
    if (!object || !object->is_done) {
        return std::nullopt;
    }
    return shape == DeferredShape::background
               ? end_of_answer(provider, maker, *object, fetched->body)
               : read_batch(provider, work, maker, *object, fetched->body);
}

std::optional<DeferredEnd> DeferredWorkPoller::read_batch(
    const gateway::Provider& provider,
    const storage::DeferredWork& work,
    const storage::RequestRecord& maker,
    const llm::DeferredObject& object,
    const std::string& body) {
    const DeferredShape shape = llm::deferred_shape(maker.dialect, work.api, provider.kind);
    const std::string model =
        object.model.empty() ? std::string(maker.model_requested) : object.model;
    llm::BatchOutput output{
        {.shape = shape,
         .provider_kind = provider.kind,
         .item_api = object.item_api,
         .model = model}};
    if (!read_output(provider, work, {shape, object, body}, output)) {
        return std::nullopt;
    }
    DeferredEnd end;
    end.status = kOk;
    end.finish_reason = object.status;
    end.tier = "batch";
    end.models = output.models();
    end.stated_cost = output.stated_cost();
    const bool is_none_answered = output.answered() == 0 && output.failed() > 0;
    if (object.has_failed || is_none_answered) {
        end.outcome = storage::Outcome::provider_error;
        end.error_code =
            "batch_" + (object.has_failed ? short_status(object.status) : "requests_failed");
    }
    if (output.unreadable() > 0) {
        log_warn(
            "parts of a batch's output cannot be read, its cost is a lower bound",
            {{"provider", work.provider},
             {"object", work.object_id},
             {"unreadable", std::to_string(output.unreadable())}});
        for (llm::ModelUse& use : end.models) {
            use.is_guess = true;
        }
    }
    return end;
}

/// False: to be tried again.
bool DeferredWorkPoller::read_output(
    const gateway::Provider& provider,
    const storage::DeferredWork& work,
    const OutputPlace& place,
    llm::BatchOutput& output) {
    const auto& [shape, object, body] = place;
    static_cast<void>(storage::postpone_deferred(database_->session(), work, system_clock().now() + kOutputLease));
    std::string path;
    std::string query;
    if (shape == DeferredShape::xai_batch) {
        return !object.has_results || read_pages(provider, work, output);
    }
    if (shape == DeferredShape::anthropic_batch) {
        path = object.has_results ? path_of(shape, work) + "/results" : "";
    } else if (!object.output_file.empty()) {
        const bool is_gemini = shape == DeferredShape::gemini_batch;
        path = "/files/";
        net::append_percent_encoded(path, llm::object_id_of(object.output_file));
        path += is_gemini ? ":download" : "/content";
        query = is_gemini ? "alt=media" : "";
    } else if (shape == DeferredShape::gemini_batch) {
        return output.read_page(body).has_value();
    }
    if (path.empty()) {
        return true;  // it ended without any
    }
    const Api api = shape == DeferredShape::anthropic_batch ? work.api : Api::files;
    return is_success(read_lines(provider, api, path, query, output));
}

long DeferredWorkPoller::read_lines(
    const gateway::Provider& provider,
    Api api,
    std::string_view path,
    std::string_view query,
    llm::BatchOutput& output) {
    const auto fetched = fetch_from(
        {.provider = provider,
         .address = {.api = api, .native_path = path, .query = query},
         .timeout = kOutputTimeout,
         .bytes_max = kOutputBytesMax,
         .cancelled = stopping_,
         .on_bytes = [&output](std::string_view bytes) {
             output.feed(bytes);
         }});
    const long status = fetched ? fetched->status : 0;
    if (is_success(status)) {
        output.feed_end();
    } else if (!stopping_) {
        log_warn(
            "the output of a batch cannot be read now",
            {{"provider", provider.name},
             {"path", std::string(path)},
             {"error", fetched ? "status " + std::to_string(status) : fetched.error().detail()}});
    }
    return status;
}

bool DeferredWorkPoller::read_pages(
    const gateway::Provider& provider,
    const storage::DeferredWork& work,
    llm::BatchOutput& output) {
    const std::string path = path_of(DeferredShape::xai_batch, work) + "/results";
    std::string query = "limit=100";
    for (int page = 0; page < kPagesMax; ++page) {
        auto fetched = ask(provider, work.api, path, query);
        if (!fetched || !is_success(fetched->status)) {
            return false;
        }
        const auto next = output.read_page(fetched->body);
        if (!next || next->empty()) {
            return next.has_value();
        }
        query = "limit=100&pagination_token=";
        net::append_percent_encoded(query, *next);
    }
    return false;
}

}  // namespace pulse::app
