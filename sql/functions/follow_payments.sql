-- Moves orders on the payment axis to where their payments are, step by legal step; where there is
-- no legal way, an order stays. A failure of the only attempt fails an unconfirmed order, whose
-- stock then goes back. Set-based; the callers hold the orders.
create or replace function follow_payments(p_tenant uuid, p_order_ids bigint[])
returns void
language plpgsql volatile
as $$
declare
  c_steps_max constant integer := 6;
begin
  for step in 1..c_steps_max loop
    with sums as (
      select
        order_id,
        sum(captured_amount) as captured,
        sum(refunded_amount) as refunded,
        array_agg(status) as statuses
      from payments
      where tenant_id = p_tenant
        and order_id = any (p_order_ids)
      group by order_id
    ),
    targets as (
      select
        o.order_id,
        o.payment_status,
        case
          when 'disputed' = any (s.statuses) then 'disputed'
          when s.captured > 0 and s.refunded >= s.captured then 'refunded'
          when s.refunded > 0 then 'partially_refunded'
          when s.captured > 0 and s.captured >= o.total_amount then 'paid'
          when s.captured > 0 then 'partially_paid'
          else (
            select status
            from unnest('{authorized,requires_action,pending,voided,failed,cancelled}'::text[])
              with ordinality as rank (status, place)
            where status = any (s.statuses)
            order by place
            limit 1)
        end as target
      from sums as s
      join orders as o on o.tenant_id = p_tenant and o.order_id = s.order_id
    ),
    steps as (
      select order_id, target, (payment_path(payment_status, target))[2] as next
      from targets
      where payment_status <> target
    )
    update orders as o
    set
      payment_status = s.next,
      order_status = case
        when s.next = 'failed' and o.order_status = 'pending'
          and o.payment_method not in ('cod', 'account') then 'payment_failed'
        else o.order_status
      end
    from steps as s
    where o.tenant_id = p_tenant
      and o.order_id = s.order_id
      and s.next is not null;
    exit when not found;
  end loop;
end
$$;

comment on function follow_payments(uuid, bigint[]) is
  'Moves orders on the payment axis to where their payments are, by legal steps.';
