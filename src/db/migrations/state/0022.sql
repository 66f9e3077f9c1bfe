-- needs/: what was last worked out of a workspace's goals (models, or why there are none), and what customers were last told of them.
create table needs_models (
  workspace int primary key references workspaces on delete cascade,
  asked jsonb not null,
  result jsonb not null,
  made_at bigint not null
);
create table needs_told (
  workspace int not null references workspaces on delete cascade,
  customer bigint not null,
  needs jsonb not null,
  told_at bigint not null,
  primary key (workspace, customer)
);
-- When customers are likely to be there: what they were last told, and what holds for a workspace's stages, of which journeys read.
create table send_hours_told (
  workspace int not null references workspaces on delete cascade,
  customer bigint not null,
  hours text not null,
  told_at bigint not null,
  primary key (workspace, customer)
);
create table send_hours_shared (
  workspace int primary key references workspaces on delete cascade,
  shared jsonb not null,
  made_at bigint not null
);
