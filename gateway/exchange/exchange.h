#pragma once

#include "base/attribution.h"
#include "base/request_facts.h"
#include "gateway/paths/route.h"
#include "gateway/rating.h"
#include "gateway/realtime/session.h"
#include "gateway/worker_context.h"
#include "llm/answer_meter.h"
#include "llm/errors/error_body.h"
#include "llm/meter_reading.h"
#include "llm/openai/body_edit.h"
#include "llm/request/output_limit.h"
#include "llm/stream_ending.h"
#include "net/http/chunked.h"
#include "net/http/server_connection.h"
#include "net/http/upstream_pool.h"
#include "policy/access/access.h"
#include "policy/quota_store.h"
#include "pricing/cost/cost.h"
#include "pricing/tokens/estimate.h"
#include "storage/records.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::gateway {

struct CallerFields;

/// What a caller is told to wait where the policy store is away and does not say for how long.
inline constexpr std::chrono::milliseconds kStoreAwayRetry{1'000};

/// One request's life on one caller's connection; reused for the connection's next request. The
/// stages, and what leads on:
///
///   idle ── on_head ──> received ── on_request ──> admitting ── verdict ──> connecting ──
///   connection ──> sending sending ── sent ──> awaiting ── answer's head ──> buffering | relaying
///   | streaming ── whole ──> idle buffering, larger than answer_buffer ──> relaying any stage,
///   failed before an answer began ──> an error in the caller's dialect ──> idle streaming, broken
///   ──> an error event, no terminator ──> idle any stage, caller gone ──> draining (providers that
///   go on billing) | settled and destroyed
///
/// Whatever the end: usage → cost → row in the spool → settle → only then the answer's last bytes
/// (settle.cpp). Each stage has its file: authenticate, admit, send, receive, relay, stream,
/// settle, answer. Lives on one worker.
class Exchange final : public net::RequestHandler,
                       private net::ReadHandler,
                       private net::WriteHandler,
                       private net::ConnectionHandler,
                       private policy::VerdictHandler,
                       private policy::StandingHandler,
                       private DurableAnswer,
                       private RealtimeOwner {
public:
    Exchange(WorkerContext& worker, net::ServerConnection& connection);
    ~Exchange() override;
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    [[nodiscard]] Result<void> on_head(net::ServerConnection& connection) override;
    void on_request(net::ServerConnection& connection) override;
    void on_refused(net::ServerConnection& connection, const Error& error) override;
    void on_sent(net::ServerConnection& connection) override;
    void on_gone(net::ServerConnection& connection) override;
    void on_upgraded(
        net::ServerConnection& connection, net::Stream& stream, std::string_view early) override;
    void on_drain(net::ServerConnection& connection) override;

private:
    enum class Stage : std::uint8_t {
        idle,
        received,
        admitting,
        connecting,
        sending,
        awaiting,
        buffering,
        relaying,
        streaming,
        realtime,  ///< a WebSocket: realtime_ has both streams
        draining,  ///< the caller is gone, a stream is read on for its usage
        ending,    ///< settled; the last bytes wait for the disk (store.spool.durability: power)
    };

    /// What is known of the request at hand.
    struct Call {
        Uuid id;
        TimePoint now;
        SnapshotRef snapshot;
        Route route;
        const Provider* mounted = nullptr;  ///< the provider that the path names
        const policy::KeyRecord* key = nullptr;
        std::string_view key_text;
        const Attribution* attribution = nullptr;
        RequestFacts facts;
        Target target;
        policy::RequestRules rules;
        pricing::TokenEstimate tokens;
        std::int64_t input_guess = 0;  ///< before calibration
        Money ceiling;
        Money estimated_cost;
        policy::RateState rates;
        int hops = 0;
        int attempts = 0;
        int provider_status = 0;
        int status_sent = 0;
        bool is_preflight = false;
        bool has_room = false;          ///< in the spool, for the row
        bool has_journal_room = false;  ///< and for what is written before the provider is asked
        ContentLogging content = ContentLogging::none;
        storage::SpoolWriter::Mark row_mark = 0;  ///< behind the row
        bool is_admitted = false;
        std::string held_under;  ///< an allotment, or another id than its own; empty: its own
        bool asked_for_usage = false;
        bool caller_gone = false;
        bool soft_budget_passed = false;
        std::int64_t clamped_to = 0;  ///< the output limit that the budget can pay; 0: as asked
        std::int64_t clamped_from = 0;
        int clamps = 0;                  ///< tried
        bool is_downgraded = false;      ///< to the policies' downgrade_to
        bool is_counted = false;         ///< as a request: what it held was given back
        bool names_objects = false;      ///< of the provider's: no other can serve the call
        bool is_standing_asked = false;  ///< the policy store will answer with on_standing()
        bool retried = false;
        bool drops_usage_option = false;  ///< the provider named it in a refusal
        bool may_have_billed = false;     ///< the provider had the whole request
        SteadyTime whole_at;              ///< head and body were there
        SteadyTime asked_at;              ///< the policy store
        SteadyTime connect_at;
        SteadyTime connected_at;
        SteadyTime sent_at;
        SteadyTime first_byte_at;
        SteadyTime last_byte_at;
        SteadyTime settled_at;
        std::uint64_t sent_before =
            0;  ///< bytes the upstream connection had carried before this request
    };

    /// How far what is held covers a stream under a hard budget.
    struct Cover {
        bool is_watched = false;
        std::int64_t tokens = 0;     ///< of output that are paid for
        std::int64_t next_look = 0;  ///< in bytes of delivered text: no earlier can it be used up
        Money held;
        Uuid asked;  ///< for more, and the store has not answered
        Money more_asked;
        bool is_asking = false;
        std::vector<Uuid> more;                    ///< held beside the call's own
        std::vector<policy::ScopeLimits> budgets;  ///< of limits_: the call has been counted there
        std::vector<const policy::ScopeLimits*> scopes;  ///< of `budgets`
        bool is_looking = false;                         ///< at what a read brought
        bool is_refused = false;                         ///< there is no more
        bool is_over = false;                            ///< what comes is not shown any more
    };

    /// What a call used and what that costs.
    struct Settled {
        Usage usage;
        UsageSource source = UsageSource::none;
        bool is_free = false;  ///< `usage` was stated, and the provider bills nothing for this call
        pricing::CostTotal cost;      ///< of all
        pricing::CostTotal own_cost;  ///< of `usage` alone
        std::vector<pricing::CostTotal>
            extra_costs;  ///< of what other models did within the call, in order
    };

    // exchange.cpp
    /// The request's, its content coding removed; kBodyPadding bytes may be read behind it.
    [[nodiscard]] std::string_view body() const;
    [[nodiscard]] Result<void> inflate_body();

    // authenticate.cpp
    void begin(SteadyTime now);
    [[nodiscard]] Result<void> find_path();
    [[nodiscard]] Result<void> authenticate();
    [[nodiscard]] Result<void> find_key();
    [[nodiscard]] Error refuse_key();
    [[nodiscard]] std::string_view caller_address() const;
    [[nodiscard]] Result<void> read_attribution();
    [[nodiscard]] Result<void> take_room();

    // policies.cpp
    [[nodiscard]] Result<void> check_fixed_attribution(std::string_view field);
    [[nodiscard]] Result<void> check_own_scopes();
    [[nodiscard]] Result<void> find_policies();
    void find_limits();
    [[nodiscard]] policy::OnStoreFailure on_store_failure() const;
    [[nodiscard]] Result<void> check_policy();
    [[nodiscard]] Result<void> check_fallback_models() const;
    [[nodiscard]] Result<void> check_object_call() const;
    [[nodiscard]] Result<void> check_deferred() const;

    // admit.cpp
    void call_provider();
    [[nodiscard]] bool provider_counts_tokens();
    void admit();
    [[nodiscard]] Result<void> check_call();
    [[nodiscard]] Result<RequestFacts> read_facts();
    [[nodiscard]] Result<void> choose_target();
    [[nodiscard]] bool is_served_by(const Provider& provider) const;
    [[nodiscard]] std::string_view kind_of_path() const;
    void on_verdict(const policy::Verdict& verdict) override;
    void note_hold(const policy::Verdict& verdict);
    void refuse_by_verdict(const policy::Verdict& verdict);

    // afford.cpp
    [[nodiscard]] bool try_cheaper(const policy::Verdict& verdict);
    [[nodiscard]] bool downgrade(const policy::Verdict& verdict);
    [[nodiscard]] Result<void> take_target(const Target& target);
    void forget_requests();
    [[nodiscard]] bool clamp(Money affordable);
    [[nodiscard]] llm::ChatLimitName chat_limit_name() const;
    void append_budget_warnings(std::string& head) const;

    // cover.cpp
    void begin_cover();
    [[nodiscard]] std::int64_t covered_by(Money held) const;
    void check_cover();
    void ask_for_more();
    void ask_for(Money amount);
    void on_more_verdict(const policy::Verdict& verdict);
    void give_back_more();
    [[nodiscard]] bool must_end_uncovered() const;
    [[nodiscard]] bool read_on_uncovered();
    void end_uncovered();
    void finish_uncovered();

    // ceiling.cpp
    [[nodiscard]] Result<void> foresee();
    [[nodiscard]] pricing::Ceiling worst_case() const;

    // objects.cpp
    void check_objects();
    void check_unbilled(const std::vector<std::string>& ids);
    [[nodiscard]] Result<std::vector<std::string>> named_objects() const;
    void note_created(std::string_view id);
    void note_outputs(std::string_view body);
    [[nodiscard]] bool asks_for_deferred_work() const;
    [[nodiscard]] bool begins_deferred_work() const;
    [[nodiscard]] bool is_list() const;
    void answer_list(std::string_view body, const llm::MeterReading& reading);

    // realtime.cpp
    [[nodiscard]] Result<RequestFacts> read_realtime_facts();
    void append_realtime_target(std::string& target) const;
    void append_realtime_fields(std::string& head);
    void begin_realtime();
    void on_realtime_deadline();
    void on_transcription_model(std::string_view model) override;
    void on_bill(const RealtimeBill& bill) override;
    void allow_next(TimePoint now);
    void find_session_limits();
    void on_next_verdict(const policy::Verdict& verdict);
    void pay_owed();
    void write_realtime_row(
        const RealtimeBill& bill,
        std::string_view model,
        const pricing::CostTotal& cost,
        TimePoint now);
    void on_session_end(net::websocket::RelayEnd end) override;
    void end_realtime();

    // send.cpp
    void connect(net::UpstreamPool::Freshness freshness, SteadyTime now);
    void on_connection(Result<std::unique_ptr<net::UpstreamConnection>> connection) override;
    void send_request();
    [[nodiscard]] Result<void> build_head();
    [[nodiscard]] std::string_view model_in_body() const;
    void on_written(net::StreamStatus status) override;
    void await_answer();
    void upstream_failed(const Error& error);
    enum class Proof : std::uint8_t { none, not_processed };
    void no_answer(Proof proof);

    // receive.cpp
    void read_more();
    void on_read(net::StreamStatus status, std::size_t bytes) override;
    void on_head_bytes();
    void on_answer_head();
    void on_bytes(std::string_view bytes);
    void take_framed(std::string_view bytes);
    void on_body_end(net::StreamStatus status);
    void on_deadline();
    void arm_deadline(std::chrono::milliseconds limit);

    // relay.cpp
    void buffer_pieces();
    [[nodiscard]] bool keep_for_meter(std::string_view piece);
    void on_buffered_whole(std::string_view body);
    void send_buffered(std::string_view body, const Settled& settled);
    void answer_provider_error(std::string_view body, const llm::MeterReading& reading);
    [[nodiscard]] bool send_without_usage_option(std::string_view body);
    [[nodiscard]] bool must_be_json() const;
    [[nodiscard]] bool has_reader() const;
    [[nodiscard]] llm::AnswerSource answer_source() const;
    [[nodiscard]] llm::MeterReading read_whole(std::string_view body, llm::KeepText keep) const;
    void begin_relay();
    void relay_unmetered(std::size_t first_piece);
    void relay_pieces();
    void send_pieces(std::string_view tail, bool is_last);
    void release_upstream(bool is_reusable);

    // stream.cpp
    [[nodiscard]] llm::StreamFraming stream_framing() const;
    void begin_stream();
    void stream_pieces();
    void end_stream();
    void break_stream(const Error& error);

    // price.cpp
    [[nodiscard]] bool is_billed_call() const;
    [[nodiscard]] bool is_sound_call() const;
    void take_cut_output(const llm::MeterReading& reading, Settled& settled) const;
    [[nodiscard]] Settled price(const llm::MeterReading& reading) const;
    [[nodiscard]] std::string_view billed_tier(const llm::MeterReading& reading) const;
    [[nodiscard]] std::string_view billed_region(const llm::MeterReading& reading) const;
    [[nodiscard]] Payer payer() const;
    void calibrate(const Usage& usage) const;
    [[nodiscard]] Usage counted_usage(const llm::MeterReading& reading) const;
    void add_extra_attempts(
        const Settled& settled, const llm::MeterReading& reading, storage::Outcome outcome);

    // settle.cpp
    Settled settle(
        const llm::MeterReading& reading,
        storage::Outcome outcome,
        int status,
        std::string_view error_code);
    void settle_nothing(storage::Outcome outcome, int status, std::string_view error_code);
    void write_row(
        const Settled& settled,
        const llm::MeterReading& reading,
        storage::Outcome outcome,
        int status,
        std::string_view error_code);
    void describe_caller(storage::RequestRecord& record, std::string& tags) const;
    void end_attempt(storage::Outcome outcome, SteadyTime now);
    void count(const Settled& settled, int status);

    // journal.cpp
    void journal();
    void end_when_durable(net::ServerConnection::After after);
    void on_durable() override;

    // content.cpp
    [[nodiscard]] ContentLogging content_rule() const;
    void keep_content(std::string_view part);
    void log_content();

    // settle.cpp
    void abandon(storage::Outcome outcome);
    void end_drain();
    void end_call();

    // answer.cpp
    void answer_error(
        const Error& error,
        net::ServerConnection::After after = net::ServerConnection::After::keep_alive);
    void answer_local();
    void answer_preflight();
    void answer_json(int status, std::string_view body);
    void answer_models();
    [[nodiscard]] bool is_shown(const ListedModel& model) const;
    void answer_model_detail();
    void answer_key_standing();
    void on_standing(const Result<policy::Standing>& standing) override;
    void answer_request_lookup();

    // estimate.cpp
    void answer_estimate();
    void answer_token_count();
    void answer_counted(std::function<Result<std::string>(std::string_view body)> count);

    // answer.cpp
    void append_pulse_fields(std::string& head, const Settled* settled);
    void append_own_request_id(std::string& head);
    void append_provider_fields(std::string& head, CallerFields options);
    [[nodiscard]] bool has_cors() const;
    void append_own_cors_fields(std::string& head);
    void append_end_of_head(std::string& head);
    void send_whole(std::string_view body, net::ServerConnection::After after);

    [[nodiscard]] std::string_view model_label() const;
    [[nodiscard]] std::int64_t overhead_us(SteadyTime now) const;
    [[nodiscard]] net::UpstreamPool& pool() const;

    WorkerContext& worker_;
    net::ServerConnection& connection_;
    Stage stage_ = Stage::idle;
    Call call_;
    Attribution attribution_;                      ///< the caller's, when it differs from the key's
    std::vector<policy::AppliedPolicy> policies_;  ///< the key's own first
    std::vector<const policy::ScopeLimits*> limits_;  ///< known once the target is
    std::vector<policy::ScopeLimits>
        own_limits_;  ///< what limits_ points to where it is no directory's
    net::Timer deadline_;
    SteadyTime drain_until_;
    std::optional<TimePoint> resets_at_;  ///< of the limit that refused
    std::shared_ptr<bool> alive_ =
        std::make_shared<bool>(true);  ///< what look-ups on other threads ask before they answer

    // The provider's side.
    std::unique_ptr<net::UpstreamConnection> upstream_;
    std::vector<char> in_;  ///< read buffer, kBodyPadding behind what may be filled
    std::size_t filled_ = 0;
    net::ResponseHead answer_;
    std::string_view answer_type_;  ///< its content-type; lives as long as the head
    net::ChunkedDecoder decoder_;
    std::uint64_t body_left_ = 0;  ///< with BodyFraming::length
    bool is_body_whole_ = false;
    bool is_body_bad_ = false;
    bool is_stream_whole_ = false;  ///< it ended as its dialect's streams end
    bool is_in_place_ = false;      ///< the body is read into in_, behind the head
    bool is_metered_ = true;        ///< the body was kept whole for its meter
    bool has_excess_ =
        false;  ///< bytes behind the body: the connection cannot carry another request
    std::string answer_body_;  ///< a buffered answer that does not lie in in_; of a relayed one
                               ///< what is metered
    std::size_t charged_bytes_ = 0;            ///< of answer_body_, to the body budget
    std::vector<std::string_view> pieces_;     ///< body bytes of the last read, framing removed
    std::vector<std::string_view> forwarded_;  ///< of pieces_: what the caller is to see
    std::deque<std::string> carried_;          ///< what forwarded_ points into beside in_
    std::vector<std::string_view> outgoing_;
    char chunk_header_[20] = {};
    llm::AnswerMeter meter_;
    llm::EditedBody edited_;
    std::vector<llm::BodyChange> limit_changes_;  ///< that lower the body's output limit
    Cover cover_;
    llm::OpenPart open_part_;
    std::vector<storage::AttemptRecord>
        attempts_;  ///< of this request, those that ended and were not billed; last the one settled
    std::string inflated_body_;        ///< with its padding; empty: the body had no coding
    std::size_t inflated_charge_ = 0;  ///< to the body budget
    std::string path_model_;           ///< the name that the path holds, decoded
    std::string native_target_;        ///< path and query at the provider
    std::string created_object_;       ///< that the answer at hand says was made
    std::string unescaped_model_;
    std::string out_head_;
    std::string tail_;
    bool is_acquiring_ = false;  ///< inside UpstreamPool::acquire()
    std::string logged_answer_;  ///< up to logging.content_limit
    bool is_logged_answer_cut_ = false;
    std::string held_body_;  ///< of an answer that waits for the disk, where it lies nowhere else
    net::ServerConnection::After after_ = net::ServerConnection::After::keep_alive;
    bool is_head_sent_ = false;
    bool is_chunked_out_ = false;
    bool has_length_out_ = false;

    Uuid hold_;  ///< what the quota store knows the call by, just now

    // A realtime session.
    bool is_next_asked_ = false;  ///< the store has not said whether the session may go on
    Money owed_;                  ///< of bills meanwhile
    std::int64_t owed_tokens_ = 0;
    std::unique_ptr<RealtimeSession> realtime_;
    SnapshotRef key_snapshot_;        ///< that call_.key is of, when it is newer than the call
    std::string realtime_key_;        ///< of the handshake with the provider
    std::string realtime_protocols_;  ///< offered to the provider
    bool has_bill_room_ = false;      ///< in the spool, for what is billed next
};

}  // namespace pulse::gateway
