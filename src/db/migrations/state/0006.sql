-- Secrets of the installation that every process of it needs: what links to customers are signed with.
create table secrets (
  name text primary key,
  value text not null,
  created_at bigint not null
);
