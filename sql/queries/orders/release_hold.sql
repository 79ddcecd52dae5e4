-- $1 order, $2 hold, $3 actor, $4 notes or null, $5 tenant. Locks: orders, levels, reservations.
select sp_release_hold($1, $2, $3, $4, $5) as "goes_on"
