-- When each parcel that is on its way is asked for next. A table of its own, since its rows change
-- with every look and the parcel's own row, with its triggers, only with news.
-- Locks: none that anybody waits for: a new table, filled from the parcels that are open now.
-- The previous release: does not write it; the triggers of sql/ keep it for whoever writes parcels.

create table tracking_schedule (
  tenant_id uuid not null default current_tenant_id(),
  shipment_id bigint not null,
  carrier_code text not null,
  tracking_number text not null,
  next_poll_at timestamptz not null,
  news_at timestamptz not null default clock_now(),
  failures integer not null default 0,
  is_delay_told boolean not null default false,
  constraint tracking_schedule_pkey primary key (tenant_id, shipment_id),
  constraint tracking_schedule_shipment_id_fkey
    foreign key (tenant_id, shipment_id) references shipments (tenant_id, shipment_id),
  constraint tracking_schedule_failures_check check (failures >= 0)
)
with (
  fillfactor = 80,
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_insert_scale_factor = 0.05
);

create index tracking_schedule_due_idx on tracking_schedule (carrier_code, next_poll_at);

comment on table tracking_schedule is
  'Parcels that are followed, one row each: who is asked when. trg_shipments_follow keeps it; a '
  'parcel that has come to its end has none. A look (poll_tracking) moves next_poll_at.';
comment on column tracking_schedule.tenant_id is 'The shop.';
comment on column tracking_schedule.shipment_id is 'The parcel.';
comment on column tracking_schedule.carrier_code is 'Who is asked.';
comment on column tracking_schedule.tracking_number is 'What is asked for.';
comment on column tracking_schedule.next_poll_at is
  'When; while a worker asks, when another may, should that one die.';
comment on column tracking_schedule.news_at is
  'When the carrier last told something new; 30 days later it has lost sight of the parcel.';
comment on column tracking_schedule.failures is 'Looks in a row that told nothing.';
comment on column tracking_schedule.is_delay_told is
  'That it is later than the carrier''s estimate was told to customer and shop.';

insert into tracking_schedule (
  tenant_id, shipment_id, carrier_code, tracking_number, next_poll_at, news_at)
select tenant_id, shipment_id, carrier_code, tracking_number,
  -- Spread over four hours.
  clock_now() + (shipment_id % 240) * interval '1 minute', updated_at
from shipments
where tracking_number is not null
  and status not in ('delivered', 'returned', 'cancelled', 'expired');
