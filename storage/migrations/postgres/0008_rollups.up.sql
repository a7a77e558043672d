-- What the dashboards read: sums by hour and by day (UTC), written in the transaction of the rows that they sum. '' stands
-- for "not said" here, so that every dimension can be part of the key. Updated in place, again and again:
-- hence the room in their pages.

ALTER TABLE cost_event ADD COLUMN key_id text;
ALTER TABLE cost_event ADD COLUMN charge_type text;  -- of a cloud's bill: usage, tax, credit …

UPDATE cost_event SET key_id = log.key_id FROM ai_request_log AS log
WHERE source = 'AI' AND log.id = cost_event.request_id AND log.ts = cost_event.occurred_at;

CREATE TABLE cost_rollup_hour (
    hour        timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    org_id      text NOT NULL,
    source      text NOT NULL,
    provider    text NOT NULL,
    service     text NOT NULL,
    account     text NOT NULL,
    region      text NOT NULL,
    team        text NOT NULL,
    project     text NOT NULL,
    app         text NOT NULL,
    client      text NOT NULL,
    "user"      text NOT NULL,
    model       text NOT NULL,
    key_id      text NOT NULL,
    usage_type  text NOT NULL,
    charge_type text NOT NULL,
    currency    text NOT NULL,
    events           bigint NOT NULL,
    amount           numeric(38, 12) NOT NULL,
    net_amount       numeric(38, 12) NOT NULL,
    amortized_amount numeric(38, 12) NOT NULL,
    PRIMARY KEY (hour, org_id, source, provider, service, account, region, team, project, app, client, "user", model, key_id, usage_type, charge_type, currency)
) WITH (fillfactor = 70);

CREATE TABLE cost_rollup_day (
    day         timestamptz NOT NULL CHECK (day = date_trunc('day', day, 'UTC')),
    org_id      text NOT NULL,
    source      text NOT NULL,
    provider    text NOT NULL,
    service     text NOT NULL,
    account     text NOT NULL,
    region      text NOT NULL,
    team        text NOT NULL,
    project     text NOT NULL,
    app         text NOT NULL,
    client      text NOT NULL,
    "user"      text NOT NULL,
    model       text NOT NULL,
    key_id      text NOT NULL,
    usage_type  text NOT NULL,
    charge_type text NOT NULL,
    currency    text NOT NULL,
    events           bigint NOT NULL,
    amount           numeric(38, 12) NOT NULL,
    net_amount       numeric(38, 12) NOT NULL,
    amortized_amount numeric(38, 12) NOT NULL,
    PRIMARY KEY (day, org_id, source, provider, service, account, region, team, project, app, client, "user", model, key_id, usage_type, charge_type, currency)
) WITH (fillfactor = 70);

-- Requests, also those that cost nothing. `model` is the one that was served, '' where none was: what callers ask for has no
-- bound.
CREATE TABLE request_rollup_hour (
    hour     timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    org      text NOT NULL,
    key_id   text NOT NULL,
    team     text NOT NULL,
    project  text NOT NULL,
    app      text NOT NULL,
    client   text NOT NULL,
    "user"   text NOT NULL,
    provider text NOT NULL,
    model    text NOT NULL,
    currency text NOT NULL,
    requests      bigint NOT NULL,
    refused       bigint NOT NULL,  -- by Pulse
    failed        bigint NOT NULL,  -- neither answered nor refused
    input_tokens  bigint NOT NULL,  -- uncached, cached and written to a cache
    cached_tokens bigint NOT NULL,  -- of them, read from a cache
    output_tokens bigint NOT NULL,
    latency_us    bigint NOT NULL,  -- sum
    cost          numeric(38, 12) NOT NULL,
    PRIMARY KEY (hour, org, key_id, team, project, app, client, "user", provider, model, currency)
) WITH (fillfactor = 70);

