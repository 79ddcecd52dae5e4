-- The checks of 0141, now for the rows that were there before.
-- Locks: share update exclusive on notification_queue while it is read once.
alter table notification_queue
  validate constraint notification_queue_channel_check,
  validate constraint notification_queue_unknown_attempts_check;
