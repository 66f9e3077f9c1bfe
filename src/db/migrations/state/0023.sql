-- learning/: what was learned of the candidates of a place that learns, by how many-th it was laid down, and why it was stopped.
create table place_learning (
  workspace int not null references workspaces (id) on delete cascade,
  place text not null,
  number int not null,
  -- When somebody last began to look at it: one process does at a time.
  looked_at bigint not null,
  -- What had been told when the model was made: it is made anew when there is more.
  mark text,
  model json,
  learned_at bigint,
  guards json,
  guards_at bigint,
  stopped_at bigint,
  stop json,
  primary key (workspace, place, number)
);
