-- A hold is what it is; all that may change is its release, once.
create or replace function trg_order_holds_guard()
returns trigger
language plpgsql
as $$
begin
  if old.released_at is not null
    or (new.tenant_id, new.order_hold_id, new.order_id, new.reason, new.notes, new.held_by,
        new.created_at)
      is distinct from (old.tenant_id, old.order_hold_id, old.order_id, old.reason, old.notes,
        old.held_by, old.created_at)
  then
    raise exception 'a hold is released once and does not change otherwise'
      using errcode = '42501';
  end if;
  return new;
end
$$;

comment on function trg_order_holds_guard() is 'A hold only changes by its release (42501).';

create or replace trigger trg_order_holds_guard
before update on order_holds
for each row execute function trg_order_holds_guard();
