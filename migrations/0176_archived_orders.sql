-- Where the details of orders go that ended long ago: one document for each order and time.
-- Locks: orders for the moment of adding a column without a value.
-- The previous release: knows neither; nothing is put away before RETENTION_ORDER_DETAILS is set.

alter table orders add column archived_at timestamptz;

comment on column orders.archived_at is
  'When its details were last put into archived_orders; null: they are all in their tables.';

-- What is put away in a year is one partition, made a year ahead by archive_orders(); before it is
-- first called there is none. Nothing in it changes: pages are frozen once, and backed up once.
-- No foreign key: orders are never deleted, and every partition to come would stop those who place
-- orders for the moment in which its key is made.
create table archived_orders (
  tenant_id uuid not null default current_tenant_id(),
  order_id bigint not null,
  archived_at timestamptz not null default clock_now(),
  last_at timestamptz not null,
  row_count integer not null,
  document jsonb not null,
  constraint archived_orders_pkey primary key (tenant_id, order_id, archived_at),
  constraint archived_orders_row_count_check check (row_count > 0)
) partition by range (archived_at);

create index archived_orders_last_at_idx on archived_orders (last_at);

-- Servers that were built without it keep what they have.
do $$
begin
  alter table archived_orders alter column document set compression lz4;
exception
  when feature_not_supported then null;
end
$$;

comment on table archived_orders is
  'What belonged to orders that ended long ago, as it was: moved here by archive_orders(), read '
  'through vw_state_history, vw_tracking_events, vw_order_timeline and vw_archived_details. An '
  'order that something happens to later has a document for each time that it was put away.';
comment on column archived_orders.tenant_id is 'The shop.';
comment on column archived_orders.order_id is 'The order, whose own row stays.';
comment on column archived_orders.archived_at is 'When it was put away.';
comment on column archived_orders.last_at is 'When the youngest row in the document was written.';
comment on column archived_orders.row_count is 'How many rows are in the document.';
comment on column archived_orders.document is
  'By the table that they came from, the rows, each with all its columns but those of the key '
  'above.';
