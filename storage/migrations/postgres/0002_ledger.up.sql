-- What happened and what it cost. Money is numeric(38, 12) of `currency`: sum() is exact. NULL means "not said".
-- The log and its attempts are partitioned by day, cost events by month: retention detaches and drops a partition. They are
-- made ahead (storage/postgres/partitions.h); what has no partition lands in the default one and is moved. No foreign keys
-- from one of them to another, nor to price_version: docs/decisions/0011.

-- Each price version that a row was rated with.
CREATE TABLE price_version (
    id            text        NOT NULL PRIMARY KEY CHECK (id <> ''),
    first_used_at timestamptz NOT NULL
);

-- One row per request. `id` is a version-7 UUID; `ts` is the time in it, so the same id always has the same one.
CREATE TABLE ai_request_log (
    id                  uuid        NOT NULL,
    ts                  timestamptz NOT NULL,
    key_id              text        NOT NULL CHECK (key_id <> ''),
    org                 text,
    team                text,
    project             text,
    "user"              text,
    app                 text,
    client              text,
    end_user            text,
    tags                jsonb,
    dialect             text        NOT NULL,
    api                 text        NOT NULL,
    stream              boolean     NOT NULL,
    sandbox             boolean     NOT NULL,
    provider            text,
    model_requested     text,
    model_served        text,
    service_tier        text,
    finish_reason       text,
    attempts            integer     NOT NULL CHECK (attempts >= 0),
    status              integer     NOT NULL CHECK (status = 0 OR status BETWEEN 100 AND 599),
    outcome             text        NOT NULL CHECK (outcome IN ('answered', 'refused', 'provider_error', 'upstream_failed', 'cut', 'caller_gone', 'internal_error')),
    error_code          text,
    input_uncached      bigint      NOT NULL CHECK (input_uncached >= 0),
    cached_read         bigint      NOT NULL CHECK (cached_read >= 0),
    cache_write_5m      bigint      NOT NULL CHECK (cache_write_5m >= 0),
    cache_write_1h      bigint      NOT NULL CHECK (cache_write_1h >= 0),
    cache_write_unsplit bigint      NOT NULL CHECK (cache_write_unsplit >= 0),
    output_total        bigint      NOT NULL CHECK (output_total >= 0),
    of_which_reasoning  bigint      NOT NULL CHECK (of_which_reasoning >= 0),
    of_input_audio      bigint      NOT NULL CHECK (of_input_audio >= 0),
    of_input_image      bigint      NOT NULL CHECK (of_input_image >= 0),
    of_input_video      bigint      NOT NULL CHECK (of_input_video >= 0),
    of_cached_audio     bigint      NOT NULL CHECK (of_cached_audio >= 0),
    of_output_audio     bigint      NOT NULL CHECK (of_output_audio >= 0),
    of_output_image     bigint      NOT NULL CHECK (of_output_image >= 0),
    input_audio_extra   bigint      NOT NULL CHECK (input_audio_extra >= 0),
    web_search_requests bigint      NOT NULL CHECK (web_search_requests >= 0),
    usage_source        text        NOT NULL CHECK (usage_source IN ('none', 'provider', 'counted', 'estimated')),
    estimated_cost      numeric(38, 12) NOT NULL CHECK (estimated_cost >= 0),
    cost                numeric(38, 12) NOT NULL CHECK (cost >= 0),
    cost_status         text        CHECK (cost_status IN ('exact', 'derived', 'estimated', 'unpriced')),
    stated_cost         numeric(38, 12),
    currency            text        NOT NULL CHECK (length(currency) = 3),
    price_version       text,
    latency_us          bigint      NOT NULL CHECK (latency_us >= 0),
    ttft_us             bigint      CHECK (ttft_us >= 0),
    overhead_us         bigint      NOT NULL CHECK (overhead_us >= 0),
    trace_id            text,
    request_id_provider text,
    request_id_caller   text,
    PRIMARY KEY (id, ts)
) PARTITION BY RANGE (ts);
CREATE TABLE ai_request_log_default PARTITION OF ai_request_log DEFAULT;

