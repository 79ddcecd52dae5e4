-- An event came: queue.resume_wait. $1: the token or name, $2: its payload as JSON text.
select queue.resume_wait($1, $2::text::jsonb) as outcome
