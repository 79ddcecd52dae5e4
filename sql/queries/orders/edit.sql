-- $1 order, $2 lines, $3 address or null, $4 actor, $5 reason or null, $6 tenant.
-- Locks: orders, levels, reservations, payments, the order's jobs.
select sp_edit_order($1, $2, $3, $4, $5, $6) as "outcome"
