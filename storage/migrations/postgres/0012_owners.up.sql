-- What administrators keep: teams, projects, applications and clients with a version each, so that two changes at once do not
-- undo each other; the team that a project belongs to; what the maker of a key wants to find again with it.

ALTER TABLE team ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version >= 1);
ALTER TABLE project ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version >= 1);
ALTER TABLE project ADD COLUMN team text;  -- of the same organisation; NULL: of none
ALTER TABLE app ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version >= 1);
ALTER TABLE client ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version >= 1);
ALTER TABLE ai_gateway_key ADD COLUMN metadata jsonb CHECK (jsonb_typeof(metadata) = 'object');
CREATE INDEX ai_gateway_key_org ON ai_gateway_key (org_id, id);
CREATE INDEX membership_team ON membership (org_id, team, user_id);
