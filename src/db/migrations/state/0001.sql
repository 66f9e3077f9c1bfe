-- The first schema of the state store. Instants are milliseconds since 1970 (bigint); columns are the types' fields.

-- access/
create table workspaces (
  id int generated always as identity primary key,
  name text not null,
  settings jsonb not null default '{}',
  created_at bigint not null
);
create table keys (
  id int generated always as identity primary key,
  workspace int not null references workspaces,
  kind text not null check (kind in ('write', 'secret')),
  name text not null,
  -- A write key is public (it stands in web pages) and kept as it is; of a secret key only the SHA-256 is kept.
  value text unique,
  hash text unique,
  hint text not null,
  created_at bigint not null,
  revoked_at bigint
);
create index keys_workspace on keys (workspace);
create table users (
  id int generated always as identity primary key,
  email text not null unique,
  name text not null,
  password_hash text not null,
  created_at bigint not null
);
create table members (
  workspace int not null references workspaces,
  user_id int not null references users,
  role text not null check (role in ('owner', 'editor', 'viewer')),
  primary key (workspace, user_id)
);
create table sessions (
  hash text primary key,
  user_id int not null references users,
  csrf text not null,
  created_at bigint not null,
  expires_at bigint not null
);
create table idempotency (
  workspace int not null,
  key text not null,
  request_hash text not null,
  status int,
  answer text,
  expires_at bigint not null,
  primary key (workspace, key)
);
create index idempotency_expires on idempotency (expires_at);

-- events/: the inbox, one row a micro-batch and lane, NDJSON of accepted events
create sequence inbox_id;
create sequence inbox_flush;
create table inbox (
  id bigint not null,
  lane smallint not null,
  -- The commit it came in, and where in it each of its events stood: arrival order over all lanes.
  flush bigint not null,
  places text not null,
  received_at bigint not null,
  events int not null,
  body text not null,
  primary key (lane, id, received_at)
) partition by range (received_at);
-- Bodies are already one large string each; PostgreSQL's own compression would cost more than the disk saves.
alter table inbox alter column body set storage external;
create table inbox_default partition of inbox default;
alter table inbox_default alter column body set storage external;
create table lanes (
  lane smallint primary key,
  owner text,
  lease_until bigint not null default 0,
  -- The last inbox row handled, and when it was received (which partitions are still to be read).
  cursor_id bigint not null default 0,
  cursor_at bigint not null default 0
);
create table refused (
  id bigint generated always as identity primary key,
  workspace int not null,
  key int,
  reason text not null,
  detail text not null,
  message_id text,
  body text not null,
  refused_at bigint not null,
  replayed_at bigint
);
create index refused_workspace on refused (workspace, id desc);
-- Message ids already handled: an MD5 of workspace and id. `day` lets old ones be forgotten.
create table seen (key uuid primary key, day smallint not null);

-- identity/
create sequence atom_id increment by 1000;
create table identifiers (
  key uuid primary key,
  workspace int not null,
  kind text not null,
  value text not null,
  -- The atom it points at; 0 when nobody owns it for now (a device found to be shared).
  atom bigint not null,
  shared boolean not null default false,
  created_at bigint not null
);
create index identifiers_value on identifiers (workspace, lower(value) text_pattern_ops);
create table links (
  id bigint generated always as identity primary key,
  workspace int not null,
  a bigint not null,
  b bigint not null,
  rule text not null,
  message_id text not null,
  reason jsonb not null,
  made_at bigint not null,
  undone_at bigint,
  undone_by text
);
create index links_a on links (a);
create index links_b on links (b);
create table asides (
  id bigint generated always as identity primary key,
  workspace int not null,
  atom bigint not null,
  kind text not null,
  value text not null,
  reason text not null,
  message_id text not null,
  at bigint not null
);
create unique index asides_once on asides (atom, kind, value, reason);

-- customers/: what is known, by atom; the customer is the merge of the atoms that name it
create table atoms (
  id bigint primary key,
  workspace int not null,
  -- The customer it belongs to (that customer's oldest atom) and how many atoms that customer has.
  customer bigint not null,
  size smallint not null default 1,
  -- Grows with every write: a worker that decided on an older version tries again.
  version int not null default 1,
  -- JSON: [[kind, value, since], ...] and the atoms this one must not be joined to again.
  identifiers text not null,
  apart text not null default '',
  knowledge text not null
)
-- Documents of a few kilobytes stay in the row as they are: compressing them costs more than it saves, and a row of its
-- own elsewhere costs a second write. Room is left in each page so that an update stays in it and touches no index.
with (fillfactor = 80, toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.1);
create index atoms_joined on atoms (customer) where customer <> id;
create index atoms_workspace on atoms (workspace, id desc);
create table customer_names (atom bigint primary key, workspace int not null, name text not null);
create index customer_names_name on customer_names (workspace, name text_pattern_ops);
create table accounts (
  workspace int not null,
  account_id text not null,
  traits jsonb not null,
  updated_at bigint not null,
  primary key (workspace, account_id)
);

-- log/: what still has to reach the event log, and in which insert
create table log_batches (
  id bigint generated always as identity primary key,
  -- Made by the worker: after a crash of PostgreSQL a number may come again for another batch, this never does.
  name uuid not null,
  -- The inbox rows of the batch in order, [[lane, id, received_at], ...], and per event of them the atom it hangs on,
  -- or 0 when it is not to be logged: with these a crash can rebuild the same insert.
  rows text not null,
  atoms text not null,
  events int not null,
  insert_id bigint,
  claimed_until bigint not null default 0,
  created_at bigint not null
);
create index log_batches_insert on log_batches (insert_id);
create sequence log_insert_id;
create table remaps (
  id bigint generated always as identity primary key,
  workspace int not null,
  atom bigint not null,
  customer bigint not null,
  -- Written, durably, before the log is told: what the log knows must not be undone by a crash here.
  claimed boolean not null default false
);
create table workers (id text primary key, seen_at bigint not null);

-- telemetry/: counts that survive a restart; one row a name, reason and process, summed when read
create table tallies (
  workspace int not null,
  name text not null,
  reason text not null default '',
  n bigint not null,
  primary key (workspace, name, reason)
);

-- imports/
create table imports (
  id bigint generated always as identity primary key,
  workspace int not null,
  name text not null,
  state text not null check (state in ('uploading', 'waiting', 'running', 'done', 'failed', 'cancelled')),
  mapping jsonb not null,
  size_bytes bigint not null default 0,
  done_bytes bigint not null default 0,
  rows_read bigint not null default 0,
  rows_accepted bigint not null default 0,
  rows_refused bigint not null default 0,
  detail text,
  created_at bigint not null,
  updated_at bigint not null
);
