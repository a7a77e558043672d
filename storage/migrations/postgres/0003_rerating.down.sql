DROP TABLE cost_rerating;
