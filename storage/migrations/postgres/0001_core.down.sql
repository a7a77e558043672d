DROP TABLE settings_version;
DROP TABLE ai_gateway_key;
DROP TABLE app_user;
DROP TABLE project;
DROP TABLE team;
DROP TABLE organization;
