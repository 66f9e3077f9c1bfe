-- decisions/: places with their candidates are versions too (kind 'place', named by the place's key), because their rules
-- need tracks of history like those of segments and journeys.
alter table versions drop constraint versions_kind_check,
  add constraint versions_kind_check check (kind in ('segment', 'trait', 'stages', 'journey', 'place'));
create index versions_place on versions (workspace, name) where kind = 'place';
