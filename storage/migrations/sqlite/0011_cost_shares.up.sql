-- The sums that the console's first page and its charts read: by few dimensions, so that a month or a year of any time zone is
-- few rows. Each holds all cost events; '' stands for "not said". Written like the rollups of 0008, and from them here.

CREATE TABLE cost_model_hour (
    hour     INTEGER NOT NULL CHECK (hour % 3600000000 = 0),
    org_id   TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    model    TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    events           INTEGER NOT NULL,
    amount           TEXT    NOT NULL,
    net_amount       TEXT    NOT NULL,
    amortized_amount TEXT    NOT NULL,
    PRIMARY KEY (hour, org_id, source, model, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_model_day (
    day      INTEGER NOT NULL CHECK (day % 86400000000 = 0),
    org_id   TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    model    TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    events           INTEGER NOT NULL,
    amount           TEXT    NOT NULL,
    net_amount       TEXT    NOT NULL,
    amortized_amount TEXT    NOT NULL,
    PRIMARY KEY (day, org_id, source, model, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_project_hour (
    hour     INTEGER NOT NULL CHECK (hour % 3600000000 = 0),
    org_id   TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    project  TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    events           INTEGER NOT NULL,
    amount           TEXT    NOT NULL,
    net_amount       TEXT    NOT NULL,
    amortized_amount TEXT    NOT NULL,
    PRIMARY KEY (hour, org_id, source, project, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_project_day (
    day      INTEGER NOT NULL CHECK (day % 86400000000 = 0),
    org_id   TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    project  TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    events           INTEGER NOT NULL,
    amount           TEXT    NOT NULL,
    net_amount       TEXT    NOT NULL,
    amortized_amount TEXT    NOT NULL,
    PRIMARY KEY (day, org_id, source, project, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_team_hour (
    hour     INTEGER NOT NULL CHECK (hour % 3600000000 = 0),
    org_id   TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    team     TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    events           INTEGER NOT NULL,
    amount           TEXT    NOT NULL,
    net_amount       TEXT    NOT NULL,
    amortized_amount TEXT    NOT NULL,
    PRIMARY KEY (hour, org_id, source, team, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_team_day (
    day      INTEGER NOT NULL CHECK (day % 86400000000 = 0),
    org_id   TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    team     TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    events           INTEGER NOT NULL,
    amount           TEXT    NOT NULL,
    net_amount       TEXT    NOT NULL,
    amortized_amount TEXT    NOT NULL,
    PRIMARY KEY (day, org_id, source, team, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_source_hour (
    hour     INTEGER NOT NULL CHECK (hour % 3600000000 = 0),
    org_id   TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    events           INTEGER NOT NULL,
    amount           TEXT    NOT NULL,
    net_amount       TEXT    NOT NULL,
    amortized_amount TEXT    NOT NULL,
    PRIMARY KEY (hour, org_id, source, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE cost_source_day (
    day      INTEGER NOT NULL CHECK (day % 86400000000 = 0),
    org_id   TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    events           INTEGER NOT NULL,
    amount           TEXT    NOT NULL,
    net_amount       TEXT    NOT NULL,
    amortized_amount TEXT    NOT NULL,
    PRIMARY KEY (day, org_id, source, currency)
) STRICT, WITHOUT ROWID;

INSERT INTO cost_model_hour
SELECT hour, org_id, source, model, currency, sum(events), pulse_sum(amount), pulse_sum(net_amount), pulse_sum(amortized_amount)
FROM cost_rollup_hour GROUP BY 1, 2, 3, 4, 5;

INSERT INTO cost_model_day
SELECT day, org_id, source, model, currency, sum(events), pulse_sum(amount), pulse_sum(net_amount), pulse_sum(amortized_amount)
FROM cost_rollup_day GROUP BY 1, 2, 3, 4, 5;

INSERT INTO cost_project_hour
SELECT hour, org_id, source, project, currency, sum(events), pulse_sum(amount), pulse_sum(net_amount), pulse_sum(amortized_amount)
FROM cost_rollup_hour GROUP BY 1, 2, 3, 4, 5;

INSERT INTO cost_project_day
SELECT day, org_id, source, project, currency, sum(events), pulse_sum(amount), pulse_sum(net_amount), pulse_sum(amortized_amount)
FROM cost_rollup_day GROUP BY 1, 2, 3, 4, 5;

INSERT INTO cost_team_hour
SELECT hour, org_id, source, team, currency, sum(events), pulse_sum(amount), pulse_sum(net_amount), pulse_sum(amortized_amount)
FROM cost_rollup_hour GROUP BY 1, 2, 3, 4, 5;

INSERT INTO cost_team_day
SELECT day, org_id, source, team, currency, sum(events), pulse_sum(amount), pulse_sum(net_amount), pulse_sum(amortized_amount)
FROM cost_rollup_day GROUP BY 1, 2, 3, 4, 5;

INSERT INTO cost_source_hour
SELECT hour, org_id, source, currency, sum(events), pulse_sum(amount), pulse_sum(net_amount), pulse_sum(amortized_amount)
FROM cost_rollup_hour GROUP BY 1, 2, 3, 4;

INSERT INTO cost_source_day
SELECT day, org_id, source, currency, sum(events), pulse_sum(amount), pulse_sum(net_amount), pulse_sum(amortized_amount)
FROM cost_rollup_day GROUP BY 1, 2, 3, 4;
