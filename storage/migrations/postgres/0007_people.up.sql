-- Who may use the console and what they may do, the policies and budgets above single keys, and what was changed by whom.

ALTER TABLE organization ADD COLUMN time_zone text;  -- IANA name; NULL: policy.time_zone
ALTER TABLE app_user ADD COLUMN email text CHECK (email = lower(email) AND email ~ '.@.');
ALTER TABLE app_user ADD COLUMN password_hash text;  -- argon2id in PHC form; NULL: no login with a password
ALTER TABLE app_user ADD COLUMN locale text;
ALTER TABLE app_user ADD COLUMN disabled_at timestamptz;
ALTER TABLE app_user ADD COLUMN last_login_at timestamptz;
CREATE UNIQUE INDEX app_user_email ON app_user (email) WHERE email IS NOT NULL;

CREATE TABLE app (
    org_id     text        NOT NULL REFERENCES organization (id),
    id         text        NOT NULL CHECK (id <> ''),
    name       text        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE client (
    org_id     text        NOT NULL REFERENCES organization (id),
    id         text        NOT NULL CHECK (id <> ''),
    name       text        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id)
);

-- A user's role in an organisation (team '') or in one of its teams.
CREATE TABLE membership (
    org_id     text        NOT NULL,
    user_id    text        NOT NULL,
    team       text        NOT NULL DEFAULT '',
    role       text        NOT NULL CHECK (role IN ('admin', 'finance', 'manager', 'user')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, user_id, team),
    FOREIGN KEY (org_id, user_id) REFERENCES app_user (org_id, id) ON DELETE CASCADE
);

-- A browser's login. Only hashes are kept: of the cookie and of the CSRF token.
CREATE TABLE console_session (
    hash       text        NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    csrf_hash  text        NOT NULL CHECK (length(csrf_hash) = 64),
    org_id     text        NOT NULL,
    user_id    text        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    address    text,
    user_agent text,
    FOREIGN KEY (org_id, user_id) REFERENCES app_user (org_id, id) ON DELETE CASCADE
);
CREATE INDEX console_session_user ON console_session (org_id, user_id);

-- What programs authenticate with at the console: a login's token or a personal access token. Never the token itself.
CREATE TABLE access_token (
    id         text        NOT NULL PRIMARY KEY CHECK (id <> ''),
    hash       text        NOT NULL UNIQUE CHECK (length(hash) = 64),
    prefix     text        NOT NULL,
    label      text        NOT NULL,
    org_id     text        NOT NULL,
    user_id    text        NOT NULL,
    role       text        CHECK (role IN ('admin', 'finance', 'manager', 'user')),  -- narrower than the user's own; NULL: the user's
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    used_at    timestamptz,
    FOREIGN KEY (org_id, user_id) REFERENCES app_user (org_id, id) ON DELETE CASCADE
);
CREATE INDEX access_token_user ON access_token (org_id, user_id);

-- What this installation signs its own tokens with: made at the first use, the same for all its processes.
CREATE TABLE installation_secret (
    name       text        NOT NULL PRIMARY KEY CHECK (name <> ''),
    secret     text        NOT NULL CHECK (length(secret) = 64),  -- 32 random bytes, hexadecimal
    created_at timestamptz NOT NULL
);

-- A policy of an organisation, team, project, user or app; a key's own stands with the key. `policy` is the JSON of keys.
CREATE TABLE ai_policy (
    id         text        NOT NULL PRIMARY KEY CHECK (id <> ''),
    org_id     text        NOT NULL REFERENCES organization (id),
    name       text        NOT NULL,
    scope      text        NOT NULL CHECK (scope IN ('organisation', 'team', 'project', 'user', 'app')),
    scope_id   text        NOT NULL CHECK (scope = 'organisation' OR scope_id <> ''),
    policy     jsonb       NOT NULL CHECK (jsonb_typeof(policy) = 'object'),
    version    bigint      NOT NULL DEFAULT 1 CHECK (version >= 1),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (org_id, scope, scope_id)
);

-- What may be spent in a window.
CREATE TABLE budget (
    id           text            NOT NULL PRIMARY KEY CHECK (id <> ''),
    org_id       text            NOT NULL REFERENCES organization (id),
    name         text            NOT NULL,
    scope        text            NOT NULL CHECK (scope IN ('organisation', 'team', 'project', 'user', 'app', 'client', 'key', 'model', 'tag')),
    scope_id     text            NOT NULL CHECK (scope = 'organisation' OR scope_id <> ''),
    period       text            NOT NULL CHECK (period IN ('hour', 'day', 'week', 'month', 'total')),
    limit_amount numeric(38, 12) NOT NULL CHECK (limit_amount >= 0),
    currency     text            NOT NULL CHECK (length(currency) = 3),
    soft         boolean         NOT NULL DEFAULT false,
    version      bigint          NOT NULL DEFAULT 1 CHECK (version >= 1),
    created_at   timestamptz     NOT NULL,
    updated_at   timestamptz     NOT NULL
);
CREATE INDEX budget_scope ON budget (org_id, scope, scope_id);

-- Every administrative change, append only. `hash` is SHA-256 over the row and the hash before it (docs/formats/audit.md),
-- so that a row that was changed or taken out shows. Written one at a time: `seq` has no gaps. `json`, not `jsonb`: the
-- hash is over the text as it was written.
CREATE TABLE audit_log (
    seq           bigint      NOT NULL PRIMARY KEY CHECK (seq >= 1),
    at            timestamptz NOT NULL,
    org_id        text        NOT NULL,
    actor         text        NOT NULL,  -- user id, or 'system', 'command line'
    actor_kind    text        NOT NULL CHECK (actor_kind IN ('user', 'token', 'system', 'command_line')),
    address       text,
    action        text        NOT NULL CHECK (action <> ''),  -- key.create, policy.update …
    target_kind   text        NOT NULL,
    target_id     text        NOT NULL,
    before_json   json,
    after_json    json,
    previous_hash text        NOT NULL CHECK (length(previous_hash) = 64),
    hash          text        NOT NULL UNIQUE CHECK (length(hash) = 64)
);
CREATE INDEX audit_log_org ON audit_log (org_id, at);
CREATE INDEX audit_log_target ON audit_log (target_kind, target_id, at);
CREATE FUNCTION audit_log_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_log is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_refuse_change();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change();

INSERT INTO settings_version (name, version) VALUES ('policies', 0);
