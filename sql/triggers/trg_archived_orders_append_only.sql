-- What was put away stays as it was.
create or replace trigger trg_archived_orders_append_only
before update or delete or truncate on archived_orders
for each statement execute function trg_refuse_change();
