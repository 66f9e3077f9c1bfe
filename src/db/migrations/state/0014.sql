-- gaps/: only what happened after a remedy was begun can prove it.
-- When somebody began to fix it; and what was counted of it in a period that lies after that: [k, n].
alter table gaps add column fixed_at bigint;
alter table gaps add column ratio_after jsonb;
-- The end of the latest period it was looked for in: a search over an older one does not change it any more.
alter table gaps add column looked_to bigint not null default 0;
update gaps g set
  looked_to = least(coalesce((scope->>'to')::bigint, looked_at), looked_at),
  fixed_at = (select max(at) from gap_history h where h.gap = g.id and h.state = 'being_fixed' and h.what in ('state', 'remedy')),
  -- The ratio when somebody began to fix it is [k, n, in how many ms]: nothing shorter is held against it.
  ratio_before = ratio_before || (measured->'periodMs'),
  measured = measured - 'lately';
