-- What an order may be: legal states, a number, columns that do not change once it is placed.
-- Refusals are P0STT with the reason in words, or 42501 for columns that are fixed.
create or replace function trg_orders_guard()
returns trigger
language plpgsql
as $$
declare
  v_obstacle text;
begin
  if tg_op = 'INSERT' then
    if new.order_status not in ('draft', 'pending') then
      perform refuse_transition('order', null, new.order_status);
    end if;
    if new.payment_status <> 'pending' then
      perform refuse_transition('payment', null, new.payment_status);
    end if;
    new.order_number := coalesce(new.order_number, format('ORD-%s-%s',
      to_char(new.placed_at at time zone 'UTC', 'YYYYMMDD'),
      lpad(new.order_id::text, greatest(5, length(new.order_id::text)), '0')));
    new.expires_at := coalesce(new.expires_at, clock_now() + reservation_ttl(new.tenant_id));
    return new;
  end if;

  -- Putting details away (archive_orders) is no change of the order, and comes with none.
  if new.archived_at is distinct from old.archived_at then
    if to_jsonb(new) - 'archived_at' <> to_jsonb(old) - 'archived_at' then
      raise exception 'archived_at changes alone' using errcode = '42501';
    end if;
    return new;
  end if;
  if (new.tenant_id, new.order_id, new.order_number)
      is distinct from (old.tenant_id, old.order_id, old.order_number)
    or new.currency <> old.currency and old.order_status <> 'draft'
    -- Sums of placed orders follow their lines, by trg_order_changes_apply alone.
    or old.order_status <> 'draft' and pg_trigger_depth() < 2
      and (new.currency, new.subtotal, new.shipping_fee, new.tax_amount, new.discount_amount,
          new.total_amount)
        is distinct from (old.currency, old.subtotal, old.shipping_fee, old.tax_amount,
          old.discount_amount, old.total_amount)
  then
    raise exception 'number and amounts of a placed order do not change' using errcode = '42501';
  end if;
  new.lock_version := old.lock_version + 1;
  new.updated_at := clock_now();
  if new.payment_status <> old.payment_status and not exists (
    select
    from order_state_transitions
    where axis = 'payment'
      and from_status = old.payment_status
      and to_status = new.payment_status
  ) then
    perform refuse_transition('payment', old.payment_status, new.payment_status);
  end if;
  if new.payment_status <> old.payment_status then
    new.payment_status_since := clock_now();
  end if;
  if new.order_status = old.order_status then
    return new;
  end if;
  if not exists (
    select
    from order_state_transitions
    where axis = 'order'
      and from_status = old.order_status
      and to_status = new.order_status
  ) then
    perform refuse_transition('order', old.order_status, new.order_status);
  end if;
  v_obstacle := order_obstacle(new.tenant_id, new.order_id, new.order_status);
  if v_obstacle is not null then
    perform refuse_transition('order', old.order_status, new.order_status, v_obstacle);
  end if;

  new.order_status_since := clock_now();
  case new.order_status
    when 'pending' then
      new.expires_at := clock_now() + reservation_ttl(new.tenant_id);
    when 'confirmed' then
      new.confirmed_at := coalesce(new.confirmed_at, clock_now());
    when 'delivered' then
      new.delivered_at := clock_now();
    when 'cancelled' then
      new.cancelled_at := clock_now();
      new.cancelled_by := coalesce(new.cancelled_by, current_actor());
      new.cancel_reason := coalesce(new.cancel_reason, current_reason());
    else null;
  end case;
  return new;
end
$$;

comment on function trg_orders_guard() is
  'Refuses illegal states of an order (P0STT) and changes of its fixed columns (42501).';

create or replace trigger trg_orders_guard
before insert or update on orders
for each row execute function trg_orders_guard();

create or replace trigger trg_orders_delete
before delete or truncate on orders
for each statement execute function trg_refuse_change();
