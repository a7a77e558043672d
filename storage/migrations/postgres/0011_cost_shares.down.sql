DROP TABLE cost_source_day;
DROP TABLE cost_source_hour;
DROP TABLE cost_team_day;
DROP TABLE cost_team_hour;
DROP TABLE cost_project_day;
DROP TABLE cost_project_hour;
DROP TABLE cost_model_day;
DROP TABLE cost_model_hour;
