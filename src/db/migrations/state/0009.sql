-- digest/: questions that are kept, the mails that bring them, and what changed.
create table views (
  id int generated always as identity primary key,
  workspace int not null references workspaces,
  name text not null,
  path text not null,
  body jsonb not null,
  last_days int,
  made_by text not null,
  created_at bigint not null,
  updated_at bigint not null
);
create index views_workspace on views (workspace, id);
create table digests (
  id int generated always as identity primary key,
  workspace int not null references workspaces,
  draft jsonb not null,
  created_at bigint not null,
  updated_at bigint not null
);
create index digests_workspace on digests (workspace, id);
-- Whoever writes the row composes the digest, once; what was composed stays to be looked at.
create table digest_occasions (
  digest int not null references digests on delete cascade,
  at bigint not null,
  subject text,
  body_text text,
  body_html text,
  problem text,
  primary key (digest, at)
);
-- due -> sending -> sent | (later) due | failed | unknown
create table digest_mails (
  digest int not null,
  at bigint not null,
  address text not null,
  state text not null check (state in ('due', 'sending', 'sent', 'failed', 'unknown')),
  due_at bigint not null,
  attempts int not null default 0,
  detail text not null default '',
  primary key (digest, at, address),
  foreign key (digest, at) references digest_occasions on delete cascade
);
create index digest_mails_due on digest_mails (due_at) where state = 'due';
create table alerts (
  id int generated always as identity primary key,
  workspace int not null references workspaces,
  metric text not null,
  part text,
  name text not null,
  words text not null,
  direction text not null check (direction in ('up', 'down')),
  worse boolean,
  since_at bigint not null,
  before_value double precision not null,
  after_value double precision not null,
  p_value double precision not null,
  found_at bigint not null,
  seen_at bigint,
  seen_by text
);
create index alerts_workspace on alerts (workspace, id);
-- Whoever writes the row looks for changes that day.
create table alert_looks (
  workspace int not null references workspaces,
  day int not null,
  primary key (workspace, day)
);
