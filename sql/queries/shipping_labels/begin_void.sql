-- A parcel's label shall go back: $1 parcel, $2 tenant. Locks: the order, the fulfilment.
select sp_begin_void($1, $2)::text as "done"
