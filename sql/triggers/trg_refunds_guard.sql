-- Never more is given back than was captured, refunds on their way included, and a refund is done
-- when payment_events say so: by nobody's word else.
create or replace function trg_refunds_guard()
returns trigger
language plpgsql
as $$
declare
  v_left bigint;
begin
  if tg_op = 'INSERT' then
    if new.status = 'succeeded' and pg_trigger_depth() >= 2 then
      return new;
    end if;
    if new.status <> 'pending' then
      raise exception 'a refund starts pending' using errcode = '42501';
    end if;
    select captured_amount - refunded_amount into v_left
    from payments
    where tenant_id = new.tenant_id
      and payment_id = new.payment_id
    for no key update;
    select v_left - coalesce(sum(amount), 0) into v_left
    from refunds
    where tenant_id = new.tenant_id
      and payment_id = new.payment_id
      and status = 'pending';
    if new.amount > v_left then
      raise exception 'only % of payment % can be given back', v_left, new.payment_id
        using errcode = '23514', constraint = 'refunds_captured_check', table = 'refunds';
    end if;
    return new;
  end if;
  if (new.tenant_id, new.refund_id, new.payment_id, new.order_id, new.currency, new.amount,
      new.idempotency_key, new.part)
    is distinct from (old.tenant_id, old.refund_id, old.payment_id, old.order_id, old.currency,
      old.amount, old.idempotency_key, old.part)
    or new.status <> old.status and pg_trigger_depth() < 2
  then
    raise exception 'a refund is settled only through payment_events' using errcode = '42501';
  end if;
  -- A provider that said no may still say yes; never the other way round.
  if new.status <> old.status
    and (old.status, new.status) not in (('pending', 'succeeded'), ('pending', 'failed'),
      ('failed', 'succeeded'))
  then
    new.status := old.status;
  end if;
  return new;
end
$$;

comment on function trg_refunds_guard() is
  'Refuses refunds of more than was captured (23514) and writers other than payment_events '
  '(42501).';

create or replace trigger trg_refunds_guard
before insert or update on refunds
for each row execute function trg_refunds_guard();

create or replace trigger trg_refunds_delete
before delete or truncate on refunds
for each statement execute function trg_refuse_change();
