-- The event log. Sorted by atom and time: one customer's history touches few granules, and what one customer repeats
-- compresses well. Identity is joined when read (customersOfAtoms), so a merge rewrites nothing here. Columns are the
-- fields of an Event, so that a line of the inbox is inserted as it stands; objects are kept as JSON text.
create table if not exists events (
  workspace UInt32,
  atom UInt64 codec(Delta, ZSTD(1)),
  happenedAt Int64 codec(Delta, ZSTD(1)),
  receivedAt Int64 codec(Delta, ZSTD(1)),
  id String codec(ZSTD(3)),
  type LowCardinality(String),
  name LowCardinality(String),
  channel LowCardinality(String),
  touchpoint LowCardinality(String),
  key UInt32 codec(ZSTD(1)),
  originalAt Nullable(Int64) codec(Delta, ZSTD(1)),
  sentAt Nullable(Int64) codec(Delta, ZSTD(1)),
  identifiers String codec(ZSTD(3)),
  properties String codec(ZSTD(3)),
  traits String codec(ZSTD(3)),
  campaign String codec(ZSTD(3)),
  referrer String codec(ZSTD(3)),
  accountId String codec(ZSTD(3)),
  previous String codec(ZSTD(3)),
  consents String codec(ZSTD(3)),
  context String codec(ZSTD(3)),
  happened DateTime64(3, 'UTC') alias fromUnixTimestamp64Milli(happenedAt, 'UTC')
)
engine = MergeTree
partition by toYYYYMM(fromUnixTimestamp64Milli(happenedAt, 'UTC'))
order by (workspace, atom, happenedAt)
settings non_replicated_deduplication_window = 10000, fsync_after_insert = 1;

-- Atoms that were joined to (or split again from) another customer; an atom without a row is its own customer.
create table if not exists customersOfAtoms (
  workspace UInt32,
  atom UInt64,
  customer UInt64,
  version UInt64
)
engine = ReplacingMergeTree(version)
order by (workspace, atom)
settings non_replicated_deduplication_window = 10000, fsync_after_insert = 1;
