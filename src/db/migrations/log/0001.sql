-- The event log. Sorted by customer's atom and time: per-customer reads touch few granules, and what one customer
-- repeats compresses well. Identity is joined when read (customers_of_atoms), so a merge rewrites nothing here.
create table if not exists events (
  workspace UInt32,
  atom UInt64 codec(Delta, ZSTD(1)),
  happened_at DateTime64(3, 'UTC') codec(Delta, ZSTD(1)),
  received_at DateTime64(3, 'UTC') codec(Delta, ZSTD(1)),
  message_id String codec(ZSTD(3)),
  type LowCardinality(String),
  name LowCardinality(String),
  channel LowCardinality(String),
  touchpoint LowCardinality(String),
  key UInt32 codec(ZSTD(1)),
  identifiers String codec(ZSTD(3)),
  properties String codec(ZSTD(3)),
  traits String codec(ZSTD(3)),
  more String codec(ZSTD(3))
)
engine = MergeTree
partition by toYYYYMM(happened_at)
order by (workspace, atom, happened_at)
settings non_replicated_deduplication_window = 10000, fsync_after_insert = 1, max_partitions_per_insert_block = 0;

-- Atoms that were joined to (or split again from) another customer; an atom without a row is its own customer.
create table if not exists customers_of_atoms (
  workspace UInt32,
  atom UInt64,
  customer UInt64,
  version UInt64
)
engine = ReplacingMergeTree(version)
order by (workspace, atom)
settings non_replicated_deduplication_window = 10000, fsync_after_insert = 1;
