-- catalogue/: an address of a shop keeps its secret with the other secrets of our own, and what it needs to read the shop's words.
alter table catalogue_hooks drop column secret;
alter table catalogue_hooks add column config jsonb not null default '{}';
-- The items of one product of a shop, which is told and removed as a whole.
create index catalogue_items_product on catalogue_items (workspace, (attributes->>'shopProduct')) where attributes ? 'shopProduct';
