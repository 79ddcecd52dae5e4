-- Returns with the number of their order.
-- For lists that people page through: list_rows() reads it by its key.
create or replace view vw_returns
with (security_invoker = true) as
select
  r.tenant_id,
  r.return_id,
  r.rma_number,
  r.order_id,
  o.order_number,
  o.customer_name,
  r.kind,
  r.status,
  r.status_since,
  r.refund_amount,
  o.currency,
  r.exchange_order_id,
  r.created_at,
  r.received_at,
  r.closed_at,
  r.updated_at
from returns as r
join orders as o using (tenant_id, order_id);

comment on view vw_returns is 'Returns with the number of their order.';
comment on column vw_returns.tenant_id is 'The shop.';
comment on column vw_returns.return_id is 'Its key.';
comment on column vw_returns.rma_number is 'Its number for people.';
comment on column vw_returns.order_id is 'Its order.';
comment on column vw_returns.order_number is 'The number of its order.';
comment on column vw_returns.customer_name is 'Who ordered.';
comment on column vw_returns.kind is 'refund or exchange.';
comment on column vw_returns.status is 'Its state.';
comment on column vw_returns.status_since is 'Since when.';
comment on column vw_returns.refund_amount is 'What was given back, in minor units.';
comment on column vw_returns.currency is 'Of which currency.';
comment on column vw_returns.exchange_order_id is 'The order that replaces it.';
comment on column vw_returns.created_at is 'When it was asked for.';
comment on column vw_returns.received_at is 'When the goods came.';
comment on column vw_returns.closed_at is 'When it was over.';
comment on column vw_returns.updated_at is 'When it changed last.';
