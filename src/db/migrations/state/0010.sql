-- lifetime/: what was last fitted to a workspace's purchases (or why nothing could be), and what customers were last told of it.
create table lifetime_fits (
  workspace int primary key references workspaces on delete cascade,
  asked jsonb not null,
  result jsonb not null,
  fitted_at bigint not null
);
create table lifetime_told (
  workspace int not null references workspaces on delete cascade,
  customer bigint not null,
  alive real not null,
  purchases real not null,
  worth real,
  told_at bigint not null,
  primary key (workspace, customer)
);