CREATE TABLE request_rollup_day (
    day      timestamptz NOT NULL CHECK (day = date_trunc('day', day, 'UTC')),
    org      text NOT NULL,
    key_id   text NOT NULL,
    team     text NOT NULL,
    project  text NOT NULL,
    app      text NOT NULL,
    client   text NOT NULL,
    "user"   text NOT NULL,
    provider text NOT NULL,
    model    text NOT NULL,
    currency text NOT NULL,
    requests      bigint NOT NULL,
    refused       bigint NOT NULL,
    failed        bigint NOT NULL,
    input_tokens  bigint NOT NULL,
    cached_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    latency_us    bigint NOT NULL,
    cost          numeric(38, 12) NOT NULL,
    PRIMARY KEY (day, org, key_id, team, project, app, client, "user", provider, model, currency)
) WITH (fillfactor = 70);

-- What a stretch of time held when retention took it: compared with the rollups before anything is deleted.
CREATE TABLE retention_drop (
    table_name text        NOT NULL,
    begins_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL CHECK (ends_at > begins_at),
    rows       bigint      NOT NULL CHECK (rows >= 0),
    totals     jsonb       NOT NULL CHECK (jsonb_typeof(totals) = 'object'),  -- {"USD":"12.5"}
    dropped_at timestamptz NOT NULL,
    PRIMARY KEY (table_name, begins_at, dropped_at)
);

INSERT INTO cost_rollup_hour
SELECT date_trunc('hour', occurred_at, 'UTC'), coalesce(org_id, ''), source, coalesce(provider, ''), coalesce(service, ''),
       coalesce(account, ''), coalesce(region, ''), coalesce(team, ''), coalesce(project, ''), coalesce(app, ''),
       coalesce(client, ''), coalesce("user", ''), coalesce(model, ''), coalesce(key_id, ''), coalesce(usage_type, ''),
       coalesce(charge_type, ''), currency, count(*), sum(amount), sum(net_amount), sum(amortized_amount)
FROM cost_event GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17;

INSERT INTO cost_rollup_day
SELECT date_trunc('day', hour, 'UTC'), org_id, source, provider, service, account, region, team, project, app, client, "user",
       model, key_id, usage_type, charge_type, currency, sum(events), sum(amount), sum(net_amount),
       sum(amortized_amount)
FROM cost_rollup_hour GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17;

INSERT INTO request_rollup_hour
SELECT date_trunc('hour', ts, 'UTC'), coalesce(org, ''), key_id, coalesce(team, ''), coalesce(project, ''), coalesce(app, ''),
       coalesce(client, ''), coalesce("user", ''), coalesce(provider, ''), coalesce(model_served, ''), currency, count(*),
       count(*) FILTER (WHERE outcome = 'refused'), count(*) FILTER (WHERE outcome NOT IN ('refused', 'answered')),
       sum(input_uncached + cached_read + cache_write_5m + cache_write_1h + cache_write_unsplit), sum(cached_read),
       sum(output_total), sum(latency_us), sum(cost)
FROM ai_request_log GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;

INSERT INTO request_rollup_day
SELECT date_trunc('day', hour, 'UTC'), org, key_id, team, project, app, client, "user", provider, model, currency, sum(requests),
       sum(refused), sum(failed), sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(latency_us), sum(cost)
FROM request_rollup_hour GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;

-- Request search: by organisation, team, project … within a time; the key's own index is there since 0002.
CREATE INDEX ai_request_log_ts ON ai_request_log USING brin (ts) WITH (autosummarize = on);
CREATE INDEX ai_request_log_org ON ai_request_log (org, ts);
CREATE INDEX ai_request_log_project ON ai_request_log (org, project, ts) WHERE project IS NOT NULL;
CREATE INDEX ai_request_log_end_user ON ai_request_log (end_user, ts) WHERE end_user IS NOT NULL;
CREATE INDEX ai_request_attempt_ts ON ai_request_attempt USING brin (ts) WITH (autosummarize = on);
