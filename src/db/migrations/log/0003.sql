-- The touchpoint without ids, so that ten thousand product pages are one: twice, because two ids may follow each other.
-- Worked out once when an event comes in: over ten million events it took half of a map's time.
alter table events add column if not exists touchpointKind LowCardinality(String) materialized replaceRegexpAll(
  replaceRegexpAll(touchpoint, '/(?:[0-9]+|[0-9a-fA-F]{8,}|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27})(/|$)', '/*\\1'),
  '/(?:[0-9]+|[0-9a-fA-F]{8,}|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27})(/|$)', '/*\\1');
-- Events that were here before have it worked out as they are read, until this is done behind everything else.
alter table events materialize column touchpointKind;
