-- Where the provider served a call, when its price depends on that ('us', 'eu', 'eu-west-1'); NULL: wherever.
ALTER TABLE ai_request_log ADD COLUMN region TEXT;
