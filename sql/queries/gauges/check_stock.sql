-- Proves the next few levels of stock. Locks: see check_stock_sample().
select check_stock_sample() as "looked!"
