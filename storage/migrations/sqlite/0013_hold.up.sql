-- The hold of the policy store that covers a call: an allotment that it was drawn from, or a reservation of another id; NULL:
-- one of the call's own id.
ALTER TABLE ai_request_log ADD COLUMN hold TEXT;
CREATE INDEX ai_request_log_hold ON ai_request_log (hold) WHERE hold IS NOT NULL;
