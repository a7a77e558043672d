-- What calls said and were told, where content logging is on: never in ai_request_log, and kept for its own, shorter time.
-- `id` is the request's; the two need not live equally long.
CREATE TABLE ai_request_content (
    id          TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 36),
    ts          INTEGER NOT NULL CHECK (ts >= 0),  -- the request's
    request     TEXT    NOT NULL,
    answer      TEXT    NOT NULL,  -- of a stream its events
    request_cut INTEGER NOT NULL CHECK (request_cut IN (0, 1)),
    answer_cut  INTEGER NOT NULL CHECK (answer_cut IN (0, 1)),
    redacted    INTEGER NOT NULL CHECK (redacted IN (0, 1))
) STRICT;

CREATE INDEX ai_request_content_by_time ON ai_request_content (ts);
