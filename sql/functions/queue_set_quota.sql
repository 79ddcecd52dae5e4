-- What one sender may enqueue through the front door: so many unfinished jobs, so many a minute.
-- Both null: no quota. A new rate begins with a full bucket.
create or replace function queue.set_quota(
  p_sender text,
  p_max_waiting bigint default null,
  p_max_per_minute integer default null
)
returns void
language plpgsql volatile
as $$
begin
  if p_max_waiting is null and p_max_per_minute is null then
    delete from queue.quotas as q where q.sender = p_sender;
    return;
  end if;
  insert into queue.quotas as q (
    sender, max_waiting, max_per_minute, balance, refilled_at, changed_at
  )
  values (
    p_sender, p_max_waiting, p_max_per_minute, p_max_per_minute,
    case when p_max_per_minute is not null then clock_now() end, clock_now()
  )
  on conflict (sender) do update
  set
    max_waiting = excluded.max_waiting,
    max_per_minute = excluded.max_per_minute,
    balance = excluded.balance,
    refilled_at = excluded.refilled_at,
    changed_at = excluded.changed_at;
end
$$;

comment on function queue.set_quota(text, bigint, integer) is
  'Sets how many unfinished jobs and how many jobs a minute a sender may have; nulls end it.';
