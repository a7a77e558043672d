#pragma once

#include "storage/records.h"

/// The fields of a record in the order of their bits in the spool's format (docs/formats/spool.md):
/// one list for writing, reading, measuring and cutting. **Append only**: a field's place is its
/// name on disk. Words are values of enumerations, a byte each.
namespace pulse::storage::detail {

/// Bits of `Usage`, wherever it stands.
template <class UsageLike, class Visitor>
void visit_usage(UsageLike& usage, Visitor& visit) {
    visit(usage.input_uncached);
    visit(usage.cached_read);
    visit(usage.cache_write_5m);
    visit(usage.cache_write_1h);
    visit(usage.cache_write_unsplit);
    visit(usage.output_total);
    visit(usage.of_which_reasoning);
    visit(usage.of_input_audio);
    visit(usage.of_input_image);
    visit(usage.of_input_video);
    visit(usage.of_cached_audio);
    visit(usage.of_output_audio);
    visit(usage.of_output_image);
    visit(usage.input_audio_extra);
    visit(usage.web_search_requests);
}

/// Behind them, what is no token.
template <class UsageLike, class Visitor>
void visit_quantities(UsageLike& usage, Visitor& visit) {
    visit(usage.search_units);
    visit(usage.web_fetch_requests);
    visit(usage.file_search_calls);
    visit(usage.code_sessions);
    visit(usage.citation_tokens);
    visit(usage.images);
    visit(usage.audio_seconds);
    visit(usage.characters);
}

template <class Record, class Visitor>
void visit_request_words(Record& record, Visitor& visit) {
    visit(record.dialect);
    visit(record.api);
    visit(record.outcome);
    visit(record.usage_source);
}

template <class Record, class Visitor>
void visit_request_numbers(Record& record, Visitor& visit) {
    visit(record.status);
    visit(record.latency_us);
    visit(record.ttft_us);
    visit(record.overhead_us);
    visit(record.estimated_cost);
    visit(record.cost);
    visit(record.stated_cost);
    visit_usage(record.usage, visit);
    visit_quantities(record.usage, visit);
}

template <class Record, class Visitor>
void visit_request_texts(Record& record, Visitor& visit) {
    visit(record.key_id);
    visit(record.org);
    visit(record.team);
    visit(record.project);
    visit(record.user);
    visit(record.app);
    visit(record.client);
    visit(record.end_user);
    visit(record.tags_json);
    visit(record.provider);
    visit(record.model_requested);
    visit(record.model_served);
    visit(record.service_tier);
    visit(record.finish_reason);
    visit(record.error_code);
    visit(record.cost_status);
    visit(record.price_version);
    visit(record.trace_id);
    visit(record.request_id_provider);
    visit(record.request_id_caller);
    visit(record.object_id);
    visit(record.region);
    visit(record.hold);
}

template <class Attempt, class Visitor>
void visit_attempt_words(Attempt& attempt, Visitor& visit) {
    visit(attempt.outcome);
    visit(attempt.usage_source);
}

template <class Attempt, class Visitor>
void visit_attempt_numbers(Attempt& attempt, Visitor& visit) {
    visit(attempt.status);
    visit(attempt.latency_us);
    visit(attempt.cost);
    visit_usage(attempt.usage, visit);
    visit(attempt.is_price_missing);
    visit_quantities(attempt.usage, visit);
}

template <class Attempt, class Visitor>
void visit_attempt_texts(Attempt& attempt, Visitor& visit) {
    visit(attempt.provider);
    visit(attempt.model);
    visit(attempt.cost_status);
}

/// What follows a request's head, and a whole attempt, as they stand in the bytes. A coder has
/// words(), numbers() and texts(), and each takes a function that hands its fields to a visitor.
template <class Record, class Coder>
void code_request(Record& record, Coder& coder) {
    coder.numbers([&record](auto& visit) { visit_request_numbers(record, visit); });
    coder.texts([&record](auto& visit) { visit_request_texts(record, visit); });
}

template <class Attempt, class Coder>
void code_attempt(Attempt& attempt, Coder& coder) {
    coder.words([&attempt](auto& visit) { visit_attempt_words(attempt, visit); });
    coder.numbers([&attempt](auto& visit) { visit_attempt_numbers(attempt, visit); });
    coder.texts([&attempt](auto& visit) { visit_attempt_texts(attempt, visit); });
}

}  // namespace pulse::storage::detail
