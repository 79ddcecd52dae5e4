-- $1 limit. Locks: the contacts whose digest is due (skipping what others write), what they wait
-- for. Index: notification_queue_digest_idx.
select sp_write_digests($1) as "written!"
