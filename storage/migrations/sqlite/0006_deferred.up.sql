-- Work that goes on after its answer (batches, background responses) and is billed from its output. Who pays for it and
-- what was asked stands in the row of `request_id`, which made it. `billed_id` is the id of the row that bills it, chosen
-- before that row is written: whoever writes it, and however often, it is the same row.
CREATE TABLE deferred_work (
    provider   TEXT    NOT NULL CHECK (provider <> ''),
    object_id  TEXT    NOT NULL CHECK (object_id <> ''),
    api        TEXT    NOT NULL,
    request_id TEXT    NOT NULL CHECK (length(request_id) = 36),
    state      TEXT    NOT NULL CHECK (state = 'waiting' OR state = 'billed' OR state = 'failed' OR state = 'given_up'),
    created_at INTEGER NOT NULL CHECK (created_at >= 0),
    next_at    INTEGER NOT NULL,
    tries      INTEGER NOT NULL CHECK (tries >= 0),
    billed_id  TEXT    CHECK (billed_id IS NULL OR length(billed_id) = 36),
    PRIMARY KEY (provider, object_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deferred_work_due ON deferred_work (next_at) WHERE state = 'waiting';
