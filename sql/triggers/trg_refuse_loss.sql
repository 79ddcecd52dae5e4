-- For ledgers that are put away with their order: a row may only go if archived_orders holds it, to
-- the last column, whoever deletes it.
create or replace function trg_refuse_loss()
returns trigger
language plpgsql
set timezone = 'UTC'
as $$
begin
  if exists (
    select o.tenant_id, o.order_id, to_jsonb(o) - '{tenant_id,order_id}'::text[]
    from old_rows as o
    except
    select a.tenant_id, a.order_id, r.content
    from (select distinct tenant_id, order_id from old_rows) as d
    join archived_orders as a using (tenant_id, order_id)
    cross join lateral jsonb_array_elements(a.document -> tg_table_name::text) as r (content)
  ) then
    raise exception '% is append-only', tg_table_name
      using errcode = '42501', hint = 'Rows go with their order alone, by archive_orders().';
  end if;
  return null;
end
$$;

comment on function trg_refuse_loss() is
  'Refuses to delete what archived_orders does not hold (42501).';

create or replace trigger trg_order_state_history_kept
after delete on order_state_history
referencing old table as old_rows
for each statement execute function trg_refuse_loss();

create or replace trigger trg_order_logs_kept
after delete on order_logs
referencing old table as old_rows
for each statement execute function trg_refuse_loss();

create or replace trigger trg_tracking_events_kept
after delete on tracking_events
referencing old table as old_rows
for each statement execute function trg_refuse_loss();
