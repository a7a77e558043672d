-- true: when the attempt was rated, its model or a class of what it used had no price. `pulse prices list --unpriced` lists
-- them, and they are rated again when a catalogue knows more; then it is false.
ALTER TABLE ai_request_attempt ADD COLUMN price_missing boolean NOT NULL DEFAULT false;

-- Rows of before: a provider's own numbers are estimated at nothing but an unknown model, or where they contradict each
-- other, which a second rating finds again.
UPDATE ai_request_attempt SET price_missing = true
WHERE usage_source <> 'none' AND (cost_status = 'unpriced' OR (cost_status = 'estimated' AND usage_source = 'provider'));

CREATE INDEX ai_request_attempt_price_missing ON ai_request_attempt (request_id, attempt) WHERE price_missing;
