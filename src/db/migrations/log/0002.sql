-- Under which epoch of the rules in force an event was handled (0: before there were any).
alter table events add column if not exists epoch UInt32 default 0 codec(ZSTD(1));
