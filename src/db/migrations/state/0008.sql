-- Every index of runs and messages is written for each recipient of a send. No statement reads these: the ends of runs are
-- told by the log, and when the next message is due is asked by workspace and channel, of messages_due.
drop index runs_ended;
drop index messages_next;
