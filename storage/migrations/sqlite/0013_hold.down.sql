DROP INDEX ai_request_log_hold;
ALTER TABLE ai_request_log DROP COLUMN hold;
