DROP TABLE provider_object;
ALTER TABLE ai_request_attempt DROP COLUMN quantities;
ALTER TABLE ai_request_log DROP COLUMN quantities;
