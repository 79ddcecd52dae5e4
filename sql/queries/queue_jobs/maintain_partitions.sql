-- Creates and drops history partitions. $1, $2: milliseconds that finished jobs, attempts stay.
select queue.maintain_partitions(
  $1::bigint * interval '1 millisecond',
  $2::bigint * interval '1 millisecond'
) as "changed!"
