DROP INDEX membership_team;
DROP INDEX ai_gateway_key_org;
ALTER TABLE ai_gateway_key DROP COLUMN metadata;
ALTER TABLE client DROP COLUMN version;
ALTER TABLE app DROP COLUMN version;
ALTER TABLE project DROP COLUMN team;
ALTER TABLE project DROP COLUMN version;
ALTER TABLE team DROP COLUMN version;
