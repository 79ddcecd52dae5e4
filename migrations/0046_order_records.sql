-- What is known of an order's way beside its states: how long each stage took (order_metrics), and
-- more about its errors.
-- Locks: access exclusive on order_errors, for a moment: nullable columns rewrite no row. A new
--   table otherwise; orders get their row with their next change of state.

alter table order_errors
  add column variant_id bigint,
  add column stack text,
  add column ticket_ref text,
  add column resolution text,
  add constraint order_errors_ticket_ref_check
    check (length(ticket_ref) between 1 and 200) not valid,
  add constraint order_errors_resolution_check
    check (resolution is null or is_resolved) not valid;

comment on column order_errors.variant_id is 'The variant it is about, if it is about one.';
comment on column order_errors.stack is 'Where in our code it happened, for developers.';
comment on column order_errors.ticket_ref is 'The ticket that somebody opened for it.';
comment on column order_errors.resolution is 'How it was settled.';

create table order_metrics (
  tenant_id uuid not null default current_tenant_id(),
  order_id bigint not null,
  placed_at timestamptz not null,
  paid_at timestamptz,
  confirmed_at timestamptz,
  begun_at timestamptz,
  fulfilled_at timestamptz,
  shipped_at timestamptz,
  delivered_at timestamptz,
  ended_at timestamptz,
  on_hold_ms bigint not null default 0,
  retry_count integer not null default 0,
  placed_to_confirmed_ms bigint generated always as (
    (extract(epoch from confirmed_at - placed_at) * 1000)::bigint) stored,
  confirmed_to_fulfilled_ms bigint generated always as (
    (extract(epoch from fulfilled_at - confirmed_at) * 1000)::bigint) stored,
  fulfilled_to_shipped_ms bigint generated always as (
    (extract(epoch from shipped_at - fulfilled_at) * 1000)::bigint) stored,
  shipped_to_delivered_ms bigint generated always as (
    (extract(epoch from delivered_at - shipped_at) * 1000)::bigint) stored,
  total_processing_duration_ms bigint generated always as (
    (extract(epoch from ended_at - placed_at) * 1000)::bigint) stored,
  updated_at timestamptz not null default clock_now(),
  constraint order_metrics_pkey primary key (tenant_id, order_id),
  constraint order_metrics_order_id_fkey
    foreign key (tenant_id, order_id) references orders (tenant_id, order_id)
)
with (fillfactor = 70);

comment on table order_metrics is
  'How long an order took from stage to stage, kept by trg_orders_metrics. The row is made with '
  'the first change of state, so placing alone costs nothing.';
comment on column order_metrics.tenant_id is 'The shop.';
comment on column order_metrics.order_id is 'The order.';
comment on column order_metrics.placed_at is 'When it was placed.';
comment on column order_metrics.paid_at is 'When it was first paid in full.';
comment on column order_metrics.confirmed_at is 'When it was first confirmed.';
comment on column order_metrics.begun_at is 'When work on it began (processing).';
comment on column order_metrics.fulfilled_at is
  'When all of it was packed, or gone if that came first.';
comment on column order_metrics.shipped_at is 'When all of it had left; null for digital goods.';
comment on column order_metrics.delivered_at is 'When all of it had arrived.';
comment on column order_metrics.ended_at is
  'When it was first delivered, cancelled or expired.';
comment on column order_metrics.on_hold_ms is 'How long it was on hold, all times together.';
comment on column order_metrics.retry_count is 'Failed attempts of its fulfilments.';
comment on column order_metrics.placed_to_confirmed_ms is 'confirmed_at - placed_at.';
comment on column order_metrics.confirmed_to_fulfilled_ms is 'fulfilled_at - confirmed_at.';
comment on column order_metrics.fulfilled_to_shipped_ms is 'shipped_at - fulfilled_at.';
comment on column order_metrics.shipped_to_delivered_ms is 'delivered_at - shipped_at.';
comment on column order_metrics.total_processing_duration_ms is 'ended_at - placed_at.';
comment on column order_metrics.updated_at is 'When the row last changed.';
