-- journeys/: calls are settled first and told after, so that what was done has one outcome whatever crashes; `told_at` null: still to be told.
alter table calls add column answer jsonb, add column settled_at bigint, add column told_at bigint;
create index calls_untold on calls (settled_at) where settled_at is not null and told_at is null;
-- What one run asks of audiences is done in its order.
create index calls_run on calls (run) where state = 'due';
-- people/: what a person did with a task is written first and told to the run after; `done_by` null: the run ended by itself.
alter table tasks add column made_by text, add column told_at bigint;
create index tasks_untold on tasks (done_at) where done_by is not null and told_at is null;
create index tasks_workspace on tasks (workspace, created_at desc, id);
create index audience_members_atom on audience_members (atom);
-- Occurrences of journeys that begin by the clock: whoever writes the row lets the members in. `entered` null: it passed without (a pause).
create table journey_occurrences (
  journey int not null references journeys on delete cascade,
  at bigint not null,
  entered int,
  primary key (journey, at)
);
