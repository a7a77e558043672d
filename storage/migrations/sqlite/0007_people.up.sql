-- Who may use the console and what they may do, the policies and budgets above single keys, and what was changed by whom.

ALTER TABLE organization ADD COLUMN time_zone TEXT;  -- IANA name; NULL: policy.time_zone
ALTER TABLE app_user ADD COLUMN email TEXT CHECK (email IS NULL OR (email = lower(email) AND email GLOB '?*@?*'));
ALTER TABLE app_user ADD COLUMN password_hash TEXT;  -- argon2id in PHC form; NULL: no login with a password
ALTER TABLE app_user ADD COLUMN locale TEXT;
ALTER TABLE app_user ADD COLUMN disabled_at INTEGER CHECK (disabled_at >= 0);
ALTER TABLE app_user ADD COLUMN last_login_at INTEGER CHECK (last_login_at >= 0);
CREATE UNIQUE INDEX app_user_email ON app_user (email) WHERE email IS NOT NULL;

CREATE TABLE app (
    org_id     TEXT    NOT NULL REFERENCES organization (id),
    id         TEXT    NOT NULL CHECK (id <> ''),
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL CHECK (created_at >= 0),
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE client (
    org_id     TEXT    NOT NULL REFERENCES organization (id),
    id         TEXT    NOT NULL CHECK (id <> ''),
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL CHECK (created_at >= 0),
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

-- A user's role in an organisation (team '') or in one of its teams.
CREATE TABLE membership (
    org_id     TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    team       TEXT    NOT NULL DEFAULT '',
    role       TEXT    NOT NULL CHECK (role = 'admin' OR role = 'finance' OR role = 'manager' OR role = 'user'),
    created_at INTEGER NOT NULL CHECK (created_at >= 0),
    PRIMARY KEY (org_id, user_id, team),
    FOREIGN KEY (org_id, user_id) REFERENCES app_user (org_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- A browser's login. Only hashes are kept: of the cookie and of the CSRF token.
CREATE TABLE console_session (
    hash         TEXT    NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    csrf_hash    TEXT    NOT NULL CHECK (length(csrf_hash) = 64),
    org_id       TEXT    NOT NULL,
    user_id      TEXT    NOT NULL,
    created_at   INTEGER NOT NULL CHECK (created_at >= 0),
    expires_at   INTEGER NOT NULL CHECK (expires_at >= 0),
    seen_at      INTEGER NOT NULL CHECK (seen_at >= 0),
    address      TEXT,
    user_agent   TEXT,
    FOREIGN KEY (org_id, user_id) REFERENCES app_user (org_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX console_session_user ON console_session (org_id, user_id);

-- What programs authenticate with at the console: a login's token or a personal access token. Never the token itself.
CREATE TABLE access_token (
    id           TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    hash         TEXT    NOT NULL UNIQUE CHECK (length(hash) = 64),
    prefix       TEXT    NOT NULL,
    label        TEXT    NOT NULL,
    org_id       TEXT    NOT NULL,
    user_id      TEXT    NOT NULL,
    role         TEXT    CHECK (role = 'admin' OR role = 'finance' OR role = 'manager' OR role = 'user'),  -- narrower than the user's own; NULL: the user's
    created_at   INTEGER NOT NULL CHECK (created_at >= 0),
    expires_at   INTEGER CHECK (expires_at >= 0),
    revoked_at   INTEGER CHECK (revoked_at >= 0),
    used_at      INTEGER CHECK (used_at >= 0),
    FOREIGN KEY (org_id, user_id) REFERENCES app_user (org_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX access_token_user ON access_token (org_id, user_id);

-- What this installation signs its own tokens with: made at the first use, the same for all its processes.
CREATE TABLE installation_secret (
    name       TEXT    NOT NULL PRIMARY KEY CHECK (name <> ''),
    secret     TEXT    NOT NULL CHECK (length(secret) = 64),  -- 32 random bytes, hexadecimal
    created_at INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT, WITHOUT ROWID;

-- A policy of an organisation, team, project, user or app; a key's own stands with the key. `policy` is the JSON of keys.
CREATE TABLE ai_policy (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    org_id     TEXT    NOT NULL REFERENCES organization (id),
    name       TEXT    NOT NULL,
    scope      TEXT    NOT NULL CHECK (scope = 'organisation' OR scope = 'team' OR scope = 'project' OR scope = 'user' OR scope = 'app'),
    scope_id   TEXT    NOT NULL CHECK (scope = 'organisation' OR scope_id <> ''),
    policy     TEXT    NOT NULL CHECK (json_valid(policy) AND json_type(policy) = 'object'),
    version    INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    created_at INTEGER NOT NULL CHECK (created_at >= 0),
    updated_at INTEGER NOT NULL CHECK (updated_at >= 0),
    UNIQUE (org_id, scope, scope_id)
) STRICT, WITHOUT ROWID;

-- What may be spent in a window. `limit_amount` is exact decimal text of `currency`.
CREATE TABLE budget (
    id           TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    org_id       TEXT    NOT NULL REFERENCES organization (id),
    name         TEXT    NOT NULL,
    scope        TEXT    NOT NULL CHECK (scope = 'organisation' OR scope = 'team' OR scope = 'project' OR scope = 'user' OR scope = 'app' OR scope = 'client' OR scope = 'key' OR scope = 'model' OR scope = 'tag'),
    scope_id     TEXT    NOT NULL CHECK (scope = 'organisation' OR scope_id <> ''),
    period       TEXT    NOT NULL CHECK (period = 'hour' OR period = 'day' OR period = 'week' OR period = 'month' OR period = 'total'),
    limit_amount TEXT    NOT NULL CHECK (limit_amount >= '0' AND limit_amount || 'e0' < CAST(1.7e26 AS REAL)),
    currency     TEXT    NOT NULL CHECK (length(currency) = 3),
    soft         INTEGER NOT NULL DEFAULT 0 CHECK (soft IN (0, 1)),
    version      INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    created_at   INTEGER NOT NULL CHECK (created_at >= 0),
    updated_at   INTEGER NOT NULL CHECK (updated_at >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX budget_scope ON budget (org_id, scope, scope_id);

-- Every administrative change, append only. `hash` is SHA-256 over the row and the hash before it (docs/formats/audit.md),
-- so that a row that was changed or taken out shows. Written one at a time: `seq` has no gaps.
CREATE TABLE audit_log (
    seq           INTEGER NOT NULL PRIMARY KEY CHECK (seq >= 1),
    at            INTEGER NOT NULL CHECK (at >= 0),
    org_id        TEXT    NOT NULL,
    actor         TEXT    NOT NULL,  -- user id, or 'system', 'command line'
    actor_kind    TEXT    NOT NULL CHECK (actor_kind = 'user' OR actor_kind = 'token' OR actor_kind = 'system' OR actor_kind = 'command_line'),
    address       TEXT,
    action        TEXT    NOT NULL CHECK (action <> ''),  -- key.create, policy.update …
    target_kind   TEXT    NOT NULL,
    target_id     TEXT    NOT NULL,
    before_json   TEXT    CHECK (before_json IS NULL OR json_valid(before_json)),
    after_json    TEXT    CHECK (after_json IS NULL OR json_valid(after_json)),
    previous_hash TEXT    NOT NULL CHECK (length(previous_hash) = 64),
    hash          TEXT    NOT NULL UNIQUE CHECK (length(hash) = 64)
) STRICT;
CREATE INDEX audit_log_org ON audit_log (org_id, at);
CREATE INDEX audit_log_target ON audit_log (target_kind, target_id, at);
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;

INSERT INTO settings_version (name, version) VALUES ('policies', 0);
