-- Whose turn comes first among what is due: 0 transactional, 1 in answer to what one customer did or waited for, 2 part of a send to many.
alter table messages add column turn smallint not null default 1;
update messages set turn = 0 where state = 'due' and purpose = 'transactional';
drop index messages_due;
create index messages_due on messages (workspace, channel, turn, due_at) where state = 'due';
