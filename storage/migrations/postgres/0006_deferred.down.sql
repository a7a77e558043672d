DROP TABLE deferred_work;
