--! breaking
-- catalogue/: what there is to be had, at what price and how much of it. The stock that permission asks moves in here.
create table catalogue_items (
  workspace int not null,
  id text not null,
  -- Null: only its stock was told so far.
  name text,
  url text,
  image_url text,
  -- From the widest to the narrowest.
  category jsonb not null default '[]',
  -- In the currency's smallest unit.
  price_minor bigint,
  currency text,
  compare_at_minor bigint,
  -- Null: not counted.
  stock bigint,
  stock_at bigint,
  consumable boolean not null default false,
  used_up_days int,
  attributes jsonb not null default '{}',
  active boolean not null default true,
  -- The feed that told it, the round of it that did so last, and since when the feed has not named it any more.
  feed int,
  feed_round bigint,
  gone_at bigint,
  -- When its sender says that it was changed; what is older does not change it back.
  sender_at bigint,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (workspace, id)
);
create index catalogue_items_feed on catalogue_items (feed) where feed is not null;
insert into catalogue_items (workspace, id, stock, stock_at, created_at, updated_at)
  select workspace, product, pieces, updated_at, updated_at, updated_at from stock;
drop table stock;

create table catalogue_feeds (
  id int generated always as identity primary key,
  workspace int not null,
  url text not null,
  every_minutes int not null,
  created_at bigint not null,
  due_at bigint not null,
  claimed_until bigint not null default 0,
  round bigint not null default 0,
  etag text,
  last_modified text,
  -- What came of the last reading, and when: CatalogueReading of catalogue/model.ts.
  reading jsonb,
  unique (workspace, url)
);
create index catalogue_feeds_due on catalogue_feeds (due_at);

-- Addresses a shop's server tells changes at; each request is proven by the secret.
create table catalogue_hooks (
  id int generated always as identity primary key,
  workspace int not null,
  name text not null,
  kind text not null,
  secret text not null,
  created_at bigint not null,
  heard_at bigint,
  heard jsonb
);
-- What a shop calls the stock of an item, and what it told of it by place.
create table catalogue_stock_names (
  workspace int not null,
  hook int not null,
  name text not null,
  item text not null,
  primary key (hook, name)
);
create table catalogue_levels (
  workspace int not null,
  hook int not null,
  name text not null,
  place text not null,
  pieces bigint not null,
  told_at bigint not null,
  primary key (hook, name, place)
);
