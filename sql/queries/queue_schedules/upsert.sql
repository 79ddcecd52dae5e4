-- Makes or changes a schedule. $1 schedule, $2 kind, $3 expression, $4 zone, $5 milliseconds
-- between ticks, $6 dst, $7 missed, $8 catch_up_max, $9 args, $10 queue, $11 priority,
-- $12 group_key.
select queue.upsert_schedule(
  $1, $2, $3, $4, $5::bigint * interval '1 millisecond', $6, $7, $8, $9::text::jsonb, $10, $11, $12
) as "revision!"
