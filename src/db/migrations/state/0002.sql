-- imports/: what a resumable upload and a resumable run have to know.
alter table imports
  add column preset text,
  -- SHA-256 of the file and the mapping as asked for: the same import asked for again is found by it.
  add column checksum text,
  -- Which data folder holds the file; only a process on that folder can read it.
  add column place text not null default '',
  add column key int not null default 0,
  add column received_bytes bigint not null default 0,
  -- Where the run stands in the unpacked file, and how much of the file of refused rows belongs to it.
  add column position_bytes bigint not null default 0,
  add column position_line bigint not null default 1,
  add column refused_bytes bigint not null default 0,
  add column rows_skipped bigint not null default 0,
  add column events_accepted bigint not null default 0,
  add column events_refused bigint not null default 0,
  add column owner text,
  add column lease_until bigint not null default 0,
  add column started_at bigint,
  add column rows_per_second real,
  drop column rows_accepted;
create index imports_workspace on imports (workspace, id desc);
create index imports_open on imports (id) where state in ('waiting', 'running');
create unique index imports_checksum on imports (workspace, checksum) where state in ('uploading', 'waiting', 'running', 'done');
