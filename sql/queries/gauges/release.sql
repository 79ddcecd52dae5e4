-- Gives the right to sample back, so that another process need not wait for the lease to end.
-- $1 holder. Locks: the one row of monitor_leases. Index: monitor_leases_pkey.
delete from monitor_leases
where monitor = 'fleet'
    and holder = $1
