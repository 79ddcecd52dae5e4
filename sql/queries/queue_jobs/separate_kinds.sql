-- Puts kinds that would stand in the way of others into lines of their own; answers them.
select queue.separate_kinds() as "moved!"
