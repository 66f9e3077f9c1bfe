-- When the next message may be handed over to a provider that has a rate: one place for all processes that send.
create table provider_paces (
  provider int primary key references providers on delete cascade,
  next_at double precision not null
);
