-- What went wrong stays what it was: only its ticket and how it was settled are written later.
create or replace function trg_order_errors_guard()
returns trigger
language plpgsql
as $$
begin
  raise exception 'what an error says does not change' using errcode = '42501';
end
$$;

comment on function trg_order_errors_guard() is 'Keeps what an error says (42501).';

create or replace trigger trg_order_errors_guard
before update on order_errors
for each row
when ((new.tenant_id, new.order_error_id, new.order_id, new.fulfillment_id, new.variant_id,
    new.category, new.severity, new.stage, new.code, new.message, new.context, new.stack,
    new.created_at)
  is distinct from (old.tenant_id, old.order_error_id, old.order_id, old.fulfillment_id,
    old.variant_id, old.category, old.severity, old.stage, old.code, old.message, old.context,
    old.stack, old.created_at))
execute function trg_order_errors_guard();
