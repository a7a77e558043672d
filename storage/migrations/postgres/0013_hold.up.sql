-- The allotment of the policy store that a call was drawn from; NULL: its reservation had the call's own id.
ALTER TABLE ai_request_log ADD COLUMN hold text;
