-- What re-rating changed: one row per billed attempt and run whose cost or status became another one. The first row of an
-- attempt holds what it cost when it was made, the last one's cost_after is what ai_request_attempt says. Kept like cost
-- events, longer than the log: hence no foreign key to it.
CREATE TABLE cost_rerating (
    request_id           TEXT    NOT NULL CHECK (length(request_id) = 36),
    attempt              INTEGER NOT NULL CHECK (attempt >= 1),
    rerated_at           INTEGER NOT NULL CHECK (rerated_at >= 0),
    cost_before          TEXT    NOT NULL CHECK (cost_before >= '0' AND cost_before || 'e0' < CAST(1.7e26 AS REAL)),
    cost_after           TEXT    NOT NULL CHECK (cost_after >= '0' AND cost_after || 'e0' < CAST(1.7e26 AS REAL)),
    status_before        TEXT    CHECK (status_before = 'exact' OR status_before = 'derived' OR status_before = 'estimated' OR status_before = 'unpriced'),
    status_after         TEXT    NOT NULL CHECK (status_after = 'exact' OR status_after = 'derived' OR status_after = 'estimated' OR status_after = 'unpriced'),
    price_version_before TEXT    REFERENCES price_version (id),
    price_version_after  TEXT    NOT NULL REFERENCES price_version (id),
    PRIMARY KEY (request_id, attempt, rerated_at)
) STRICT, WITHOUT ROWID;
