-- What was used and is no token: {"images":2}, {"search_units":1}, {"characters":512} … NULL: nothing of the kind.
ALTER TABLE ai_request_log ADD COLUMN quantities TEXT CHECK (quantities IS NULL OR json_valid(quantities));
ALTER TABLE ai_request_attempt ADD COLUMN quantities TEXT CHECK (quantities IS NULL OR json_valid(quantities));

-- Whose a provider's object is (a file, a batch, a stored response …): the key's that made it. `id` as the provider
-- gave it, without its collection's name.
CREATE TABLE provider_object (
    provider   TEXT    NOT NULL CHECK (provider <> ''),
    id         TEXT    NOT NULL CHECK (id <> ''),
    key_id     TEXT    NOT NULL CHECK (key_id <> ''),
    api        TEXT    NOT NULL,
    request_id TEXT    NOT NULL CHECK (length(request_id) = 36),
    created_at INTEGER NOT NULL CHECK (created_at >= 0),
    PRIMARY KEY (provider, id)
) STRICT, WITHOUT ROWID;
