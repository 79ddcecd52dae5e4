-- $1 location's code, $2 zone or null, $3 picker or null, $4 how many parcels, $5 tenant.
-- Locks: orders (ascending, none that somebody works on), fulfilments.
select sp_create_pick_batch($1, $2, $3, $4, $5) as pick_list_id
