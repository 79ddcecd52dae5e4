-- Errors of orders have an owner: each opens the ticket of its cause, or counts in it, and with the
-- last error of the cause that is settled the ticket is resolved.
--
-- At the end of the transaction, since many orders fail for one cause: whoever locked its ticket
-- earlier and then waited for an order would deadlock, and would hold up all others meanwhile.
create or replace function trg_order_errors_ticket()
returns trigger
language plpgsql
-- By index only, from the first row on: why, create_order() says.
set enable_seqscan = off
as $$
declare
  v_cause constant text := error_cause(new.category, new.stage, new.code);
begin
  if tg_op = 'INSERT' then
    perform open_ticket(
      new.category,
      new.severity,
      v_cause,
      format('%s failed at %s: %s (%s)', new.category, new.stage, new.message, new.code),
      jsonb_strip_nulls(jsonb_build_object(
        'stage', new.stage,
        'code', new.code,
        'message', new.message,
        'order_error_id', new.order_error_id,
        'fulfillment_id', new.fulfillment_id)),
      new.order_id,
      new.tenant_id);
    return null;
  end if;
  -- Whoever settles the last but one at the same moment has committed when the ticket is locked,
  -- and the next statement sees that.
  perform
  from tickets
  where tenant_id = new.tenant_id
    and cause_key = v_cause
    and state = 'open'
  for no key update;
  if found and not exists (
    select
    from order_errors
    where tenant_id = new.tenant_id
      and category = new.category
      and stage = new.stage
      and code = new.code
      and not is_resolved)
  then
    perform resolve_ticket(
      v_cause, coalesce(new.resolved_by, 'system'), new.resolution, new.tenant_id);
  end if;
  return null;
end
$$;

comment on function trg_order_errors_ticket() is
  'Opens the tickets of errors, and resolves them with the last error of their cause.';

drop trigger if exists trg_order_errors_ticket on order_errors;
create constraint trigger trg_order_errors_ticket
after insert on order_errors
deferrable initially deferred
for each row
when (not new.is_resolved)
execute function trg_order_errors_ticket();

drop trigger if exists trg_order_errors_ticket_update on order_errors;
create constraint trigger trg_order_errors_ticket_update
after update on order_errors
deferrable initially deferred
for each row
when (new.is_resolved and not old.is_resolved)
execute function trg_order_errors_ticket();
