-- What few jobs have, for people, beside queue.job: how far it is, its checkpoint and result, whom
-- it waits for and who waits for it (at most 1000 each), which events it waits for. Always one row.
-- Index: job_data_pkey, dependencies_pkey, dependencies_after_idx, waits_job_id_name_key.
create or replace function queue.job_details(p_job_id bigint)
returns table (
  percent smallint,
  message text,
  checkpoint jsonb,
  result jsonb,
  updated_at timestamptz,
  after jsonb,
  before jsonb,
  waits jsonb
)
language sql stable
as $$
  select
    t.percent,
    t.message,
    t.checkpoint,
    t.result,
    t.updated_at,
    (
      select coalesce(jsonb_agg(to_jsonb(edge) order by edge.job_id), '[]')
      from (
        select d.after_job_id as job_id, d.on_failure, d.outcome, d.settled_at
        from queue.dependencies as d
        where d.job_id = asked.job_id
        order by d.after_job_id
        limit 1000
      ) as edge
    ),
    (
      select coalesce(jsonb_agg(to_jsonb(edge) order by edge.job_id), '[]')
      from (
        select d.job_id, d.on_failure, d.outcome, d.settled_at
        from queue.dependencies as d
        where d.after_job_id = asked.job_id
        order by d.job_id
        limit 1000
      ) as edge
    ),
    (
      select coalesce(jsonb_agg(to_jsonb(event) order by event.created_at), '[]')
      from (
        select w.name, w.created_at, w.expires_at, w.ended_at, w.outcome, w.payload
        from queue.waits as w
        where w.job_id = asked.job_id
        order by w.created_at
        limit 1000
      ) as event
    )
  from (values (p_job_id)) as asked(job_id)
  left join queue.job_data as t using (job_id)
$$;

comment on function queue.job_details(bigint) is
  'Progress, checkpoint, result, edges and waits of a job, for people; always one row.';