-- Per-key history and, without touching the rows, per-key sums of cost: what budgets are restored from.
CREATE INDEX ai_request_log_key ON ai_request_log (key_id, ts) INCLUDE (cost);

-- One row per upstream attempt of a request, counted from 1. `ts` is its request's.
CREATE TABLE ai_request_attempt (
    request_id          uuid        NOT NULL,
    attempt             integer     NOT NULL CHECK (attempt >= 1),
    ts                  timestamptz NOT NULL,
    provider            text,
    model               text,
    status              integer     CHECK (status BETWEEN 100 AND 599),
    outcome             text        NOT NULL CHECK (outcome IN ('answered', 'refused', 'provider_error', 'upstream_failed', 'cut', 'caller_gone', 'internal_error')),
    input_uncached      bigint      NOT NULL CHECK (input_uncached >= 0),
    cached_read         bigint      NOT NULL CHECK (cached_read >= 0),
    cache_write_5m      bigint      NOT NULL CHECK (cache_write_5m >= 0),
    cache_write_1h      bigint      NOT NULL CHECK (cache_write_1h >= 0),
    cache_write_unsplit bigint      NOT NULL CHECK (cache_write_unsplit >= 0),
    output_total        bigint      NOT NULL CHECK (output_total >= 0),
    of_which_reasoning  bigint      NOT NULL CHECK (of_which_reasoning >= 0),
    of_input_audio      bigint      NOT NULL CHECK (of_input_audio >= 0),
    of_input_image      bigint      NOT NULL CHECK (of_input_image >= 0),
    of_input_video      bigint      NOT NULL CHECK (of_input_video >= 0),
    of_cached_audio     bigint      NOT NULL CHECK (of_cached_audio >= 0),
    of_output_audio     bigint      NOT NULL CHECK (of_output_audio >= 0),
    of_output_image     bigint      NOT NULL CHECK (of_output_image >= 0),
    input_audio_extra   bigint      NOT NULL CHECK (input_audio_extra >= 0),
    web_search_requests bigint      NOT NULL CHECK (web_search_requests >= 0),
    usage_source        text        NOT NULL CHECK (usage_source IN ('none', 'provider', 'counted', 'estimated')),
    cost                numeric(38, 12) NOT NULL CHECK (cost >= 0),
    cost_status         text        CHECK (cost_status IN ('exact', 'derived', 'estimated', 'unpriced')),
    latency_us          bigint      NOT NULL CHECK (latency_us >= 0),
    PRIMARY KEY (request_id, attempt, ts)
) PARTITION BY RANGE (ts);
CREATE TABLE ai_request_attempt_default PARTITION OF ai_request_attempt DEFAULT;

-- One row per thing that costs: an attempt that its provider bills (source 'AI'), later a line of a cloud's bill. Kept
-- for years where the log is kept for weeks.
CREATE TABLE cost_event (
    id               uuid        NOT NULL,
    occurred_at      timestamptz NOT NULL,
    org_id           text,
    source           text        NOT NULL CHECK (source <> ''),
    provider         text,
    service          text,
    resource_type    text,
    usage_type       text,
    account          text,
    region           text,
    team             text,
    project          text,
    app              text,
    client           text,
    "user"           text,
    model            text,
    quantity         numeric(38, 12) NOT NULL,
    unit             text        NOT NULL,
    amount           numeric(38, 12) NOT NULL,
    currency         text        NOT NULL CHECK (length(currency) = 3),
    net_amount       numeric(38, 12) NOT NULL,
    amortized_amount numeric(38, 12) NOT NULL,
    tags             jsonb,
    batch_id         text,
    request_id       uuid        CHECK (source <> 'AI' OR request_id IS NOT NULL),
    PRIMARY KEY (id, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE TABLE cost_event_default PARTITION OF cost_event DEFAULT;
CREATE INDEX cost_event_occurred_at ON cost_event USING brin (occurred_at) WITH (autosummarize = on);

-- How far each segment of a spool is in the tables above; written in the transaction that wrote the rows.
CREATE TABLE spool_checkpoint (
    segment  text   NOT NULL PRIMARY KEY,
    position bigint NOT NULL CHECK (position >= 0)
);
