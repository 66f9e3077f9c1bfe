-- segments/: rules in force, what they need to know of history, who is a member, and who turns by time alone.

-- Grows with every change of what is in force. A batch of events is handled under one epoch, which its events carry into
-- the event log: so history before an epoch and events handled since never overlap and leave no gap.
create table epochs (n int not null);
insert into epochs values (1);
-- The epoch, which cannot move until the caller's transaction ends. Each statement in here sees what was committed before it.
create function held_epoch() returns int language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock_shared(731704);
  return (select n from epochs);
end $$;

create table segments (
  id int generated always as identity primary key,
  workspace int not null references workspaces,
  name text not null,
  description text not null default '',
  created_at bigint not null,
  updated_at bigint not null
);
create unique index segments_name on segments (workspace, lower(name));

-- One definition in force or on its way: a segment's rule, a computed trait, the stage model.
create table versions (
  id int generated always as identity primary key,
  workspace int not null references workspaces,
  kind text not null check (kind in ('segment', 'trait', 'stages')),
  segment int references segments on delete cascade,
  -- The computed trait's name.
  name text,
  body jsonb not null,
  -- What the rule refers to, as it was: {segments, computed, rfm, stages}.
  context jsonb not null,
  -- waiting: to be built; seeding: history is being read; catching_up: evaluated live as well, not yet serving;
  -- live: serving; replaced: by a newer one; failed: see problem.
  state text not null check (state in ('waiting', 'seeding', 'catching_up', 'live', 'replaced', 'failed')),
  done_ratio real not null default 0,
  -- What it says is whole as of this instant.
  as_of bigint,
  problem text,
  members bigint not null default 0,
  owner text,
  lease_until bigint not null default 0,
  created_at bigint not null,
  live_at bigint,
  -- Once set: who was in by history is in members, and every event is asked since.
  ready_no int
);
create index versions_segment on versions (segment);
create index versions_workspace on versions (workspace, kind, state);

-- What rules need to know of events (segments/track.ts). Known of all history once ready_no is set.
create table tracks (
  id int generated always as identity primary key,
  workspace int not null,
  key text not null,
  spec jsonb not null,
  -- Events handled under this epoch or a later one are told to it as they come; earlier ones are in its seeds.
  epoch int not null,
  ready_no int,
  unique (workspace, key)
);
create sequence ready_no;
-- What the log told of earlier events, by hundred atoms: {"atom": state, ...}. Taken up when a customer is next touched.
create table seeds (
  workspace int not null,
  chunk bigint not null,
  track int not null references tracks on delete cascade,
  body text not null,
  primary key (workspace, chunk, track)
)
-- Bodies of up to a page stay as they are: compressing them took longer than reading them from the log.
with (toast_tuple_target = 8160);
alter table seeds alter column body set storage external;
create table segment_members (
  version int not null,
  customer bigint not null,
  since_at bigint not null,
  primary key (version, customer)
);
create table customer_stages (
  workspace int not null,
  customer bigint primary key,
  stage text not null,
  since_at bigint not null
);
create index customer_stages_stage on customer_stages (workspace, stage, customer);
-- When time alone may next change something about a customer. Early is allowed, late is not.
create sequence wake_n;
create table wakes (
  customer bigint primary key,
  workspace int not null,
  due_at bigint not null,
  -- time: a window runs out; identity, account, rule: asked again because these changed.
  cause text not null default 'time',
  -- Another number whenever somebody asks again: a wake is over only when nobody has asked since it was read.
  n bigint not null default nextval('wake_n')
);
create index wakes_due on wakes (due_at);
-- Wakes of a back-fill that are far away: 'customer due_at,...' by the thousand, in order, from this instant on.
create table wake_bundles (
  id bigint generated always as identity primary key,
  workspace int not null,
  due_at bigint not null,
  body text not null
);
create index wake_bundles_due on wake_bundles (due_at);
-- Who entered and left, by hour.
create table segment_hours (
  segment int not null references segments on delete cascade,
  hour_at bigint not null,
  entered bigint not null default 0,
  "left" bigint not null default 0,
  members bigint,
  primary key (segment, hour_at)
);
create table account_members (
  workspace int not null,
  account_id text not null,
  atom bigint not null,
  primary key (workspace, account_id, atom)
);
-- What a customer's segments and stage are, and the tracks of this atom: JSON, see segments/standing.ts.
alter table atoms add column standing text not null default '';
alter table atoms alter column standing set storage external;
-- Own happenings that the batch made (a segment entered, a stage changed): lines for the event log, rebuilt from here.
alter table log_batches add column own text not null default '', add column epoch int not null default 0;

-- webhooks/: who is told of what happens, and what is still to be told.
create table webhooks (
  id int generated always as identity primary key,
  workspace int not null references workspaces,
  url text not null,
  secret text not null,
  -- Null: every segment.
  segment int references segments on delete cascade,
  created_at bigint not null,
  disabled_at bigint
);
create table webhook_deliveries (
  id bigint generated always as identity primary key,
  webhook int not null references webhooks on delete cascade,
  workspace int not null,
  message_id text not null,
  body text not null,
  created_at bigint not null,
  due_at bigint not null,
  attempts int not null default 0,
  claimed_until bigint not null default 0,
  delivered_at bigint,
  given_up_at bigint,
  status int,
  detail text
);
create index webhook_deliveries_due on webhook_deliveries (due_at) where delivered_at is null and given_up_at is null;
create index webhook_deliveries_waiting on webhook_deliveries (webhook, due_at) where delivered_at is null and given_up_at is null;
create index webhook_deliveries_webhook on webhook_deliveries (webhook, id desc);
