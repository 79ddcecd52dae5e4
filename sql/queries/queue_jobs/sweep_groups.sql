-- Releases groups that have blocked jobs and nobody at work.
select queue.sweep_groups()::text as done
