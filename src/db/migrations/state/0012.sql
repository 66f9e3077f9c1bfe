-- How many runs stand where, kept by what changes in place of being counted: a journey of a million runs is looked at
-- every few seconds. Each statement that touches runs, whoever makes it, writes in its own transaction by how much it
-- changed the counts (run_deltas, only ever appended, so that two workers never wait for each other); a job adds them up
-- into run_counts. What holds is the sum of both. Of runs that ended only the state counts.
create table run_counts (
  journey int not null,
  version int not null,
  state text not null,
  step text not null,
  blocker text not null,
  workspace int not null,
  n bigint not null,
  primary key (journey, version, state, step, blocker, workspace)
);
create table run_deltas (
  journey int not null,
  version int not null,
  state text not null,
  step text not null,
  blocker text not null,
  workspace int not null,
  n bigint not null
);

create function count_runs() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into run_deltas
    select journey, version, state, case when state = 'running' then coalesce(step, '') else '' end,
      case when state = 'running' then coalesce(blocker, '') else '' end, workspace, count(*)
    from after group by 1, 2, 3, 4, 5, 6;
  elsif tg_op = 'DELETE' then
    insert into run_deltas
    select journey, version, state, case when state = 'running' then coalesce(step, '') else '' end,
      case when state = 'running' then coalesce(blocker, '') else '' end, workspace, -count(*)
    from before group by 1, 2, 3, 4, 5, 6;
  else
    insert into run_deltas
    select journey, version, state, case when state = 'running' then coalesce(step, '') else '' end,
      case when state = 'running' then coalesce(blocker, '') else '' end, workspace, sum(n)
    from (select journey, version, state, step, blocker, workspace, 1 as n from after
      union all select journey, version, state, step, blocker, workspace, -1 from before) both_of
    group by 1, 2, 3, 4, 5, 6 having sum(n) <> 0;
  end if;
  return null;
end $$;
create trigger runs_come after insert on runs referencing new table as after for each statement execute function count_runs();
create trigger runs_move after update on runs referencing old table as before new table as after for each statement execute function count_runs();
create trigger runs_go after delete on runs referencing old table as before for each statement execute function count_runs();

insert into run_counts
select journey, version, state, case when state = 'running' then coalesce(step, '') else '' end,
  case when state = 'running' then coalesce(blocker, '') else '' end, workspace, count(*)
from runs group by 1, 2, 3, 4, 5, 6;
