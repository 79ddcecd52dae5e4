-- $1 stock item or null, $2 location or null, $3 how many promises at most, $4 tenant.
-- Locks: orders, levels, reservations, fulfilments; index inventory_reservations_backordered_idx.
select sp_fill_backorders($1, $2, $3, $4) as "units!"
