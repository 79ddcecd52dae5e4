-- Takes or keeps the right to sample for the fleet; no row: another process has it.
-- $1 holder, $2 seconds. Locks: the one row of monitor_leases. Index: monitor_leases_pkey.
insert into monitor_leases as held (monitor, holder, held_until)
values ('fleet', $1, clock_now() + make_interval(secs => $2))
on conflict (monitor) do update
set
    holder = excluded.holder,
    held_until = excluded.held_until
where held.holder = excluded.holder
    or held.held_until < clock_now()
returning true as "held!"
