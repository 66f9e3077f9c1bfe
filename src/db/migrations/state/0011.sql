-- gaps/: places where a business loses people or trust, as they were last measured, and what was done about them.
create table gaps (
  id int generated always as identity primary key,
  workspace int not null references workspaces,
  kind text not null,
  subject text not null,
  -- The part of customers it was looked for in, as JSON (segment, channels, account); empty: all of them.
  part text not null default '',
  state text not null default 'open' check (state in ('open', 'being_fixed', 'proven', 'rolled_back', 'dismissed')),
  -- What the last search that found it measured, without what follows from edited assumptions; and the scope of it.
  measured jsonb not null,
  scope jsonb not null,
  basis jsonb not null,
  -- Numbers a person laid down in place of ours.
  assumptions jsonb not null default '{}',
  -- The ratio when somebody began to fix it: [k, n].
  ratio_before jsonb,
  -- No reference: a removed journey leaves the gap's history true.
  journey int,
  found_at bigint not null,
  seen_at bigint not null,
  looked_at bigint not null
);
create unique index gaps_subject on gaps (workspace, kind, subject, part);

create table gap_history (
  id bigint generated always as identity primary key,
  workspace int not null,
  gap int not null references gaps on delete cascade,
  at bigint not null,
  by text not null,
  what text not null,
  state text not null,
  words text not null
);
create index gap_history_of on gap_history (gap, id);
-- When each workspace's gaps were last looked for by itself.
create table gap_looks (
  workspace int primary key references workspaces,
  looked_at bigint not null
);
