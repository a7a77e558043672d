DROP TABLE ai_request_content;
