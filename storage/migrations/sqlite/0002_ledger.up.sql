-- What happened and what it cost. Money is exact decimal text (at most 12 places) of `currency`, summed by the
-- aggregate pulse_sum(); never by sum(), which computes in floats. NULL means "not said".
-- `amount || 'e0' < CAST(1.7e26 AS REAL)` holds for nothing but a plain decimal number that Pulse can compute with: what is
-- no number stays text, and text is greater than any number. A GLOB says less and costs three times as much.

-- Each price version that a row was rated with.
CREATE TABLE price_version (
    id            TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    first_used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per request. `id` is a version-7 UUID; `ts` is the time in it. With a rowid, unlike the tables around it: a row
-- this wide is cheaper to append to a table than to the b-tree of a key (measured: 6 % of all that a request costs here).
CREATE TABLE ai_request_log (
    id                  TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 36),
    ts                  INTEGER NOT NULL CHECK (ts >= 0),
    key_id              TEXT    NOT NULL CHECK (key_id <> ''),
    org                 TEXT,
    team                TEXT,
    project             TEXT,
    "user"              TEXT,
    app                 TEXT,
    client              TEXT,
    end_user            TEXT,
    tags                TEXT    CHECK (tags IS NULL OR json_valid(tags)),
    dialect             TEXT    NOT NULL,
    api                 TEXT    NOT NULL,
    stream              INTEGER NOT NULL CHECK (stream IN (0, 1)),
    sandbox             INTEGER NOT NULL CHECK (sandbox IN (0, 1)),
    provider            TEXT,
    model_requested     TEXT,
    model_served        TEXT,
    service_tier        TEXT,
    finish_reason       TEXT,
    attempts            INTEGER NOT NULL CHECK (attempts >= 0),
    status              INTEGER NOT NULL CHECK (status = 0 OR status BETWEEN 100 AND 599),
    outcome             TEXT    NOT NULL CHECK (outcome = 'answered' OR outcome = 'refused' OR outcome = 'provider_error' OR outcome = 'upstream_failed' OR outcome = 'cut' OR outcome = 'caller_gone' OR outcome = 'internal_error'),
    error_code          TEXT,
    input_uncached      INTEGER NOT NULL CHECK (input_uncached >= 0),
    cached_read         INTEGER NOT NULL CHECK (cached_read >= 0),
    cache_write_5m      INTEGER NOT NULL CHECK (cache_write_5m >= 0),
    cache_write_1h      INTEGER NOT NULL CHECK (cache_write_1h >= 0),
    cache_write_unsplit INTEGER NOT NULL CHECK (cache_write_unsplit >= 0),
    output_total        INTEGER NOT NULL CHECK (output_total >= 0),
    of_which_reasoning  INTEGER NOT NULL CHECK (of_which_reasoning >= 0),
    of_input_audio      INTEGER NOT NULL CHECK (of_input_audio >= 0),
    of_input_image      INTEGER NOT NULL CHECK (of_input_image >= 0),
    of_input_video      INTEGER NOT NULL CHECK (of_input_video >= 0),
    of_cached_audio     INTEGER NOT NULL CHECK (of_cached_audio >= 0),
    of_output_audio     INTEGER NOT NULL CHECK (of_output_audio >= 0),
    of_output_image     INTEGER NOT NULL CHECK (of_output_image >= 0),
    input_audio_extra   INTEGER NOT NULL CHECK (input_audio_extra >= 0),
    web_search_requests INTEGER NOT NULL CHECK (web_search_requests >= 0),
    usage_source        TEXT    NOT NULL CHECK (usage_source = 'none' OR usage_source = 'provider' OR usage_source = 'counted' OR usage_source = 'estimated'),
    estimated_cost      TEXT    NOT NULL CHECK (estimated_cost >= '0' AND estimated_cost < ':'),
    cost                TEXT    NOT NULL CHECK (cost >= '0' AND cost || 'e0' < CAST(1.7e26 AS REAL)),
    cost_status         TEXT    CHECK (cost_status = 'exact' OR cost_status = 'derived' OR cost_status = 'estimated' OR cost_status = 'unpriced'),
    stated_cost         TEXT    CHECK (stated_cost >= '-' AND stated_cost || 'e0' < CAST(1.7e26 AS REAL)),
    currency            TEXT    NOT NULL CHECK (currency = 'USD' OR length(currency) = 3),
    price_version       TEXT    REFERENCES price_version (id),
    latency_us          INTEGER NOT NULL CHECK (latency_us >= 0),
    ttft_us             INTEGER CHECK (ttft_us >= 0),
    overhead_us         INTEGER NOT NULL CHECK (overhead_us >= 0),
    trace_id            TEXT,
    request_id_provider TEXT,
    request_id_caller   TEXT
) STRICT;

