-- The sums that the console's first page and its charts read: by few dimensions, so that a month or a year of any time zone is
-- few rows. Each holds all cost events; '' stands for "not said". Written like the rollups of 0008, and from them here.

CREATE TABLE cost_model_hour (
    hour     timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    org_id   text NOT NULL,
    source   text NOT NULL,
    model    text NOT NULL,
    currency text NOT NULL,
    events           bigint NOT NULL,
    amount           numeric(38, 12) NOT NULL,
    net_amount       numeric(38, 12) NOT NULL,
    amortized_amount numeric(38, 12) NOT NULL,
    PRIMARY KEY (hour, org_id, source, model, currency)
) WITH (fillfactor = 70);

CREATE TABLE cost_model_day (
    day      timestamptz NOT NULL CHECK (day = date_trunc('day', day, 'UTC')),
    org_id   text NOT NULL,
    source   text NOT NULL,
    model    text NOT NULL,
    currency text NOT NULL,
    events           bigint NOT NULL,
    amount           numeric(38, 12) NOT NULL,
    net_amount       numeric(38, 12) NOT NULL,
    amortized_amount numeric(38, 12) NOT NULL,
    PRIMARY KEY (day, org_id, source, model, currency)
) WITH (fillfactor = 70);

CREATE TABLE cost_project_hour (
    hour     timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    org_id   text NOT NULL,
    source   text NOT NULL,
    project  text NOT NULL,
    currency text NOT NULL,
    events           bigint NOT NULL,
    amount           numeric(38, 12) NOT NULL,
    net_amount       numeric(38, 12) NOT NULL,
    amortized_amount numeric(38, 12) NOT NULL,
    PRIMARY KEY (hour, org_id, source, project, currency)
) WITH (fillfactor = 70);

CREATE TABLE cost_project_day (
    day      timestamptz NOT NULL CHECK (day = date_trunc('day', day, 'UTC')),
    org_id   text NOT NULL,
    source   text NOT NULL,
    project  text NOT NULL,
    currency text NOT NULL,
    events           bigint NOT NULL,
    amount           numeric(38, 12) NOT NULL,
    net_amount       numeric(38, 12) NOT NULL,
    amortized_amount numeric(38, 12) NOT NULL,
    PRIMARY KEY (day, org_id, source, project, currency)
) WITH (fillfactor = 70);

CREATE TABLE cost_team_hour (
    hour     timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    org_id   text NOT NULL,
    source   text NOT NULL,
    team     text NOT NULL,
    currency text NOT NULL,
    events           bigint NOT NULL,
    amount           numeric(38, 12) NOT NULL,
    net_amount       numeric(38, 12) NOT NULL,
    amortized_amount numeric(38, 12) NOT NULL,
    PRIMARY KEY (hour, org_id, source, team, currency)
) WITH (fillfactor = 70);

CREATE TABLE cost_team_day (
    day      timestamptz NOT NULL CHECK (day = date_trunc('day', day, 'UTC')),
    org_id   text NOT NULL,
    source   text NOT NULL,
    team     text NOT NULL,
    currency text NOT NULL,
    events           bigint NOT NULL,
    amount           numeric(38, 12) NOT NULL,
    net_amount       numeric(38, 12) NOT NULL,
    amortized_amount numeric(38, 12) NOT NULL,
    PRIMARY KEY (day, org_id, source, team, currency)
) WITH (fillfactor = 70);

CREATE TABLE cost_source_hour (
    hour     timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
    org_id   text NOT NULL,
    source   text NOT NULL,
    currency text NOT NULL,
    events           bigint NOT NULL,
    amount           numeric(38, 12) NOT NULL,
    net_amount       numeric(38, 12) NOT NULL,
    amortized_amount numeric(38, 12) NOT NULL,
    PRIMARY KEY (hour, org_id, source, currency)
) WITH (fillfactor = 70);

CREATE TABLE cost_source_day (
    day      timestamptz NOT NULL CHECK (day = date_trunc('day', day, 'UTC')),
    org_id   text NOT NULL,
    source   text NOT NULL,
    currency text NOT NULL,
    events           bigint NOT NULL,
    amount           numeric(38, 12) NOT NULL,
    net_amount       numeric(38, 12) NOT NULL,
    amortized_amount numeric(38, 12) NOT NULL,
    PRIMARY KEY (day, org_id, source, currency)
) WITH (fillfactor = 70);

INSERT INTO cost_model_hour
SELECT hour, org_id, source, model, currency, sum(events), sum(amount), sum(net_amount), sum(amortized_amount)
FROM cost_rollup_hour GROUP BY 1, 2, 3, 4, 5;

INSERT INTO cost_model_day
SELECT day, org_id, source, model, currency, sum(events), sum(amount), sum(net_amount), sum(amortized_amount)
FROM cost_rollup_day GROUP BY 1, 2, 3, 4, 5;

INSERT INTO cost_project_hour
SELECT hour, org_id, source, project, currency, sum(events), sum(amount), sum(net_amount), sum(amortized_amount)
FROM cost_rollup_hour GROUP BY 1, 2, 3, 4, 5;

INSERT INTO cost_project_day
SELECT day, org_id, source, project, currency, sum(events), sum(amount), sum(net_amount), sum(amortized_amount)
FROM cost_rollup_day GROUP BY 1, 2, 3, 4, 5;

INSERT INTO cost_team_hour
SELECT hour, org_id, source, team, currency, sum(events), sum(amount), sum(net_amount), sum(amortized_amount)
FROM cost_rollup_hour GROUP BY 1, 2, 3, 4, 5;

INSERT INTO cost_team_day
SELECT day, org_id, source, team, currency, sum(events), sum(amount), sum(net_amount), sum(amortized_amount)
FROM cost_rollup_day GROUP BY 1, 2, 3, 4, 5;

INSERT INTO cost_source_hour
SELECT hour, org_id, source, currency, sum(events), sum(amount), sum(net_amount), sum(amortized_amount)
FROM cost_rollup_hour GROUP BY 1, 2, 3, 4;

INSERT INTO cost_source_day
SELECT day, org_id, source, currency, sum(events), sum(amount), sum(net_amount), sum(amortized_amount)
FROM cost_rollup_day GROUP BY 1, 2, 3, 4;

-- Days of India or Newfoundland begin within an hour: their edges are half an hour of events each, which a BRIN finds among many
-- times as many; and pages of events come in this order.
DROP INDEX cost_event_occurred_at;
CREATE INDEX cost_event_occurred_at ON cost_event (occurred_at, id);
