-- What is wrong with this database and its server, the worst first: each with what was seen and
-- the next step. p_held: how long a transaction may be open, and a lock be waited for. p_pool_max:
-- how many connections each process may open; null: not known. Reads statistics alone.
create or replace function doctor(
  p_held interval default '1 minute',
  p_pool_max integer default null
)
returns table (finding text, severity text, subject text, evidence text, advice text)
language sql stable
as $$
  select all_findings.*
  from (
    select * from doctor_activity(p_held, p_pool_max)
    union all
    select * from doctor_server()
    union all
    select * from doctor_tables()
    union all
    select * from doctor_statements()
  ) as all_findings
  order by array_position(array['critical', 'warning', 'notice'], all_findings.severity),
    all_findings.finding, all_findings.subject
$$;

comment on function doctor(interval, integer) is
  'What is wrong with the database, the worst first: `stevedore doctor`.';
