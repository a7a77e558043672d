-- What calls said and were told, where content logging is on: never in ai_request_log, and kept for its own, shorter time.
-- `id` is the request's; the two need not live equally long.
CREATE TABLE ai_request_content (
    id          uuid        NOT NULL PRIMARY KEY,
    ts          timestamptz NOT NULL,  -- the request's
    request     text        NOT NULL,
    answer      text        NOT NULL,  -- of a stream its events
    request_cut boolean     NOT NULL,
    answer_cut  boolean     NOT NULL,
    redacted    boolean     NOT NULL
);

CREATE INDEX ai_request_content_by_time ON ai_request_content (ts);
