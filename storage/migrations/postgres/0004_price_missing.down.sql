DROP INDEX ai_request_attempt_price_missing;
ALTER TABLE ai_request_attempt DROP COLUMN price_missing;
