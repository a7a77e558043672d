ALTER TABLE ai_request_log DROP COLUMN hold;
