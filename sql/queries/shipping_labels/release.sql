-- A person looked: the parked label was not bought. $1 fulfilment, $2 actor, $3 tenant.
-- Locks: the order, the fulfilment.
select sp_release_label($1, $2, $3)::text as "done"
