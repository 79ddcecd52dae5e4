-- Removes old resolved tickets. $1 age in seconds, $2 how many at most. Locks: those rows, skipping
-- what others hold. Index: tickets_resolved_idx.
delete from tickets
where (tenant_id, ticket_id) in (
  select tenant_id, ticket_id
  from tickets
  where state = 'resolved'
    and resolved_at < clock_now() - make_interval(secs => $1)
  order by resolved_at
  limit $2
  for update skip locked
)
