-- Computes one table of analytics anew, as far back as is due, and says how many rows it wrote.
-- $1 topic. Locks: its own rows of analytics.
select analytics.refresh($1) as "rows!"
