-- journeys/: designed plans, their versions (kind 'journey' of versions, because their rules need tracks), and who is in them.
create table journeys (
  id int generated always as identity primary key,
  workspace int not null references workspaces,
  name text not null,
  -- draft: never published; live; paused: nobody enters, runs go on; stopped: runs were ended.
  state text not null check (state in ('draft', 'live', 'paused', 'stopped')),
  draft jsonb not null,
  draft_no int not null default 1,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index journeys_name on journeys (workspace, lower(name));
alter table versions drop constraint versions_kind_check, add constraint versions_kind_check check (kind in ('segment', 'trait', 'stages', 'journey')),
  add column journey int references journeys on delete cascade,
  -- How many-th of its journey, and what happened to the runs of the one before.
  add column number int, add column published_by text, add column former_runs text check (former_runs in ('pin', 'migrate', 'end'));
create index versions_journey on versions (journey) where journey is not null;
-- One customer in one journey. The state that is decided on lies with the atom (customers/standing.ts); this is what is read.
create table runs (
  id text primary key,
  workspace int not null,
  journey int not null,
  version int not null,
  atom bigint not null,
  key text not null default '',
  step text,
  -- running, or how it ended: completed, exited, goal, held_out, joined, ended, failed.
  state text not null,
  -- What it waits for: time, event, message, task, call; null when it ended.
  blocker text,
  entered_at bigint not null,
  moved_at bigint not null,
  due_at bigint,
  detail text
);
create index runs_atom on runs (atom, entered_at desc);
create index runs_step on runs (journey, version, step) where state = 'running';
create index runs_ended on runs (journey, moved_at) where state <> 'running';
-- How many passed a step, by hour; `path` is the way out that was taken.
create table step_hours (
  version int not null,
  step text not null,
  path text not null,
  hour_at bigint not null,
  n bigint not null default 0,
  primary key (version, step, path, hour_at)
);
-- Who is to enter a journey by the API, a batch, a date or a schedule: taken by the worker under the customer's lock.
create table journey_entries (
  id bigint generated always as identity primary key,
  workspace int not null,
  journey int not null references journeys on delete cascade,
  customer bigint not null,
  key text not null default '',
  context text not null default '',
  due_at bigint not null
);
create index journey_entries_due on journey_entries (due_at, id);
-- What a run asks of the world beside messages: webhooks, traits, audiences. One row, done once.
create table calls (
  id text primary key,
  workspace int not null,
  atom bigint not null,
  run text not null,
  kind text not null check (kind in ('webhook', 'update', 'audience')),
  body jsonb not null,
  state text not null default 'due' check (state in ('due', 'done', 'failed')),
  due_at bigint not null,
  claimed_until bigint not null default 0,
  attempts int not null default 0,
  detail text
);
create index calls_due on calls (due_at) where state = 'due';
-- people/: what somebody is asked to do for a customer.
create table tasks (
  id text primary key,
  workspace int not null,
  atom bigint not null,
  run text,
  title text not null,
  detail text not null default '',
  team text not null default '',
  outcomes text[] not null default '{}',
  state text not null default 'open' check (state in ('open', 'done', 'cancelled')),
  outcome text,
  note text,
  done_by text,
  created_at bigint not null,
  due_at bigint,
  done_at bigint
);
create index tasks_open on tasks (workspace, due_at) where state = 'open';
create index tasks_atom on tasks (atom);
create table audience_members (
  workspace int not null,
  audience text not null,
  atom bigint not null,
  since_at bigint not null,
  primary key (workspace, audience, atom)
);
-- Candidates of decide steps that learn: shown and converted, by version and step.
create table arms (
  version int not null,
  step text not null,
  arm text not null,
  shown bigint not null default 0,
  converted bigint not null default 0,
  primary key (version, step, arm)
);

-- messages/
create table templates (
  id int generated always as identity primary key,
  workspace int not null references workspaces,
  name text not null,
  description text not null default '',
  created_at bigint not null,
  updated_at bigint not null
);
create unique index templates_name on templates (workspace, lower(name));
create table template_versions (
  template int not null references templates on delete cascade,
  number int not null,
  body jsonb not null,
  made_by text,
  created_at bigint not null,
  primary key (template, number)
);
create table providers (
  id int generated always as identity primary key,
  workspace int not null references workspaces,
  channel text not null,
  driver text not null,
  name text not null,
  config jsonb not null,
  per_second real,
  created_at bigint not null,
  updated_at bigint not null,
  -- After trouble that is the provider's own: nothing is handed to it before.
  rests_until bigint not null default 0,
  problem text
);
create index providers_workspace on providers (workspace, channel);
create table messages (
  id text primary key,
  workspace int not null,
  atom bigint not null,
  journey int,
  version int,
  run text,
  step text,
  channel text not null,
  template int not null,
  purpose text not null,
  -- {tags, products, priority, else, context, why}: what it was asked for with.
  asked jsonb not null,
  state text not null check (state in ('due', 'sending', 'sent', 'refused', 'failed', 'unknown', 'cancelled')),
  -- When it is looked at next.
  due_at bigint not null,
  created_at bigint not null,
  expires_at bigint not null,
  claimed_until bigint not null default 0,
  attempts int not null default 0,
  provider int,
  provider_id text,
  address text,
  reason text,
  detail text,
  settled_at bigint,
  -- When its run was told how it ended; null as long as that is still to be done.
  told_at bigint,
  -- As it left: {subject, html, text, ...}, template_no, and the receipt's facts.
  template_no int,
  content jsonb,
  receipt jsonb
);
-- What must not wait behind the others first: 0 for transactional messages, 1 for the rest.
create index messages_due on messages (workspace, channel, (case purpose when 'transactional' then 0 else 1 end), due_at) where state = 'due';
create index messages_next on messages (due_at) where state = 'due';
create index messages_untold on messages (settled_at) where settled_at is not null and told_at is null;
create index messages_sending on messages (claimed_until) where state = 'sending';
create index messages_atom on messages (atom, created_at desc);
create index messages_workspace on messages (workspace, created_at desc);
-- Whom an answer belongs to that names no message.
create index messages_address on messages (workspace, address, created_at desc) where channel in ('sms', 'whatsapp') and address is not null;
create index messages_provider on messages (provider, provider_id) where provider_id is not null;
-- What caps count: written in the transaction that lets a message leave, under the lock of its customer.
create table contacts (
  message text primary key,
  workspace int not null,
  atom bigint not null,
  at bigint not null,
  channel text not null,
  purpose text not null,
  tags text[] not null default '{}'
);
create index contacts_atom on contacts (atom, at desc);
-- Reasons why messages did not leave or were delayed, by day.
create table message_counts (
  workspace int not null,
  day_at bigint not null,
  channel text not null,
  outcome text not null,
  reason text not null default '',
  n bigint not null default 0,
  primary key (workspace, day_at, channel, outcome, reason)
);
-- What providers reported, each once.
create table message_reports (
  workspace int not null,
  report_id text not null,
  message text,
  what text not null,
  at bigint not null,
  detail text not null default '',
  primary key (workspace, report_id)
);
create index message_reports_message on message_reports (message, at);
-- Addresses that get nothing in a channel any more. `purpose` empty: whatever it is for.
create table suppressions (
  workspace int not null,
  channel text not null,
  address text not null,
  purpose text not null default '',
  reason text not null check (reason in ('bounced', 'complained', 'unsubscribed', 'invalid', 'erased')),
  since_at bigint not null,
  message text,
  detail text not null default '',
  primary key (workspace, channel, address, purpose)
);
-- What a customer asked for in the preference centre.
create table preferences (
  atom bigint primary key,
  workspace int not null,
  body jsonb not null,
  updated_at bigint not null
);
-- Where push messages go: told by SDKs, retired when a provider says so.
create table push_addresses (
  workspace int not null,
  channel text not null check (channel in ('web_push', 'mobile_push')),
  address text not null,
  atom bigint not null,
  told_at bigint not null,
  retired_at bigint,
  primary key (workspace, channel, address)
);
create index push_addresses_atom on push_addresses (atom);
-- The in-app inbox.
create table inbox_messages (
  id bigint generated always as identity primary key,
  message text not null unique,
  workspace int not null,
  atom bigint not null,
  place text not null,
  body jsonb not null,
  created_at bigint not null,
  seen_at bigint,
  dismissed_at bigint
);
create index inbox_messages_atom on inbox_messages (atom, id desc);
create table stock (
  workspace int not null,
  product text not null,
  pieces bigint not null,
  updated_at bigint not null,
  primary key (workspace, product)
);
