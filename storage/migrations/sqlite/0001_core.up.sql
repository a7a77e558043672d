-- Who there is: organisations, their teams, projects and users, and the virtual keys.
-- Times are INTEGER microseconds since 1970-01-01 UTC. Ids of teams, projects and users are unique within their
-- organisation and are the words that ledger rows and x-pulse-* headers carry; `name` is for display.

CREATE TABLE organization (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE team (
    org_id     TEXT    NOT NULL REFERENCES organization (id),
    id         TEXT    NOT NULL CHECK (id <> ''),
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL CHECK (created_at >= 0),
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE project (
    org_id     TEXT    NOT NULL REFERENCES organization (id),
    id         TEXT    NOT NULL CHECK (id <> ''),
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL CHECK (created_at >= 0),
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE app_user (
    org_id     TEXT    NOT NULL REFERENCES organization (id),
    id         TEXT    NOT NULL CHECK (id <> ''),
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL CHECK (created_at >= 0),
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

-- A virtual key: never the key itself, only its SHA-256.
CREATE TABLE ai_gateway_key (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    hash       TEXT    NOT NULL UNIQUE CHECK (length(hash) = 64 AND hash NOT GLOB '*[^0-9a-f]*'),
    prefix     TEXT    NOT NULL,
    label      TEXT    NOT NULL,
    org_id     TEXT    NOT NULL REFERENCES organization (id),
    team       TEXT,
    project    TEXT,
    "user"     TEXT,
    app        TEXT,
    policy     TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(policy) AND json_type(policy) = 'object'),
    expires_at INTEGER CHECK (expires_at >= 0),
    revoked_at INTEGER CHECK (revoked_at >= 0),
    created_at INTEGER NOT NULL CHECK (created_at >= 0),
    version    INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    bootstrap  INTEGER NOT NULL DEFAULT 0 CHECK (bootstrap IN (0, 1)),
    FOREIGN KEY (org_id, team) REFERENCES team (org_id, id),
    FOREIGN KEY (org_id, project) REFERENCES project (org_id, id),
    FOREIGN KEY (org_id, "user") REFERENCES app_user (org_id, id)
) STRICT, WITHOUT ROWID;

-- A counter per kind of setting that gateways poll: `keys` grows with every change of a key or its policy.
CREATE TABLE settings_version (
    name    TEXT    NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL CHECK (version >= 0)
) STRICT, WITHOUT ROWID;

INSERT INTO organization (id, name, created_at) VALUES ('default', 'Default organisation', 0);
INSERT INTO settings_version (name, version) VALUES ('keys', 0);
