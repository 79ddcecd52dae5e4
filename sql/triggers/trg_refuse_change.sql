-- For append-only tables: refuses update, delete and truncate, whoever asks.
create or replace function trg_refuse_change()
returns trigger
language plpgsql
as $$
begin
  raise exception '% is append-only', tg_table_name
    using errcode = '42501', hint = 'Write a new row that corrects the old one.';
end
$$;

comment on function trg_refuse_change() is 'Refuses changes of append-only tables (42501).';

create or replace trigger trg_stock_movements_append_only
before update or delete or truncate on stock_movements
for each statement execute function trg_refuse_change();

create or replace trigger trg_order_state_history_append_only
before update or truncate on order_state_history
for each statement execute function trg_refuse_change();

create or replace trigger trg_order_logs_append_only
before update or truncate on order_logs
for each statement execute function trg_refuse_change();
