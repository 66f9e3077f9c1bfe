-- learning/: how long learning took last: a place of a million exposures is learned less often than one of a thousand.
alter table place_learning add column took_ms int;
