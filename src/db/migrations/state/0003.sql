-- Forgetting old message ids runs at every start and every hour, mostly to find none. Ids are written day after day, so
-- an index of page ranges finds the old ones without reading the table (6 million ids: 3 ms instead of 350).
create index seen_day on seen using brin (day) with (autosummarize = on);
