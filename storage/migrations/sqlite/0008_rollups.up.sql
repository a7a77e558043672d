-- What the dashboards read: sums by hour and by day (UTC), written in the transaction of the rows that they sum. '' stands
-- for "not said" here, so that every dimension can be part of the key. Money is summed with pulse_add().

ALTER TABLE cost_event ADD COLUMN key_id TEXT;
ALTER TABLE cost_event ADD COLUMN charge_type TEXT;  -- of a cloud's bill: usage, tax, credit …
ALTER TABLE ai_request_attempt ADD COLUMN ts INTEGER NOT NULL DEFAULT 0 CHECK (ts >= 0);  -- its request's

UPDATE ai_request_attempt SET ts = (SELECT ts FROM ai_request_log WHERE id = request_id);
UPDATE cost_event SET key_id = (SELECT key_id FROM ai_request_log WHERE id = cost_event.request_id) WHERE source = 'AI';

CREATE TABLE cost_rollup_hour (
    hour        INTEGER NOT NULL CHECK (hour % 3600000000 = 0),
    org_id      TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    service     TEXT    NOT NULL,
    account     TEXT    NOT NULL,
    region      TEXT    NOT NULL,
    team        TEXT    NOT NULL,
    project     TEXT    NOT NULL,
    app         TEXT    NOT NULL,
    client      TEXT    NOT NULL,
    "user"      TEXT    NOT NULL,
    model       TEXT    NOT NULL,
    key_id      TEXT    NOT NULL,
    usage_type  TEXT    NOT NULL,
    charge_type TEXT    NOT NULL,
    currency    TEXT    NOT NULL,
    events           INTEGER NOT NULL,
    amount           TEXT    NOT NULL,
    net_amount       TEXT    NOT NULL,
    amortized_amount TEXT    NOT NULL,
    PRIMARY KEY (hour, org_id, source, provider, service, account, region, team, project, app, client, "user", model, key_id, usage_type, charge_type, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_rollup_day (
    day         INTEGER NOT NULL CHECK (day % 86400000000 = 0),
    org_id      TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    service     TEXT    NOT NULL,
    account     TEXT    NOT NULL,
    region      TEXT    NOT NULL,
    team        TEXT    NOT NULL,
    project     TEXT    NOT NULL,
    app         TEXT    NOT NULL,
    client      TEXT    NOT NULL,
    "user"      TEXT    NOT NULL,
    model       TEXT    NOT NULL,
    key_id      TEXT    NOT NULL,
    usage_type  TEXT    NOT NULL,
    charge_type TEXT    NOT NULL,
    currency    TEXT    NOT NULL,
    events           INTEGER NOT NULL,
    amount           TEXT    NOT NULL,
    net_amount       TEXT    NOT NULL,
    amortized_amount TEXT    NOT NULL,
    PRIMARY KEY (day, org_id, source, provider, service, account, region, team, project, app, client, "user", model, key_id, usage_type, charge_type, currency)
) STRICT, WITHOUT ROWID;

-- Requests, also those that cost nothing. `model` is the one that was served, '' where none was: what callers ask for has no
-- bound.
CREATE TABLE request_rollup_hour (
    hour     INTEGER NOT NULL CHECK (hour % 3600000000 = 0),
    org      TEXT    NOT NULL,
    key_id   TEXT    NOT NULL,
    team     TEXT    NOT NULL,
    project  TEXT    NOT NULL,
    app      TEXT    NOT NULL,
    client   TEXT    NOT NULL,
    "user"   TEXT    NOT NULL,
    provider TEXT    NOT NULL,
    model    TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    requests      INTEGER NOT NULL,
    refused       INTEGER NOT NULL,  -- by Pulse
    failed        INTEGER NOT NULL,  -- neither answered nor refused
    input_tokens  INTEGER NOT NULL,  -- uncached, cached and written to a cache
    cached_tokens INTEGER NOT NULL,  -- of them, read from a cache
    output_tokens INTEGER NOT NULL,
    latency_us    INTEGER NOT NULL,  -- sum
    cost          TEXT    NOT NULL,
    PRIMARY KEY (hour, org, key_id, team, project, app, client, "user", provider, model, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE request_rollup_day (
    day      INTEGER NOT NULL CHECK (day % 86400000000 = 0),
    org      TEXT    NOT NULL,
    key_id   TEXT    NOT NULL,
    team     TEXT    NOT NULL,
    project  TEXT    NOT NULL,
    app      TEXT    NOT NULL,
    client   TEXT    NOT NULL,
    "user"   TEXT    NOT NULL,
    provider TEXT    NOT NULL,
    model    TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    requests      INTEGER NOT NULL,
    refused       INTEGER NOT NULL,
    failed        INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    latency_us    INTEGER NOT NULL,
    cost          TEXT    NOT NULL,
    PRIMARY KEY (day, org, key_id, team, project, app, client, "user", provider, model, currency)
) STRICT, WITHOUT ROWID;

-- What a stretch of time held when retention took it: compared with the rollups before anything is deleted.
CREATE TABLE retention_drop (
    table_name TEXT    NOT NULL,
    begins_at  INTEGER NOT NULL CHECK (begins_at >= 0),
    ends_at    INTEGER NOT NULL CHECK (ends_at > begins_at),
    rows       INTEGER NOT NULL CHECK (rows >= 0),
    totals     TEXT    NOT NULL CHECK (json_valid(totals)),  -- {"USD":"12.5"}
    dropped_at INTEGER NOT NULL CHECK (dropped_at >= 0),
    PRIMARY KEY (table_name, begins_at, dropped_at)
) STRICT, WITHOUT ROWID;

INSERT INTO cost_rollup_hour
SELECT occurred_at - occurred_at % 3600000000, coalesce(org_id, ''), source, coalesce(provider, ''), coalesce(service, ''),
       coalesce(account, ''), coalesce(region, ''), coalesce(team, ''), coalesce(project, ''), coalesce(app, ''),
       coalesce(client, ''), coalesce("user", ''), coalesce(model, ''), coalesce(key_id, ''), coalesce(usage_type, ''),
       coalesce(charge_type, ''), currency, count(*), pulse_sum(amount), pulse_sum(net_amount), pulse_sum(amortized_amount)
FROM cost_event GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17;

INSERT INTO cost_rollup_day
SELECT hour - hour % 86400000000, org_id, source, provider, service, account, region, team, project, app, client, "user",
       model, key_id, usage_type, charge_type, currency, sum(events), pulse_sum(amount), pulse_sum(net_amount),
       pulse_sum(amortized_amount)
FROM cost_rollup_hour GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17;

INSERT INTO request_rollup_hour
SELECT ts - ts % 3600000000, coalesce(org, ''), key_id, coalesce(team, ''), coalesce(project, ''), coalesce(app, ''),
       coalesce(client, ''), coalesce("user", ''), coalesce(provider, ''), coalesce(model_served, ''), currency, count(*),
       sum(outcome = 'refused'), sum(outcome <> 'refused' AND outcome <> 'answered'),
       sum(input_uncached + cached_read + cache_write_5m + cache_write_1h + cache_write_unsplit), sum(cached_read),
       sum(output_total), sum(latency_us), pulse_sum(cost)
FROM ai_request_log GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;

INSERT INTO request_rollup_day
SELECT hour - hour % 86400000000, org, key_id, team, project, app, client, "user", provider, model, currency, sum(requests),
       sum(refused), sum(failed), sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(latency_us), pulse_sum(cost)
FROM request_rollup_hour GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;

-- Request search: by organisation, team, project … within a time; the key's own index is there since 0002.
CREATE INDEX ai_request_log_ts ON ai_request_log (ts);
CREATE INDEX ai_request_log_org ON ai_request_log (org, ts);
CREATE INDEX ai_request_log_project ON ai_request_log (org, project, ts) WHERE project IS NOT NULL;
CREATE INDEX ai_request_log_end_user ON ai_request_log (end_user, ts) WHERE end_user IS NOT NULL;
