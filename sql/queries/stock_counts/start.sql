-- $1 location, $2 SKUs or null: all there, $3 tenant.
select sp_start_count($1, $2, $3) as "stock_count_id!"
