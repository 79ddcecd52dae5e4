-- A new refund of a payment that an outside provider took is a new refund_payment job, in the same
-- transaction. Until a worker knows that kind, the jobs wait.
create or replace function trg_refunds_enqueue()
returns trigger
language plpgsql
as $$
declare
  v_jobs jsonb;
begin
  select jsonb_agg(jsonb_build_object(
      'kind', 'refund_payment',
      'queue', 'payments',
      'unique_key', 'refund_payment:' || r.refund_id,
      'group_key', 'payment:' || r.payment_id,
      'args', jsonb_build_object(
        'tenant_id', r.tenant_id,
        'order_id', r.order_id,
        'refund_id', r.refund_id))
      order by r.refund_id)
  into v_jobs
  from new_rows as r
  join payments as p using (tenant_id, payment_id)
  where r.status = 'pending'
    and is_payment_gateway(p.provider);
  if v_jobs is not null then
    perform from queue.enqueue_many(v_jobs);
  end if;
  return null;
end
$$;

comment on function trg_refunds_enqueue() is 'Enqueues the jobs of refunds by outside providers.';

create or replace trigger trg_refunds_enqueue
after insert on refunds
referencing new table as new_rows
for each statement execute function trg_refunds_enqueue();
