-- Where the fleet's sampler stands: how far it has counted events, and which stock it checked last.
-- Locks: none, a new table only.
-- The previous release: does not know the table.

create table fleet_monitor (
  is_only boolean not null default true,
  event_position text not null,
  stock_tenant_id uuid,
  stock_item_id bigint,
  stock_location_id bigint,
  stock_wrong integer not null default 0,
  stock_wrong_before integer not null default 0,
  stock_round_at timestamptz not null default '-infinity',
  constraint fleet_monitor_pkey primary key (is_only),
  constraint fleet_monitor_only_check check (is_only)
);

comment on table fleet_monitor is
  'Where the worker that samples for the fleet stands: one row, made by count_events().';
comment on column fleet_monitor.is_only is 'True: there is one row.';
comment on column fleet_monitor.event_position is
  'How far events were counted: a position among shop_events.';
comment on column fleet_monitor.stock_tenant_id is
  'With the next two, the level that was checked last; null between two rounds.';
comment on column fleet_monitor.stock_item_id is 'See stock_tenant_id.';
comment on column fleet_monitor.stock_location_id is 'See stock_tenant_id.';
comment on column fleet_monitor.stock_wrong is 'Levels of this round that do not add up.';
comment on column fleet_monitor.stock_wrong_before is 'The same of the round before.';
comment on column fleet_monitor.stock_round_at is 'When this round began.';
