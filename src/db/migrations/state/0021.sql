-- recommendations/: how a workspace's lists are worked out, what those that serve rest on, and when somebody last began to work them out.
create table recommendations (
  workspace int primary key references workspaces,
  settings jsonb not null default '{}',
  basis jsonb,
  begun_at bigint not null default 0
);
-- What goes with a product and what is popular with whom: [product, customers, lift, score], the best first.
create table recommendation_lists (
  workspace int not null references workspaces,
  kind text not null,
  key text not null,
  entries json not null,
  primary key (workspace, kind, key)
);
