-- Work that goes on after its answer (batches, background responses) and is billed from its output. Who pays for it and
-- what was asked stands in the row of `request_id`, which made it. `billed_id` is the id of the row that bills it, chosen
-- before that row is written: whoever writes it, and however often, it is the same row.
CREATE TABLE deferred_work (
    provider   text        NOT NULL CHECK (provider <> ''),
    object_id  text        NOT NULL CHECK (object_id <> ''),
    api        text        NOT NULL,
    request_id uuid        NOT NULL,
    state      text        NOT NULL CHECK (state IN ('waiting', 'billed', 'failed', 'given_up')),
    created_at timestamptz NOT NULL,
    next_at    timestamptz NOT NULL,
    tries      integer     NOT NULL CHECK (tries >= 0),
    billed_id  uuid,
    PRIMARY KEY (provider, object_id)
);
CREATE INDEX deferred_work_due ON deferred_work (next_at) WHERE state = 'waiting';
