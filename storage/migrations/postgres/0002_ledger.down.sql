DROP TABLE spool_checkpoint;
DROP TABLE cost_event;
DROP TABLE ai_request_attempt;
DROP TABLE ai_request_log;
DROP TABLE price_version;
