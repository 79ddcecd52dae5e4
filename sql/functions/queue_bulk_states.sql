-- Where a bulk change finds its jobs: the table, and what their state must be beside the filter.
create or replace function queue.bulk_states(p_action text)
returns table (
  source text,
  condition text
)
language plpgsql immutable
as $$
begin
  case p_action
    when 'cancel' then
      return query select 'jobs', 'not j.cancel_requested';
    when 'move', 'prioritise' then
      return query select 'jobs', 'j.state <> ''running''';
    when 'retry', 'delete' then
      return query select 'dead_jobs', 'true';
    else
      raise exception 'no such bulk change: %', p_action
        using errcode = '22023', hint = 'cancel, retry, move, prioritise or delete';
  end case;
end
$$;

comment on function queue.bulk_states(text) is
  'Which jobs a bulk change may touch at all; internal to queue.bulk and queue.count_bulk.';
