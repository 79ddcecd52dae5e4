-- Sets the policy of an item. $1 SKU, $2 location or null: all, $3 policy, $4 tenant.
-- Locks: the levels. Answers on how many.
select sp_set_stock_policy($1, $2, $3, $4) as "levels!"
