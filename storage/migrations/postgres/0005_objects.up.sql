-- What was used and is no token: {"images":2}, {"search_units":1}, {"characters":512} … NULL: nothing of the kind.
ALTER TABLE ai_request_log ADD COLUMN quantities jsonb;
ALTER TABLE ai_request_attempt ADD COLUMN quantities jsonb;

-- Whose a provider's object is (a file, a batch, a stored response …): the key's that made it. `id` as the provider
-- gave it, without its collection's name.
CREATE TABLE provider_object (
    provider   text        NOT NULL CHECK (provider <> ''),
    id         text        NOT NULL CHECK (id <> ''),
    key_id     text        NOT NULL CHECK (key_id <> ''),
    api        text        NOT NULL,
    request_id uuid        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (provider, id)
);