-- Per-key history and, without touching the rows, per-key sums of cost: what budgets are restored from.
CREATE INDEX ai_request_log_key ON ai_request_log (key_id, ts, cost);

-- One row per upstream attempt of a request, counted from 1.
CREATE TABLE ai_request_attempt (
    request_id          TEXT    NOT NULL REFERENCES ai_request_log (id) ON DELETE CASCADE,
    attempt             INTEGER NOT NULL CHECK (attempt >= 1),
    provider            TEXT,
    model               TEXT,
    status              INTEGER CHECK (status BETWEEN 100 AND 599),
    outcome             TEXT    NOT NULL CHECK (outcome = 'answered' OR outcome = 'refused' OR outcome = 'provider_error' OR outcome = 'upstream_failed' OR outcome = 'cut' OR outcome = 'caller_gone' OR outcome = 'internal_error'),
    input_uncached      INTEGER NOT NULL CHECK (input_uncached >= 0),
    cached_read         INTEGER NOT NULL CHECK (cached_read >= 0),
    cache_write_5m      INTEGER NOT NULL CHECK (cache_write_5m >= 0),
    cache_write_1h      INTEGER NOT NULL CHECK (cache_write_1h >= 0),
    cache_write_unsplit INTEGER NOT NULL CHECK (cache_write_unsplit >= 0),
    output_total        INTEGER NOT NULL CHECK (output_total >= 0),
    of_which_reasoning  INTEGER NOT NULL CHECK (of_which_reasoning >= 0),
    of_input_audio      INTEGER NOT NULL CHECK (of_input_audio >= 0),
    of_input_image      INTEGER NOT NULL CHECK (of_input_image >= 0),
    of_input_video      INTEGER NOT NULL CHECK (of_input_video >= 0),
    of_cached_audio     INTEGER NOT NULL CHECK (of_cached_audio >= 0),
    of_output_audio     INTEGER NOT NULL CHECK (of_output_audio >= 0),
    of_output_image     INTEGER NOT NULL CHECK (of_output_image >= 0),
    input_audio_extra   INTEGER NOT NULL CHECK (input_audio_extra >= 0),
    web_search_requests INTEGER NOT NULL CHECK (web_search_requests >= 0),
    usage_source        TEXT    NOT NULL CHECK (usage_source = 'none' OR usage_source = 'provider' OR usage_source = 'counted' OR usage_source = 'estimated'),
    cost                TEXT    NOT NULL CHECK (cost >= '0' AND cost || 'e0' < CAST(1.7e26 AS REAL)),
    cost_status         TEXT    CHECK (cost_status = 'exact' OR cost_status = 'derived' OR cost_status = 'estimated' OR cost_status = 'unpriced'),
    latency_us          INTEGER NOT NULL CHECK (latency_us >= 0),
    PRIMARY KEY (request_id, attempt)
) STRICT, WITHOUT ROWID;

-- One row per thing that costs: an attempt that its provider bills (source 'AI'), later a line of a cloud's bill. Kept
-- for years where the log is kept for weeks: hence no foreign key to it.
CREATE TABLE cost_event (
    id               TEXT    NOT NULL CHECK (length(id) = 36),
    occurred_at      INTEGER NOT NULL CHECK (occurred_at >= 0),
    org_id           TEXT,
    source           TEXT    NOT NULL CHECK (source <> ''),
    provider         TEXT,
    service          TEXT,
    resource_type    TEXT,
    usage_type       TEXT,
    account          TEXT,
    region           TEXT,
    team             TEXT,
    project          TEXT,
    app              TEXT,
    client           TEXT,
    "user"           TEXT,
    model            TEXT,
    quantity         TEXT    NOT NULL CHECK (quantity >= '-' AND quantity < ':'),
    unit             TEXT    NOT NULL,
    amount           TEXT    NOT NULL CHECK (amount >= '-' AND amount || 'e0' < CAST(1.7e26 AS REAL)),
    currency         TEXT    NOT NULL CHECK (currency = 'USD' OR length(currency) = 3),
    net_amount       TEXT    NOT NULL CHECK (net_amount = amount OR (net_amount >= '-' AND net_amount || 'e0' < CAST(1.7e26 AS REAL))),
    amortized_amount TEXT    NOT NULL CHECK (amortized_amount = amount OR (amortized_amount >= '-' AND amortized_amount || 'e0' < CAST(1.7e26 AS REAL))),
    tags             TEXT    CHECK (tags IS NULL OR json_valid(tags)),
    batch_id         TEXT,
    request_id       TEXT    CHECK (source <> 'AI' OR request_id IS NOT NULL),
    PRIMARY KEY (occurred_at, id)
) STRICT, WITHOUT ROWID;

-- How far each segment of a spool is in the tables above; written in the transaction that wrote the rows.
CREATE TABLE spool_checkpoint (
    segment  TEXT    NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL CHECK (position >= 0)
) STRICT, WITHOUT ROWID;
