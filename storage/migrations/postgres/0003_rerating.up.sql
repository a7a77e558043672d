-- What re-rating changed: one row per billed attempt and run whose cost or status became another one. The first row of an
-- attempt holds what it cost when it was made, the last one's cost_after is what ai_request_attempt says. Kept like cost
-- events, longer than the log: hence no foreign key to it.
CREATE TABLE cost_rerating (
    request_id           uuid            NOT NULL,
    attempt              integer         NOT NULL CHECK (attempt >= 1),
    rerated_at           timestamptz     NOT NULL,
    cost_before          numeric(38, 12) NOT NULL CHECK (cost_before >= 0),
    cost_after           numeric(38, 12) NOT NULL CHECK (cost_after >= 0),
    status_before        text            CHECK (status_before IN ('exact', 'derived', 'estimated', 'unpriced')),
    status_after         text            NOT NULL CHECK (status_after IN ('exact', 'derived', 'estimated', 'unpriced')),
    price_version_before text            REFERENCES price_version (id),
    price_version_after  text            NOT NULL REFERENCES price_version (id),
    PRIMARY KEY (request_id, attempt, rerated_at)
);
