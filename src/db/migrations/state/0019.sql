-- catalogue/: what a feed names is known while it is read, so nothing is written of items that stand as it tells them.
alter table catalogue_items drop column feed_round;
