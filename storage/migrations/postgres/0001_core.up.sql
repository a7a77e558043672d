-- Who there is: organisations, their teams, projects and users, and the virtual keys.
-- Ids of teams, projects and users are unique within their organisation and are the words that ledger rows and x-pulse-*
-- headers carry; `name` is for display.

CREATE TABLE organization (
    id         text        NOT NULL PRIMARY KEY CHECK (id <> ''),
    name       text        NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE team (
    org_id     text        NOT NULL REFERENCES organization (id),
    id         text        NOT NULL CHECK (id <> ''),
    name       text        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE project (
    org_id     text        NOT NULL REFERENCES organization (id),
    id         text        NOT NULL CHECK (id <> ''),
    name       text        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE TABLE app_user (
    org_id     text        NOT NULL REFERENCES organization (id),
    id         text        NOT NULL CHECK (id <> ''),
    name       text        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id)
);

-- A virtual key: never the key itself, only its SHA-256.
CREATE TABLE ai_gateway_key (
    id         text        NOT NULL PRIMARY KEY CHECK (id <> ''),
    hash       text        NOT NULL UNIQUE CHECK (hash ~ '^[0-9a-f]{64}$'),
    prefix     text        NOT NULL,
    label      text        NOT NULL,
    org_id     text        NOT NULL REFERENCES organization (id),
    team       text,
    project    text,
    "user"     text,
    app        text,
    policy     jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(policy) = 'object'),
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL,
    version    bigint      NOT NULL DEFAULT 1 CHECK (version >= 1),
    bootstrap  boolean     NOT NULL DEFAULT false,
    FOREIGN KEY (org_id, team) REFERENCES team (org_id, id),
    FOREIGN KEY (org_id, project) REFERENCES project (org_id, id),
    FOREIGN KEY (org_id, "user") REFERENCES app_user (org_id, id)
);

-- A counter per kind of setting that gateways poll: `keys` grows with every change of a key or its policy.
CREATE TABLE settings_version (
    name    text   NOT NULL PRIMARY KEY,
    version bigint NOT NULL CHECK (version >= 0)
);

INSERT INTO organization (id, name, created_at) VALUES ('default', 'Default organisation', 'epoch');
INSERT INTO settings_version (name, version) VALUES ('keys', 0);
