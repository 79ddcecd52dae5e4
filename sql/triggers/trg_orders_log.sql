-- Who changes what an order says of its buyer leaves a row in order_logs, by whatever way. The
-- values are personal data and stay out of the log. Changes of state are in order_state_history.
create or replace function trg_orders_log()
returns trigger
language plpgsql
as $$
begin
  perform log_order(new.tenant_id, new.order_id, 'change', jsonb_build_object('columns', (
    select jsonb_agg(n.key order by n.key)
    from jsonb_each(to_jsonb(new)) as n
    join jsonb_each(to_jsonb(old)) as o using (key)
    where n.value <> o.value
      and n.key not in ('lock_version', 'updated_at', 'error_count'))));
  return null;
end
$$;

comment on function trg_orders_log() is 'Logs changes of an order''s buyer and address.';

create or replace trigger trg_orders_3_log
after update on orders
for each row
when ((new.customer_id, new.customer_name, new.customer_email, new.customer_phone,
    new.shipping_address, new.billing_address, new.locale, new.payment_method, new.promo_code)
  is distinct from (old.customer_id, old.customer_name, old.customer_email, old.customer_phone,
    old.shipping_address, old.billing_address, old.locale, old.payment_method, old.promo_code))
execute function trg_orders_log();
