-- The outside heard of a version; answers whether there is a newer one. $1 tenant, $2 ticket,
-- $3 the version, $4 the occurrences it was told of or null, $5 whether in a comment.
-- Locks: the ticket.
update tickets
set
  synced_version = greatest(synced_version, $3),
  told_occurrences = coalesce($4, told_occurrences),
  told_at = case when $4::integer is null then told_at else clock_now() end,
  comments = comments + case when $5::boolean then 1 else 0 end,
  sync_error = null
where tenant_id = $1
  and ticket_id = $2
returning version > $3 as "is_behind!"
