-- The whole schema as it is installed. For reading: written by `make schema`, checked by a test,
-- run by nobody. What views, functions and triggers do is in sql/{views,functions,triggers}/.

-- Calls to providers by day, what was asked, and how it ended.
create table analytics.call_days (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Day in UTC.
  day date not null,
  -- Who fulfils.
  provider_code text not null,
  -- trigger (first submission), retry, verify or cancel.
  action text not null,
  -- success, pending, failed or unknown (sent, no answer).
  status text not null,
  -- Stable code of the failure; none: there was none.
  error_code text not null,
  -- Calls.
  calls bigint not null,
  -- Calls after which trying again may help.
  retryable bigint not null,
  -- Half of the calls took at most so many milliseconds.
  p50_ms double precision,
  -- The same, 95 of 100.
  p95_ms double precision,
  constraint call_days_pkey PRIMARY KEY (tenant_id, day, provider_code, action, status, error_code)
);

-- Parcels by the day they were handed over, carrier, service and destination.
create table analytics.carrier_days (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Day in UTC.
  day date not null,
  -- Who carries.
  carrier_code text not null,
  -- The carriers product; standard: not named.
  service text not null,
  -- ISO 3166 code of the destination; none: nothing is shipped.
  country text not null,
  -- ISO 4217 code of the amounts.
  currency character(3) not null,
  -- Parcels.
  shipments bigint not null,
  -- Delivered.
  delivered bigint not null,
  -- Delivered parcels that had an estimate.
  estimated bigint not null,
  -- Of those, delivered by the estimate.
  on_time bigint not null,
  -- Parcels with an exception, lost (expired) or sent back.
  troubled bigint not null,
  -- From shipped to delivered, half of them within.
  transit_p50_hours double precision,
  -- The same, 95 of 100.
  transit_p95_hours double precision,
  -- What they cost the shop, minor units.
  cost bigint not null,
  constraint carrier_days_pkey PRIMARY KEY (tenant_id, day, carrier_code, service, country, currency)
);

-- Known customers by the month of their first order, and what they ordered since.
create table analytics.cohort_months (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Month of the first order.
  cohort_month date not null,
  -- Months since then; 0 is that month.
  months_later integer not null,
  -- ISO 4217 code of the amounts.
  currency character(3) not null,
  -- Customers of the cohort who ordered in that month.
  customers bigint not null,
  -- Orders.
  orders bigint not null,
  -- What customers pay, minor units.
  total_amount bigint not null,
  constraint cohort_months_pkey PRIMARY KEY (tenant_id, cohort_month, months_later, currency)
);

-- How long orders take, by the day they were placed, and whether that was in time.
create table analytics.cycle_days (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Day in UTC.
  day date not null,
  -- Orders.
  orders bigint not null,
  -- Orders that were confirmed at some time.
  confirmed_orders bigint not null,
  -- Orders of which something was shipped.
  shipped_orders bigint not null,
  -- Orders that were delivered.
  delivered_orders bigint not null,
  -- From placed to confirmed, half of the orders within.
  confirm_p50_seconds double precision,
  -- The same, 95 of 100.
  confirm_p95_seconds double precision,
  -- From placed to first shipped, half of the orders within.
  ship_p50_seconds double precision,
  -- The same, 95 of 100.
  ship_p95_seconds double precision,
  -- From placed to delivered, half of the orders within.
  deliver_p50_seconds double precision,
  -- The same, 95 of 100.
  deliver_p95_seconds double precision,
  -- Confirmed within the target.
  confirmed_in_time bigint not null,
  -- Shipped within the target.
  shipped_in_time bigint not null,
  -- Delivered within the target.
  delivered_in_time bigint not null,
  constraint cycle_days_pkey PRIMARY KEY (tenant_id, day)
);

-- Failures tied to orders, by day and cause.
create table analytics.error_days (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Day in UTC.
  day date not null,
  -- delivery, payment, stock, database, api or unknown.
  category text not null,
  -- critical, high, medium or low.
  severity text not null,
  -- Where it happened.
  stage text not null,
  -- Stable code of the cause.
  code text not null,
  -- Failures.
  errors bigint not null,
  -- Not settled yet.
  open_errors bigint not null,
  -- Orders.
  orders bigint not null,
  -- From failure to settled, half of them within.
  resolve_p50_seconds double precision,
  constraint error_days_pkey PRIMARY KEY (tenant_id, day, category, severity, stage, code)
);

-- The stock ledger by day, item and location.
create table analytics.movement_days (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Day in UTC.
  day date not null,
  -- Stock keeping unit.
  sku text not null,
  -- Short name of the location.
  location_code text not null,
  -- Units that came in.
  received bigint not null,
  -- Units that went out.
  shipped bigint not null,
  -- Units that came back and can be sold.
  returned bigint not null,
  -- Units found or missed by counts.
  adjusted bigint not null,
  -- Units moved for other reasons: transfers, damage.
  other bigint not null,
  -- Change of units on hand.
  net_change bigint not null,
  constraint movement_days_pkey PRIMARY KEY (tenant_id, day, sku, location_code)
);

-- Notices to customers by the day of their event.
create table analytics.notification_days (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Day in UTC.
  day date not null,
  -- What it tells.
  notification_type text not null,
  -- How it is sent.
  channel text not null,
  -- Notices.
  notices bigint not null,
  -- Handed to the channel, receipt or not.
  sent bigint not null,
  -- With a receipt.
  delivered bigint not null,
  -- Given up.
  failed bigint not null,
  -- Not sent: no address, or not wanted.
  skipped bigint not null,
  -- Not yet sent.
  pending bigint not null,
  -- Attempts to send.
  attempts bigint not null,
  -- From event to sent, half of them within.
  send_p50_seconds double precision,
  -- The same, 95 of 100.
  send_p95_seconds double precision,
  constraint notification_days_pkey PRIMARY KEY (tenant_id, day, notification_type, channel)
);

-- Orders by the day they were placed and by what they are now.
create table analytics.order_days (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Day in UTC.
  day date not null,
  -- Where orders come from: web, api, …
  order_source text not null,
  -- How orders are paid.
  payment_method text not null,
  -- ISO 4217 code of the amounts.
  currency character(3) not null,
  -- State of the orders now.
  order_status text not null,
  -- State of their payment now.
  payment_status text not null,
  -- Orders.
  orders bigint not null,
  -- Orders that were confirmed at some time.
  confirmed_orders bigint not null,
  -- Orders that were delivered.
  delivered_orders bigint not null,
  -- Sum of the lines, minor units.
  subtotal bigint not null,
  -- Minor units.
  shipping_fee bigint not null,
  -- Minor units.
  tax_amount bigint not null,
  -- Taken off, minor units.
  discount_amount bigint not null,
  -- What customers pay, minor units.
  total_amount bigint not null,
  constraint order_days_pkey PRIMARY KEY (tenant_id, day, order_source, payment_method, currency, order_status, payment_status)
);

-- Payments by the day they were begun.
create table analytics.payment_days (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Day in UTC.
  day date not null,
  -- Who takes the money: stripe, wallet, cod, …
  provider_code text not null,
  -- ISO 4217 code of the amounts.
  currency character(3) not null,
  -- State of the payments now.
  status text not null,
  -- Payments.
  payments bigint not null,
  -- Asked for, minor units.
  amount bigint not null,
  -- Taken, minor units.
  captured_amount bigint not null,
  -- Given back, minor units.
  refunded_amount bigint not null,
  constraint payment_days_pkey PRIMARY KEY (tenant_id, day, provider_code, currency, status)
);

-- What was ordered of each SKU, by the day of the order.
create table analytics.product_days (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Day in UTC.
  day date not null,
  -- Stock keeping unit.
  sku text not null,
  -- ISO 4217 code of the amounts.
  currency character(3) not null,
  -- The product's name.
  product_name text,
  -- Orders.
  orders bigint not null,
  -- Units ordered.
  units bigint not null,
  -- Units given up again, with their order or alone.
  units_cancelled bigint not null,
  -- Units that reached the customer.
  units_delivered bigint not null,
  -- Units that came back.
  units_returned bigint not null,
  -- Price of all units ordered, minor units.
  gross_amount bigint not null,
  -- Price of the units that were neither given up nor returned.
  net_amount bigint not null,
  constraint product_days_pkey PRIMARY KEY (tenant_id, day, sku, currency)
);

-- Orders with a promotion code, by the day they were placed.
create table analytics.promo_days (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Day in UTC.
  day date not null,
  -- The code.
  promo_code text not null,
  -- ISO 4217 code of the amounts.
  currency character(3) not null,
  -- Orders.
  orders bigint not null,
  -- Of those, cancelled, expired or never paid.
  lost_orders bigint not null,
  -- Different known customers.
  customers bigint not null,
  -- Taken off, minor units.
  discount_amount bigint not null,
  -- What customers pay, minor units.
  total_amount bigint not null,
  constraint promo_days_pkey PRIMARY KEY (tenant_id, day, promo_code, currency)
);

-- Fulfilments by the day they were asked for, provider and destination.
create table analytics.provider_days (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Day in UTC.
  day date not null,
  -- Who fulfils.
  provider_code text not null,
  -- ISO 3166 code of the destination; none: nothing is shipped.
  country text not null,
  -- Fulfilments.
  fulfillments bigint not null,
  -- Delivered.
  delivered bigint not null,
  -- Failed, rejected or on hold now.
  failed bigint not null,
  -- Cancelled.
  cancelled bigint not null,
  -- How often workers began them.
  attempts bigint not null,
  -- Begun more than once.
  retried bigint not null,
  -- Begun more than once, and delivered.
  retried_delivered bigint not null,
  -- From asked for to delivered, half of them within.
  deliver_p50_seconds double precision,
  -- The same, 95 of 100.
  deliver_p95_seconds double precision,
  constraint provider_days_pkey PRIMARY KEY (tenant_id, day, provider_code, country)
);

-- Jobs that ended, by hour, queue and kind. Jobs of no shop count for the first shop.
create table analytics.queue_hours (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Hour, begins at.
  hour timestamp with time zone not null,
  -- The queue.
  queue text not null,
  -- The kind of the jobs.
  kind text not null,
  -- Jobs that ended well.
  completed bigint not null,
  -- Jobs that were cancelled or given up on purpose.
  abandoned bigint not null,
  -- Jobs that failed for good and wait for a person.
  dead bigint not null,
  -- Attempts made.
  attempts bigint not null,
  -- Completed jobs that needed more than one attempt.
  retried bigint not null,
  -- From due to claimed, half of them within.
  wait_p50_seconds double precision,
  -- The same, 95 of 100.
  wait_p95_seconds double precision,
  -- The longest.
  wait_max_seconds double precision,
  -- From claimed to finished, half of them within.
  run_p50_seconds double precision,
  -- The same, 95 of 100.
  run_p95_seconds double precision,
  constraint queue_hours_pkey PRIMARY KEY (tenant_id, hour, queue, kind)
);

-- How fresh the numbers are.
create table analytics.refreshes (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- The table of analytics that was computed.
  topic text not null,
  -- When it was last computed.
  refreshed_at timestamp with time zone not null,
  -- When it was last computed from the beginning, and not only for the last weeks.
  whole_at timestamp with time zone,
  constraint refreshes_pkey PRIMARY KEY (tenant_id, topic)
);

-- Promises of stock by the day they were made, and what became of them.
create table analytics.reservation_days (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Day in UTC.
  day date not null,
  -- Stock keeping unit.
  sku text not null,
  -- Promises.
  reservations bigint not null,
  -- Units ordered.
  units bigint not null,
  -- Units still held for unconfirmed orders.
  units_reserved bigint not null,
  -- Units held for confirmed orders.
  units_committed bigint not null,
  -- Units that left.
  units_fulfilled bigint not null,
  -- Units given back by cancelling.
  units_released bigint not null,
  -- Units given back because nobody confirmed in time.
  units_expired bigint not null,
  -- How long units that were given back had been held: half within.
  held_p50_seconds double precision,
  constraint reservation_days_pkey PRIMARY KEY (tenant_id, day, sku)
);

-- Within which times a shop wants to be through; a shop without a row has the defaults.
create table analytics.sla_targets (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- From placed to confirmed: 1 hour.
  confirm_seconds integer not null default 3600,
  -- From placed to first shipped: 2 days.
  ship_seconds integer not null default 172800,
  -- From placed to delivered: 5 days.
  deliver_seconds integer not null default 432000,
  constraint sla_targets_pkey PRIMARY KEY (tenant_id),
  constraint sla_targets_seconds_check CHECK (((confirm_seconds > 0) AND (ship_seconds > 0) AND (deliver_seconds > 0)))
);

-- How often each state was left, by day, and how long it had held.
create table analytics.state_days (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Day in UTC.
  day date not null,
  -- order, payment, fulfillment, shipment or return.
  axis text not null,
  -- The state that was left; start: there was none.
  from_status text not null,
  -- The state that followed.
  to_status text not null,
  -- How often.
  changes bigint not null,
  -- Seconds in the state, all changes together.
  held_seconds double precision,
  -- Half of the changes came within.
  held_p50_seconds double precision,
  -- 95 of 100 changes came within.
  held_p95_seconds double precision,
  -- The longest.
  held_max_seconds double precision,
  constraint state_days_pkey PRIMARY KEY (tenant_id, day, axis, from_status, to_status)
);

-- Stock of each item now, and what it sold lately.
create table analytics.stock_items (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Stock keeping unit.
  sku text not null,
  -- The product's name.
  product_name text,
  -- Units physically there.
  on_hand bigint not null,
  -- Units promised to orders.
  promised bigint not null,
  -- Units that can be sold.
  available bigint not null,
  -- At or below it the item counts as low.
  low_stock_threshold integer not null,
  -- Units that left in the last 30 days.
  units_shipped_30d bigint not null,
  -- Units that left in the last 90 days.
  units_shipped_90d bigint not null,
  -- Units that were there 30 days ago.
  on_hand_30d_ago bigint not null,
  constraint stock_items_pkey PRIMARY KEY (tenant_id, sku)
);

-- What workers did by the hour their jobs ended in. Workers are of no shop: all count for the first.
create table analytics.worker_hours (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Hour, begins at.
  hour timestamp with time zone not null,
  -- The worker.
  worker_id bigint not null,
  -- What it calls itself; gone: forgotten since.
  worker_name text,
  -- Jobs it runs at once.
  concurrency integer not null,
  -- Jobs it completed.
  jobs bigint not null,
  -- Seconds in jobs, all together.
  busy_seconds double precision,
  constraint worker_hours_pkey PRIMARY KEY (tenant_id, hour, worker_id)
);

-- People of the shop and channels by which they hear of it.
create table public.admin_contacts (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key.
  contact_id bigint not null generated by default as identity,
  -- Who it is.
  name text not null,
  -- How.
  channel text not null default 'email'::text,
  -- Where on that channel (personal data).
  address text not null,
  -- BCP 47 language.
  locale text not null default 'en'::text,
  -- What to tell; null: everything.
  notification_types text[],
  -- immediate, or digest: once a day, but for the health of the fleet.
  delivery text not null default 'immediate'::text,
  -- When on a day.
  digest_at time without time zone not null default '08:00:00'::time without time zone,
  -- Whose day, IANA name.
  time_zone text not null default 'UTC'::text,
  -- The day of the last digest.
  last_digest_on date,
  -- Whether anything is told.
  is_active boolean not null default true,
  -- Tells of tickets of this severity and worse, when they are opened and when they are resolved; null: of none.
  tickets_from text,
  constraint admin_contacts_pkey PRIMARY KEY (tenant_id, contact_id),
  constraint admin_contacts_address_key UNIQUE (tenant_id, channel, address),
  constraint admin_contacts_address_check CHECK (((length(address) >= 1) AND (length(address) <= 1000))),
  constraint admin_contacts_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'sms'::text, 'whatsapp'::text, 'slack'::text, 'pagerduty'::text, 'webhook'::text]))),
  constraint admin_contacts_delivery_check CHECK ((delivery = ANY (ARRAY['immediate'::text, 'digest'::text]))),
  constraint admin_contacts_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint admin_contacts_tickets_from_check CHECK ((tickets_from = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text]))),
  constraint admin_contacts_time_zone_check CHECK ((timezone(time_zone, '2000-01-01 00:00:00+00'::timestamp with time zone) IS NOT NULL))
);

-- Who may call the HTTP API. A token is stv_<key_id>_<secret>; only the secret's SHA-256 is kept (it is 256 random bits, so a slow hash would add nothing).
create table public.api_keys (
  -- The shop that the key acts for.
  tenant_id uuid not null default current_tenant_id(),
  -- Public part of the token, 16 hex digits.
  key_id text not null,
  -- What the key is for, in the owner's words.
  name text not null,
  -- SHA-256 of the secret part.
  secret_hash bytea not null,
  -- What it may do: orders:read, orders:write, stock:read, stock:write, jobs:read, jobs:write, admin (everything).
  scopes text[] not null,
  -- When it was made.
  created_at timestamp with time zone not null default clock_now(),
  -- Refused from then on; null: never.
  expires_at timestamp with time zone,
  -- Refused since then; null: in use.
  revoked_at timestamp with time zone,
  -- Whether its owner signs each request with it and never sends it: then it is no bearer key.
  signs boolean not null default false,
  constraint api_keys_pkey PRIMARY KEY (tenant_id, key_id),
  constraint api_keys_key_id_key UNIQUE (key_id),
  constraint api_keys_key_id_check CHECK ((key_id ~ '^[0-9a-f]{16}$'::text)),
  constraint api_keys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint api_keys_scopes_check CHECK (((cardinality(scopes) > 0) AND (scopes <@ '{orders:read,orders:write,stock:read,stock:write,jobs:read,jobs:write,admin}'::text[]))),
  constraint api_keys_secret_hash_check CHECK ((octet_length(secret_hash) = 32))
);

-- Nonces of signed requests, for as long as their times are taken: each counts once. use_nonce() removes what is older, two for each that comes.
create table public.api_nonces (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- The key that signed.
  key_id text not null,
  -- What was signed with the request, once.
  nonce text not null,
  -- When it came.
  used_at timestamp with time zone not null default clock_now(),
  constraint api_nonces_pkey PRIMARY KEY (tenant_id, key_id, nonce),
  constraint api_nonces_nonce_check CHECK (((length(nonce) >= 8) AND (length(nonce) <= 64)))
);
CREATE INDEX api_nonces_used_at_idx ON public.api_nonces USING btree (used_at);

-- What belonged to orders that ended long ago, as it was: moved here by archive_orders(), read through vw_state_history, vw_tracking_events, vw_order_timeline and vw_archived_details. An order that something happens to later has a document for each time that it was put away.
create table public.archived_orders (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- The order, whose own row stays.
  order_id bigint not null,
  -- When it was put away.
  archived_at timestamp with time zone not null default clock_now(),
  -- When the youngest row in the document was written.
  last_at timestamp with time zone not null,
  -- How many rows are in the document.
  row_count integer not null,
  -- By the table that they came from, the rows, each with all its columns but those of the key above.
  document jsonb not null,
  constraint archived_orders_pkey PRIMARY KEY (tenant_id, order_id, archived_at),
  constraint archived_orders_row_count_check CHECK ((row_count > 0))
) partition by RANGE (archived_at);
CREATE INDEX archived_orders_last_at_idx ON ONLY public.archived_orders USING btree (last_at);
CREATE TRIGGER trg_archived_orders_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.archived_orders FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();

-- Whom rules of the kind blocklist match: by phone, mail address or its domain, network address, or customer.
create table public.blocklist (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- phone, email, email_domain, ip or customer.
  kind text not null,
  -- Lower case; of a customer, the shop's own id (personal data).
  value text not null,
  -- Why.
  reason text not null,
  -- Until when; null: for ever.
  expires_at timestamp with time zone,
  -- Who wrote it.
  created_by text not null default CURRENT_USER,
  -- When.
  created_at timestamp with time zone not null default clock_now(),
  constraint blocklist_pkey PRIMARY KEY (tenant_id, kind, value),
  constraint blocklist_kind_check CHECK ((kind = ANY (ARRAY['phone'::text, 'email'::text, 'email_domain'::text, 'ip'::text, 'customer'::text]))),
  constraint blocklist_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint blocklist_value_check CHECK (((length(value) >= 1) AND (length(value) <= 254)))
);

-- Services of carriers that the own warehouse may use. A price here goes for carriers that tell none; what the carrier says itself goes before it.
create table public.carrier_services (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- The carrier: ups, royal_mail, …
  carrier_code text not null,
  -- The carrier's own code of the service.
  service text not null,
  -- Where to, ISO 3166-1 alpha-2; null: everywhere.
  countries text[],
  -- Heaviest parcel in grams; null: any.
  weight_g_max integer,
  -- Price of the contract, minor units of currency.
  price bigint,
  -- ISO 4217 code of price.
  currency character(3),
  -- Days to the door by the contract; null: what our own parcels needed.
  days integer,
  -- false: not used now.
  is_active boolean not null default true,
  constraint carrier_services_pkey PRIMARY KEY (tenant_id, carrier_code, service),
  constraint carrier_services_carrier_code_check CHECK ((carrier_code ~ '^[a-z][a-z0-9_-]{0,39}$'::text)),
  constraint carrier_services_days_check CHECK (((days >= 0) AND (days <= 365))),
  constraint carrier_services_price_check CHECK ((((price IS NULL) = (currency IS NULL)) AND (price >= 0))),
  constraint carrier_services_service_check CHECK (((length(service) >= 1) AND (length(service) <= 60))),
  constraint carrier_services_weight_g_max_check CHECK ((weight_g_max > 0))
);

-- Who is signed in to the console: whoever has the cookie. Only its SHA-256 is kept; it is 256 random bits. A session ends with its key. clean_up removes expired ones.
create table public.console_sessions (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key.
  session_id bigint not null generated by default as identity,
  -- SHA-256 of the cookie.
  token_hash bytea not null,
  -- The key that it was begun with.
  key_id text not null,
  -- When it began.
  created_at timestamp with time zone not null default clock_now(),
  -- When it was last used, to a minute.
  seen_at timestamp with time zone not null default clock_now(),
  -- It is over from then on, used or not.
  expires_at timestamp with time zone not null,
  constraint console_sessions_pkey PRIMARY KEY (tenant_id, session_id),
  constraint console_sessions_token_hash_key UNIQUE (token_hash),
  constraint console_sessions_key_id_fkey FOREIGN KEY (tenant_id, key_id) REFERENCES api_keys(tenant_id, key_id) ON DELETE CASCADE,
  constraint console_sessions_expires_at_check CHECK ((expires_at <= (created_at + '31 days'::interval))),
  constraint console_sessions_token_hash_check CHECK ((octet_length(token_hash) = 32))
);
CREATE INDEX console_sessions_expires_at_idx ON public.console_sessions USING btree (expires_at);
CREATE INDEX console_sessions_key_id_idx ON public.console_sessions USING btree (tenant_id, key_id);

-- What a customer reads inside the shop.
create table public.customer_notifications (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key; grows with time.
  customer_notification_id bigint not null generated by default as identity,
  -- Whose it is.
  customer_id bigint not null,
  -- The order that it is about.
  order_id bigint,
  -- The notice that wrote it.
  notification_id bigint,
  -- Which of notification_kinds.
  notification_type text not null,
  -- One line.
  title text not null,
  -- Plain text.
  body text not null,
  -- When it was told.
  created_at timestamp with time zone not null default clock_now(),
  -- When it was first read.
  read_at timestamp with time zone,
  constraint customer_notifications_pkey PRIMARY KEY (tenant_id, customer_notification_id),
  constraint customer_notifications_notification_id_key UNIQUE (tenant_id, notification_id),
  constraint customer_notifications_customer_id_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customers(tenant_id, customer_id),
  constraint customer_notifications_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint customer_notifications_body_check CHECK ((length(body) <= 20000)),
  constraint customer_notifications_title_check CHECK (((length(title) >= 1) AND (length(title) <= 300)))
);
CREATE INDEX customer_notifications_created_idx ON public.customer_notifications USING btree (created_at);
CREATE INDEX customer_notifications_customer_id_idx ON public.customer_notifications USING btree (tenant_id, customer_id, customer_notification_id);
CREATE INDEX customer_notifications_unread_idx ON public.customer_notifications USING btree (tenant_id, customer_id) WHERE (read_at IS NULL);
CREATE TRIGGER trg_customer_notifications_events AFTER INSERT ON public.customer_notifications REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_customer_notifications_events();

-- Who may follow an order, or all orders of a customer, without an account: whoever has the token. Only its SHA-256 is kept; it is 256 random bits. clean_up removes expired ones.
create table public.customer_tokens (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key; what the token is called in lists.
  token_id bigint not null generated by default as identity,
  -- SHA-256 of the token.
  token_hash bytea not null,
  -- The order that it shows; or
  order_id bigint,
  -- the customer whose orders it shows.
  customer_id bigint,
  -- Who gave it out.
  created_by text not null,
  -- When it was given out.
  created_at timestamp with time zone not null default clock_now(),
  -- It shows nothing from then on.
  expires_at timestamp with time zone not null,
  -- It shows nothing since then.
  revoked_at timestamp with time zone,
  constraint customer_tokens_pkey PRIMARY KEY (tenant_id, token_id),
  constraint customer_tokens_token_hash_key UNIQUE (token_hash),
  constraint customer_tokens_customer_id_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customers(tenant_id, customer_id),
  constraint customer_tokens_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint customer_tokens_expires_at_check CHECK ((expires_at <= (created_at + '400 days'::interval))),
  constraint customer_tokens_subject_check CHECK ((num_nonnulls(order_id, customer_id) = 1)),
  constraint customer_tokens_token_hash_check CHECK ((octet_length(token_hash) = 32))
);
CREATE INDEX customer_tokens_customer_id_idx ON public.customer_tokens USING btree (tenant_id, customer_id);
CREATE INDEX customer_tokens_expires_at_idx ON public.customer_tokens USING btree (expires_at);
CREATE INDEX customer_tokens_order_id_idx ON public.customer_tokens USING btree (tenant_id, order_id);

-- Known buyers. Guests have no row: their orders carry what they said of themselves.
create table public.customers (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  customer_id bigint not null generated by default as identity,
  -- The shop's own id of the customer.
  customer_code text not null,
  -- Name (personal data).
  name text not null,
  -- Mail address (personal data).
  email text,
  -- Phone, E.164 (personal data).
  phone text,
  -- BCP 47 language for notices.
  locale text not null default 'en'::text,
  -- When the customer was first seen.
  created_at timestamp with time zone not null default clock_now(),
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  constraint customers_pkey PRIMARY KEY (tenant_id, customer_id),
  constraint customers_customer_code_key UNIQUE (tenant_id, customer_code),
  constraint customers_customer_code_check CHECK (((length(customer_code) >= 1) AND (length(customer_code) <= 128))),
  constraint customers_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
  constraint customers_locale_check CHECK (((length(locale) >= 2) AND (length(locale) <= 35))),
  constraint customers_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint customers_phone_check CHECK (((length(phone) >= 7) AND (length(phone) <= 20)))
);

-- Where the worker that samples for the fleet stands: one row, made by count_events().
create table public.fleet_monitor (
  -- True: there is one row.
  is_only boolean not null default true,
  -- How far events were counted: a position among shop_events.
  event_position text not null,
  -- With the next two, the level that was checked last; null between two rounds.
  stock_tenant_id uuid,
  -- See stock_tenant_id.
  stock_item_id bigint,
  -- See stock_tenant_id.
  stock_location_id bigint,
  -- Levels of this round that do not add up.
  stock_wrong integer not null default 0,
  -- The same of the round before.
  stock_wrong_before integer not null default 0,
  -- When this round began.
  stock_round_at timestamp with time zone not null default '-infinity'::timestamp with time zone,
  constraint fleet_monitor_pkey PRIMARY KEY (is_only),
  constraint fleet_monitor_only_check CHECK (is_only)
);

-- What makes an order suspicious. screen_orders() adds up the scores of the rules that match before an order is confirmed; while none is enabled it looks here once and at nothing else.
create table public.fraud_rules (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- The shop's own name of the rule.
  rule_code text not null,
  -- high_value; velocity_phone, velocity_email, velocity_ip: many orders in a short time; address_mismatch: billed elsewhere; blocklist; custom: a measure of the order.
  kind text not null,
  -- high_value: {currency, at_least}; velocity_*: {orders, minutes}; address_mismatch: {field}; custom: {measure, at_least}, the measure being units, lines, line_units (most of one line), discount_percent, is_guest or is_new_customer (1 or 0).
  params jsonb not null default '{}'::jsonb,
  -- What a match adds to the order's risk score, 1 to 100.
  score smallint not null,
  -- Whether it is looked at.
  is_enabled boolean not null default false,
  -- What it is for, for people.
  comment text,
  -- When it was made.
  created_at timestamp with time zone not null default clock_now(),
  -- When it last changed.
  updated_at timestamp with time zone not null default clock_now(),
  constraint fraud_rules_pkey PRIMARY KEY (tenant_id, rule_code),
  constraint fraud_rules_comment_check CHECK ((length(comment) <= 1000)),
  constraint fraud_rules_kind_check CHECK ((kind = ANY (ARRAY['high_value'::text, 'velocity_phone'::text, 'velocity_email'::text, 'velocity_ip'::text, 'address_mismatch'::text, 'blocklist'::text, 'custom'::text]))),
  constraint fraud_rules_params_check CHECK ((
CASE
    WHEN (jsonb_typeof(params) <> 'object'::text) THEN false
    WHEN (kind = 'high_value'::text) THEN (((params ->> 'currency'::text) ~ '^[A-Z]{3}$'::text) AND (jsonb_typeof((params -> 'at_least'::text)) = 'number'::text))
    WHEN (kind ~~ 'velocity%'::text) THEN ((jsonb_typeof((params -> 'orders'::text)) = 'number'::text) AND (jsonb_typeof((params -> 'minutes'::text)) = 'number'::text) AND ((((params ->> 'minutes'::text))::numeric >= (1)::numeric) AND (((params ->> 'minutes'::text))::numeric <= (10080)::numeric)))
    WHEN (kind = 'address_mismatch'::text) THEN ((params ->> 'field'::text) = ANY (ARRAY['country'::text, 'province'::text, 'city'::text, 'postal_code'::text]))
    WHEN (kind = 'custom'::text) THEN ((jsonb_typeof((params -> 'at_least'::text)) = 'number'::text) AND ((params ->> 'measure'::text) = ANY (ARRAY['units'::text, 'lines'::text, 'discount_percent'::text, 'line_units'::text, 'is_guest'::text, 'is_new_customer'::text])))
    ELSE true
END IS TRUE)),
  constraint fraud_rules_rule_code_check CHECK ((rule_code ~ '^[a-z][a-z0-9_]{0,63}$'::text)),
  constraint fraud_rules_score_check CHECK (((score >= 1) AND (score <= 100)))
);

-- Which units of which lines a fulfilment delivers.
create table public.fulfillment_items (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key.
  fulfillment_item_id bigint not null generated by default as identity,
  -- The fulfilment.
  fulfillment_id bigint not null,
  -- The order of both.
  order_id bigint not null,
  -- The line.
  order_item_id bigint not null,
  -- The promise that these units use up; null for goods without stock and for kits of several items.
  reservation_id bigint,
  -- Units of the line.
  quantity integer not null,
  constraint fulfillment_items_pkey PRIMARY KEY (tenant_id, fulfillment_item_id),
  constraint fulfillment_items_fulfillment_id_fkey FOREIGN KEY (tenant_id, order_id, fulfillment_id) REFERENCES fulfillments(tenant_id, order_id, fulfillment_id),
  constraint fulfillment_items_order_line_fkey FOREIGN KEY (tenant_id, order_id, order_item_id) REFERENCES order_items(tenant_id, order_id, order_item_id),
  constraint fulfillment_items_quantity_check CHECK ((quantity > 0))
);
CREATE INDEX fulfillment_items_fulfillment_id_idx ON public.fulfillment_items USING btree (tenant_id, fulfillment_id);
CREATE INDEX fulfillment_items_order_line_idx ON public.fulfillment_items USING btree (tenant_id, order_id, order_item_id);
CREATE TRIGGER trg_fulfillment_items_guard_delete AFTER DELETE ON public.fulfillment_items REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_fulfillment_items_guard();
CREATE TRIGGER trg_fulfillment_items_guard_update AFTER UPDATE ON public.fulfillment_items REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_fulfillment_items_guard();

-- Every call made to a provider: one row per attempt and action.
create table public.fulfillment_logs (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key.
  fulfillment_log_id bigint not null generated by default as identity,
  -- The order.
  order_id bigint not null,
  -- The fulfilment.
  fulfillment_id bigint not null,
  -- Who was called: the provider, or the carrier whose label it is.
  provider_code text not null,
  -- trigger (first submission), retry (a later one), verify (look-up), cancel, label (a carrier is asked for one), void (and to take it back).
  action text not null,
  -- success, pending (accepted, not done), failed, unknown (sent, no answer).
  status text not null,
  -- fulfillments.attempt at that time; for label and void, the how-manieth.
  attempt_number integer not null,
  -- What was sent, without credentials.
  api_request jsonb,
  -- What came back.
  api_response jsonb,
  -- HTTP status, if there was an answer.
  http_status integer,
  -- How long the call took.
  duration_ms integer,
  -- Stable code of the failure.
  error_code text,
  -- The failure in words.
  error_message text,
  -- Whether trying again may help.
  retryable boolean,
  -- When the next attempt is due.
  next_retry_at timestamp with time zone,
  -- When the call ended.
  created_at timestamp with time zone not null default clock_now(),
  constraint fulfillment_logs_pkey PRIMARY KEY (tenant_id, fulfillment_log_id),
  constraint fulfillment_logs_attempt_key UNIQUE (tenant_id, fulfillment_id, attempt_number, action),
  constraint fulfillment_logs_fulfillment_id_fkey FOREIGN KEY (tenant_id, order_id, fulfillment_id) REFERENCES fulfillments(tenant_id, order_id, fulfillment_id),
  constraint fulfillment_logs_action_check CHECK ((action = ANY (ARRAY['trigger'::text, 'retry'::text, 'verify'::text, 'cancel'::text, 'label'::text, 'void'::text]))),
  constraint fulfillment_logs_attempt_number_check CHECK ((attempt_number > 0)),
  constraint fulfillment_logs_duration_ms_check CHECK ((duration_ms >= 0)),
  constraint fulfillment_logs_status_check CHECK ((status = ANY (ARRAY['success'::text, 'pending'::text, 'failed'::text, 'unknown'::text])))
);
CREATE INDEX fulfillment_logs_created_at_idx ON public.fulfillment_logs USING btree (created_at);
CREATE INDEX fulfillment_logs_order_id_idx ON public.fulfillment_logs USING btree (tenant_id, order_id);

-- One thing asked of one provider: each digital line is one, physical lines are one per provider and location. Inserting one enqueues its fulfil_order job (trg_fulfillments_enqueue); trg_fulfillments_guard holds the states, trg_fulfillments_progress moves stock and order.
create table public.fulfillments (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  fulfillment_id bigint not null generated by default as identity,
  -- The order.
  order_id bigint not null,
  -- Who fulfils; manual: a person.
  provider_code text not null,
  -- Where physical goods leave from.
  location_id bigint,
  -- State on the fulfillment axis.
  status text not null default 'pending'::text,
  -- Our reference at the provider, the same in every attempt: what makes sending twice harmless.
  reference uuid not null default gen_random_uuid(),
  -- The provider's own reference.
  provider_order_id text,
  -- How often a worker began it.
  attempt integer not null default 0,
  -- It was sent and the outcome was never learnt: ask the provider before sending again; as long as that is so the order can't be cancelled.
  lookup_first boolean not null default false,
  -- Code of the last failure.
  last_error_code text,
  -- The last failure in words.
  last_error_message text,
  -- When it was asked for.
  created_at timestamp with time zone not null default clock_now(),
  -- When it was last sent to the provider.
  submitted_at timestamp with time zone,
  -- When physical goods left.
  shipped_at timestamp with time zone,
  -- When it was delivered.
  delivered_at timestamp with time zone,
  -- When it was cancelled.
  cancelled_at timestamp with time zone,
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  -- Conversations with the provider that failed and may be repeated, since it was enqueued or last resumed; a worker that died is none.
  failures integer not null default 0,
  -- Some of its goods are promised beyond the stock: nobody begins with it until they are there.
  awaits_stock boolean not null default false,
  -- When it came to status; null: before this was kept.
  status_since timestamp with time zone default clock_now(),
  -- When its provider had named all its parcels: what becomes of them is for their carriers to tell, and no job asks the provider any more.
  handed_over_at timestamp with time zone,
  -- The provider's service that routing chose.
  service text,
  -- Which of our accounts at the provider.
  account text not null default 'default'::text,
  -- The fulfilment whose provider could not be reached, in whose place this one is.
  replaces_id bigint,
  constraint fulfillments_pkey PRIMARY KEY (tenant_id, fulfillment_id),
  constraint fulfillments_order_key UNIQUE (tenant_id, order_id, fulfillment_id),
  constraint fulfillments_reference_key UNIQUE (reference),
  constraint fulfillments_location_id_fkey FOREIGN KEY (tenant_id, location_id) REFERENCES locations(tenant_id, location_id),
  constraint fulfillments_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint fulfillments_replaces_id_fkey FOREIGN KEY (tenant_id, replaces_id) REFERENCES fulfillments(tenant_id, fulfillment_id) NOT VALID,
  constraint fulfillments_account_check CHECK (((length(account) >= 1) AND (length(account) <= 100))) NOT VALID,
  constraint fulfillments_attempt_check CHECK ((attempt >= 0)),
  constraint fulfillments_failures_check CHECK ((failures >= 0)),
  constraint fulfillments_provider_code_check CHECK ((provider_code ~ '^[a-z][a-z0-9_-]{0,39}$'::text)),
  constraint fulfillments_service_check CHECK (((length(service) >= 1) AND (length(service) <= 100))) NOT VALID,
  constraint fulfillments_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'on_hold'::text, 'submitted'::text, 'accepted'::text, 'rejected'::text, 'failed'::text, 'picking'::text, 'packed'::text, 'shipped'::text, 'delivered'::text, 'returned'::text, 'cancellation_requested'::text, 'cancelled'::text])))
);
CREATE INDEX fulfillments_open_idx ON public.fulfillments USING btree (tenant_id, status, updated_at) WHERE (status <> ALL (ARRAY['delivered'::text, 'returned'::text, 'cancelled'::text]));
CREATE INDEX fulfillments_replaces_id_idx ON public.fulfillments USING btree (tenant_id, replaces_id) WHERE (replaces_id IS NOT NULL);
CREATE TRIGGER trg_fulfillments_1_history_insert AFTER INSERT ON public.fulfillments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_fulfillments_history();
CREATE TRIGGER trg_fulfillments_1_history_update AFTER UPDATE ON public.fulfillments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_fulfillments_history();
CREATE TRIGGER trg_fulfillments_2_enqueue AFTER INSERT ON public.fulfillments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_fulfillments_enqueue();
CREATE TRIGGER trg_fulfillments_2_progress AFTER UPDATE ON public.fulfillments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_fulfillments_progress();
CREATE TRIGGER trg_fulfillments_3_retries AFTER UPDATE ON public.fulfillments FOR EACH ROW WHEN ((new.failures > old.failures)) EXECUTE FUNCTION trg_fulfillments_retries();
CREATE TRIGGER trg_fulfillments_delete BEFORE DELETE OR TRUNCATE ON public.fulfillments FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_fulfillments_guard BEFORE INSERT OR UPDATE ON public.fulfillments FOR EACH ROW EXECUTE FUNCTION trg_fulfillments_guard();

-- Answers given to keyed requests, written in the same transaction as their effect: a refused request leaves none. A request in flight holds an advisory lock instead of a row.
create table public.idempotency_keys (
  -- The shop; keys of two shops never meet.
  tenant_id uuid not null default current_tenant_id(),
  -- The client's key.
  idempotency_key text not null,
  -- What the key was used for, e.g. orders.create.
  endpoint text not null,
  -- SHA-256 of the request body.
  request_hash bytea not null,
  -- The order that the request made.
  order_id bigint,
  -- The answer, given again on replay.
  response jsonb not null,
  -- When the request was answered.
  created_at timestamp with time zone not null default clock_now(),
  -- From then on the key may be used anew.
  expires_at timestamp with time zone not null default (clock_now() + '24:00:00'::interval),
  constraint idempotency_keys_pkey PRIMARY KEY (tenant_id, idempotency_key),
  constraint idempotency_keys_idempotency_key_check CHECK (((length(idempotency_key) >= 1) AND (length(idempotency_key) <= 255))),
  constraint idempotency_keys_request_hash_check CHECK ((octet_length(request_hash) = 32))
);
CREATE INDEX idempotency_keys_expires_at_idx ON public.idempotency_keys USING btree (expires_at);

-- A thing that is counted in a warehouse.
create table public.inventory_items (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  inventory_item_id bigint not null generated by default as identity,
  -- Its own SKU; equals the variant's where a variant is made of exactly one item.
  sku text not null,
  -- false: never runs out and is never reserved (airtime bought on demand).
  track_inventory boolean not null default true,
  -- At or below this many available units the item counts as LOW_STOCK.
  low_stock_threshold integer not null default default_low_stock_threshold(),
  -- When the row was written.
  created_at timestamp with time zone not null default clock_now(),
  constraint inventory_items_pkey PRIMARY KEY (tenant_id, inventory_item_id),
  constraint inventory_items_sku_key UNIQUE (tenant_id, sku),
  constraint inventory_items_low_stock_threshold_check CHECK ((low_stock_threshold >= 0)),
  constraint inventory_items_sku_check CHECK (((length(sku) >= 1) AND (length(sku) <= 64)))
);
CREATE TRIGGER trg_inventory_items_threshold AFTER UPDATE ON public.inventory_items REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_inventory_items_threshold();

-- How much of an item a location holds and has promised. Written only by stock_movements (trg_stock_movements_apply); trg_inventory_levels_guard refuses everybody else and overselling.
create table public.inventory_levels (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- What is counted.
  inventory_item_id bigint not null,
  -- Where.
  location_id bigint not null,
  -- Units physically there.
  on_hand bigint not null default 0,
  -- Units promised to orders that are not confirmed yet.
  reserved bigint not null default 0,
  -- Units promised to confirmed orders, not yet gone.
  allocated bigint not null default 0,
  -- on_hand - reserved - allocated; negative only after a correction found fewer than promised.
  available bigint not null generated always as (((on_hand - reserved) - allocated)) stored,
  -- Counts changes, for compare-and-set stock counts.
  version bigint not null default 0,
  -- When the level last changed.
  updated_at timestamp with time zone not null default clock_now(),
  -- Units on their way to it: announced deliveries, shipped transfers.
  incoming bigint not null default 0,
  -- Units there that can not be sold; not counted in on_hand.
  damaged bigint not null default 0,
  -- Units of on_hand that are kept back from new promises.
  safety_stock bigint not null default 0,
  -- Units of reserved and allocated that were promised beyond the stock and wait for goods.
  backordered bigint not null default 0,
  -- How many units may be promised beyond the stock: 0 none, null without limit.
  backorder_limit bigint default 0,
  -- How many units may be promised before release_at: 0 none, null without limit.
  preorder_limit bigint default 0,
  -- A preorder: until then every promise waits, whatever is there; null: released.
  release_at timestamp with time zone,
  -- The item's threshold, kept here so that a movement needs no look-up to see a crossing.
  low_stock_threshold integer not null default 10,
  -- Part of the location where it lies, for picking.
  zone text,
  -- Shelf or box where it lies, for picking.
  bin text,
  constraint inventory_levels_pkey PRIMARY KEY (tenant_id, inventory_item_id, location_id),
  constraint inventory_levels_inventory_item_id_fkey FOREIGN KEY (tenant_id, inventory_item_id) REFERENCES inventory_items(tenant_id, inventory_item_id),
  constraint inventory_levels_location_id_fkey FOREIGN KEY (tenant_id, location_id) REFERENCES locations(tenant_id, location_id),
  constraint inventory_levels_sound_check CHECK (level_is_sound(inventory_levels.*))
);
CREATE TRIGGER trg_inventory_levels_delete BEFORE DELETE OR TRUNCATE ON public.inventory_levels FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_inventory_levels_guard BEFORE INSERT OR UPDATE ON public.inventory_levels FOR EACH ROW EXECUTE FUNCTION trg_inventory_levels_guard();

-- Units of an item at a location promised to an order line: reserved (until expires_at), committed (order confirmed), fulfilled (gone), released, expired, returned (came back). trg_inventory_reservations_ledger writes each change to stock_movements and refuses illegal ones.
create table public.inventory_reservations (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  reservation_id bigint not null generated by default as identity,
  -- The order.
  order_id bigint not null,
  -- The line.
  order_item_id bigint not null,
  -- The stock item.
  inventory_item_id bigint not null,
  -- Where it is taken from.
  location_id bigint not null,
  -- Units; changes only when a part of them is split off.
  quantity integer not null,
  -- reserved -> committed | released | expired; committed -> fulfilled | released; fulfilled -> returned.
  status text not null default 'reserved'::text,
  -- A reserved row no longer counts after this.
  expires_at timestamp with time zone not null,
  -- Why the units were given back.
  released_reason text,
  -- When the promise was made.
  created_at timestamp with time zone not null default clock_now(),
  -- When its status last changed.
  updated_at timestamp with time zone not null default clock_now(),
  -- The promise that this one was split off, so that its units can go another way.
  split_from bigint,
  -- The fulfilment that used it up; null: not gone, or gone before this was written down.
  fulfillment_id bigint,
  -- Promised beyond the stock; false as soon as goods are there for it (sp_fill_backorders).
  is_backordered boolean not null default false,
  constraint inventory_reservations_pkey PRIMARY KEY (tenant_id, reservation_id),
  constraint inventory_reservations_order_line_fkey FOREIGN KEY (tenant_id, order_id, order_item_id) REFERENCES order_items(tenant_id, order_id, order_item_id),
  constraint inventory_reservations_quantity_check CHECK ((quantity > 0)),
  constraint inventory_reservations_status_check CHECK (
CASE
    WHEN (status = ANY (ARRAY['reserved'::text, 'committed'::text, 'released'::text, 'expired'::text])) THEN true
    WHEN (status = ANY (ARRAY['fulfilled'::text, 'returned'::text])) THEN (NOT is_backordered)
    ELSE false
END)
);
CREATE INDEX inventory_reservations_backordered_idx ON public.inventory_reservations USING btree (tenant_id, inventory_item_id, location_id, reservation_id) WHERE (is_backordered AND (status = ANY (ARRAY['reserved'::text, 'committed'::text])));
CREATE INDEX inventory_reservations_expires_at_idx ON public.inventory_reservations USING btree (expires_at) WHERE (status = 'reserved'::text);
CREATE INDEX inventory_reservations_level_idx ON public.inventory_reservations USING btree (inventory_item_id, expires_at) WHERE (status = 'reserved'::text);
CREATE INDEX inventory_reservations_order_id_idx ON public.inventory_reservations USING btree (tenant_id, order_id);
CREATE INDEX inventory_reservations_returned_idx ON public.inventory_reservations USING btree (tenant_id, order_id, inventory_item_id) WHERE (status = 'returned'::text);
CREATE TRIGGER trg_inventory_reservations_delete BEFORE DELETE OR TRUNCATE ON public.inventory_reservations FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_inventory_reservations_guard BEFORE INSERT ON public.inventory_reservations FOR EACH ROW WHEN (((new.status <> 'reserved'::text) OR (new.split_from IS NOT NULL))) EXECUTE FUNCTION trg_inventory_reservations_guard();
CREATE TRIGGER trg_inventory_reservations_insert AFTER INSERT ON public.inventory_reservations REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_inventory_reservations_ledger();
CREATE TRIGGER trg_inventory_reservations_update AFTER UPDATE ON public.inventory_reservations REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_inventory_reservations_ledger();

-- A place that holds stock.
create table public.locations (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  location_id bigint not null generated by default as identity,
  -- Short stable name, unique per shop.
  code text not null,
  -- Name shown to people.
  name text not null,
  -- warehouse, store, or provider (stock held elsewhere).
  kind text not null default 'warehouse'::text,
  -- Lower is taken first when several hold the item.
  priority integer not null default 100,
  -- false: its stock is not promised to new orders.
  is_active boolean not null default true,
  -- When the row was written.
  created_at timestamp with time zone not null default clock_now(),
  -- Like an order's shipping_address: address, city, province, postal_code, country.
  address jsonb,
  -- IANA name of the time there, e.g. Africa/Accra.
  timezone text not null default 'UTC'::text,
  constraint locations_pkey PRIMARY KEY (tenant_id, location_id),
  constraint locations_code_key UNIQUE (tenant_id, code),
  constraint locations_address_check CHECK ((jsonb_typeof(address) = 'object'::text)) NOT VALID,
  constraint locations_code_check CHECK (((length(code) >= 1) AND (length(code) <= 40))),
  constraint locations_kind_check CHECK ((kind = ANY (ARRAY['warehouse'::text, 'store'::text, 'provider'::text]))),
  constraint locations_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint locations_timezone_check CHECK (((length(timezone) >= 1) AND (length(timezone) <= 64))) NOT VALID
);

-- Every kind of notice there is. Shared by all shops.
create table public.notification_kinds (
  -- Its name, and its templates'.
  notification_type text not null,
  -- customer or admin.
  audience text not null,
  -- Part of the contract: nobody can mute it, and it carries no link to unsubscribe.
  is_essential boolean not null,
  -- Whether it waits until quiet hours are over.
  keeps_quiet_hours boolean not null,
  -- When it is told.
  description text not null,
  constraint notification_kinds_pkey PRIMARY KEY (notification_type),
  constraint notification_kinds_audience_check CHECK ((audience = ANY (ARRAY['customer'::text, 'admin'::text])))
);

-- How a customer wants to be told; what is null is as the shop does it.
create table public.notification_preferences (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- The customer.
  customer_id bigint not null,
  -- Each event is told on each of these.
  channels text[],
  -- What the customer does not want to hear; what is essential is told nevertheless.
  muted_types text[] not null default '{}'::text[],
  -- Whose hours are meant, IANA name.
  time_zone text,
  -- When quiet hours begin.
  quiet_from time without time zone,
  -- When they end.
  quiet_until time without time zone,
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  constraint notification_preferences_pkey PRIMARY KEY (tenant_id, customer_id),
  constraint notification_preferences_customer_id_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customers(tenant_id, customer_id),
  constraint notification_preferences_channels_check CHECK ((channels <@ '{email,sms,whatsapp,in_app}'::text[])),
  constraint notification_preferences_quiet_check CHECK (((quiet_from IS NULL) = (quiet_until IS NULL))),
  constraint notification_preferences_time_zone_check CHECK (((time_zone IS NULL) OR (timezone(time_zone, '2000-01-01 00:00:00+00'::timestamp with time zone) IS NOT NULL)))
);

-- One notice to one person on one channel. Inserting a pending one enqueues its send_notification job (trg_notification_queue_enqueue).
create table public.notification_queue (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  notification_id bigint not null generated by default as identity,
  -- The order it is about.
  order_id bigint,
  -- Which of notification_kinds; names its template.
  notification_type text not null,
  -- How it is sent: email, sms, whatsapp, in_app, …; slack, pagerduty, webhook for admins.
  channel text not null default 'email'::text,
  -- Address on that channel (personal data).
  recipient text,
  -- BCP 47 language.
  locale text not null default 'en'::text,
  -- What the template shows, as it was at the event.
  payload jsonb not null default '{}'::jsonb,
  -- pending, sent, delivered (receipt seen), failed (given up), skipped, cancelled.
  status text not null default 'pending'::text,
  -- Sending attempts made.
  attempts integer not null default 0,
  -- One event is told once per channel, whatever is repeated.
  dedupe_key text not null,
  -- The channel's id of the message.
  provider_message_id text,
  -- Why it is not sent: no_address, suppressed, muted, superseded, digest.
  skip_reason text,
  -- The last failure in words.
  last_error text,
  -- When the event happened.
  created_at timestamp with time zone not null default clock_now(),
  -- When it was handed to the channel.
  sent_at timestamp with time zone,
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  -- The known customer that it is for.
  customer_id bigint,
  -- The admin contact that it is for.
  contact_id bigint,
  -- What tells two events of one type and order apart, e.g. shipment:7; empty: there is only one.
  event text not null default ''::text,
  -- Not sent earlier: the recipient's quiet hours end then.
  not_before timestamp with time zone,
  -- Since when an attempt is under way or ended without anybody knowing how.
  sending_since timestamp with time zone,
  -- Attempts of which nobody knows whether the channel took them.
  unknown_attempts smallint not null default 0,
  -- Who took it: smtp, twilio, …
  provider text,
  -- The channel's own code of the last failure.
  error_code text,
  -- When its receipt says that it arrived.
  delivered_at timestamp with time zone,
  -- Lets who got it unsubscribe without logging in; made when it is sent.
  unsubscribe_token uuid,
  constraint notification_queue_pkey PRIMARY KEY (tenant_id, notification_id),
  constraint notification_queue_dedupe_key_key UNIQUE (tenant_id, dedupe_key),
  constraint notification_queue_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint notification_queue_attempts_check CHECK ((attempts >= 0)),
  constraint notification_queue_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'sms'::text, 'whatsapp'::text, 'in_app'::text, 'push'::text, 'messenger'::text, 'slack'::text, 'pagerduty'::text, 'webhook'::text]))),
  constraint notification_queue_notification_type_check CHECK ((notification_type ~ '^[a-z][a-z0-9_]{0,63}$'::text)),
  constraint notification_queue_recipient_check CHECK (((recipient IS NOT NULL) OR (status = 'skipped'::text))),
  constraint notification_queue_skip_reason_check CHECK (((status = 'skipped'::text) = (skip_reason IS NOT NULL))),
  constraint notification_queue_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'sent'::text, 'delivered'::text, 'failed'::text, 'skipped'::text, 'cancelled'::text]))),
  constraint notification_queue_unknown_attempts_check CHECK ((unknown_attempts >= 0))
);
CREATE INDEX notification_queue_customer_idx ON public.notification_queue USING btree (tenant_id, customer_id, notification_id) WHERE (customer_id IS NOT NULL);
CREATE INDEX notification_queue_digest_idx ON public.notification_queue USING btree (tenant_id, contact_id, notification_id) WHERE (skip_reason = 'digest'::text);
CREATE INDEX notification_queue_finished_idx ON public.notification_queue USING btree (updated_at) WHERE (status <> 'pending'::text);
CREATE INDEX notification_queue_message_idx ON public.notification_queue USING btree (provider_message_id) WHERE (provider_message_id IS NOT NULL);
CREATE INDEX notification_queue_order_id_idx ON public.notification_queue USING btree (tenant_id, order_id);
CREATE UNIQUE INDEX notification_queue_unsubscribe_token_key ON public.notification_queue USING btree (unsubscribe_token) WHERE (unsubscribe_token IS NOT NULL);
CREATE TRIGGER trg_notification_queue_enqueue AFTER INSERT ON public.notification_queue REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_notification_queue_enqueue();

-- What channels said about messages, each fact once, also before we knew the message.
create table public.notification_receipts (
  -- The shop; the single shop's, when the message was not known yet.
  tenant_id uuid not null default current_tenant_id(),
  -- Key; grows in the order of arrival.
  receipt_id bigint not null generated by default as identity,
  -- Who says so: twilio, …
  provider text not null,
  -- Its own id of the message.
  message_id text not null,
  -- Its own word.
  status text not null,
  -- Its own code.
  error_code text,
  -- When it happened.
  occurred_at timestamp with time zone not null,
  -- When it was told.
  received_at timestamp with time zone not null default clock_now(),
  constraint notification_receipts_pkey PRIMARY KEY (tenant_id, receipt_id),
  constraint notification_receipts_fact_key UNIQUE (provider, message_id, status),
  constraint notification_receipts_message_id_check CHECK (((length(message_id) >= 1) AND (length(message_id) <= 255))),
  constraint notification_receipts_status_check CHECK (((length(status) >= 1) AND (length(status) <= 64)))
);
CREATE INDEX notification_receipts_received_idx ON public.notification_receipts USING btree (received_at);

-- How a shop tells customers that said nothing else; a shop without a row has the defaults.
create table public.notification_settings (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Each event is told on each of these.
  channels text[] not null default '{email}'::text[],
  -- What the shop tells nobody.
  muted_types text[] not null default '{}'::text[],
  -- Whose hours are meant, IANA name.
  time_zone text not null default 'UTC'::text,
  -- When quiet hours begin; null: never.
  quiet_from time without time zone,
  -- When they end.
  quiet_until time without time zone,
  -- Where customers see and pay an order; {order_number} in it is replaced.
  order_url text,
  constraint notification_settings_pkey PRIMARY KEY (tenant_id),
  constraint notification_settings_channels_check CHECK ((channels <@ '{email,sms,whatsapp,in_app}'::text[])),
  constraint notification_settings_order_url_check CHECK (((order_url ~ '^https?://'::text) AND (length(order_url) <= 1000))),
  constraint notification_settings_quiet_check CHECK (((quiet_from IS NULL) = (quiet_until IS NULL))),
  constraint notification_settings_time_zone_check CHECK ((timezone(time_zone, '2000-01-01 00:00:00+00'::timestamp with time zone) IS NOT NULL))
);

-- Addresses to which nothing is sent any more, until somebody deletes the row.
create table public.notification_suppressions (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- email, sms or whatsapp.
  channel text not null,
  -- In lower case (personal data).
  address text not null,
  -- hard_bounce, invalid_number: nobody is there; stopped, complaint: told so to the channel; opted_out: unsubscribed, which holds for what is not essential.
  reason text not null,
  -- The channel's own code.
  error_code text,
  -- The notice that found it out.
  notification_id bigint,
  -- Since when.
  created_at timestamp with time zone not null default clock_now(),
  constraint notification_suppressions_pkey PRIMARY KEY (tenant_id, channel, address),
  constraint notification_suppressions_address_check CHECK ((address = lower(address))),
  constraint notification_suppressions_reason_check CHECK ((reason = ANY (ARRAY['hard_bounce'::text, 'invalid_number'::text, 'stopped'::text, 'complaint'::text, 'opted_out'::text])))
);

-- A shop's own templates; what is null is taken from the built-in one.
create table public.notification_templates (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Which of notification_kinds.
  notification_type text not null,
  -- email, sms, whatsapp or in_app.
  channel text not null,
  -- BCP 47 language, e.g. fr.
  locale text not null,
  -- One line.
  subject text,
  -- Plain text.
  body_text text,
  -- HTML; values are escaped.
  body_html text,
  -- The template at Twilio that WhatsApp approved: 1 name, 2 order, 3 amount, 4 link, 5 reason.
  content_sid text,
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  constraint notification_templates_pkey PRIMARY KEY (tenant_id, notification_type, channel, locale),
  constraint notification_templates_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'sms'::text, 'whatsapp'::text, 'in_app'::text]))),
  constraint notification_templates_content_sid_check CHECK ((content_sid ~ '^HX[0-9a-fA-F]{32}$'::text)),
  constraint notification_templates_locale_check CHECK (((length(locale) >= 2) AND (length(locale) <= 35))),
  constraint notification_templates_notification_type_check CHECK ((notification_type ~ '^[a-z][a-z0-9_]{0,63}$'::text)),
  constraint notification_templates_size_check CHECK (((length(subject) <= 500) AND (length(body_text) <= 50000) AND (length(body_html) <= 200000)))
);

-- What was changed about the lines of placed orders; append-only. A new row is the change: stock, sums, fulfilments and refunds follow (trg_order_changes_apply).
create table public.order_changes (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key; grows in the order of the changes.
  order_change_id bigint not null generated by default as identity,
  -- The order.
  order_id bigint not null,
  -- add_line, add_units or cancel_units.
  action text not null,
  -- The line, unless it is a new one.
  order_item_id bigint,
  -- What a new line is of.
  variant_id bigint,
  -- Units more, or fewer.
  quantity integer not null,
  -- E.164 number that receives a new line's airtime or data (personal data).
  recipient_phone text,
  -- Why, as given.
  reason text,
  -- Who.
  changed_by text not null default CURRENT_USER,
  -- When.
  created_at timestamp with time zone not null default clock_now(),
  constraint order_changes_pkey PRIMARY KEY (tenant_id, order_change_id),
  constraint order_changes_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint order_changes_order_line_fkey FOREIGN KEY (tenant_id, order_id, order_item_id) REFERENCES order_items(tenant_id, order_id, order_item_id),
  constraint order_changes_variant_id_fkey FOREIGN KEY (tenant_id, variant_id) REFERENCES product_variants(tenant_id, variant_id),
  constraint order_changes_action_check CHECK (
CASE action
    WHEN 'add_line'::text THEN ((order_item_id IS NULL) AND (variant_id IS NOT NULL))
    WHEN 'add_units'::text THEN ((order_item_id IS NOT NULL) AND (variant_id IS NULL))
    WHEN 'cancel_units'::text THEN ((order_item_id IS NOT NULL) AND (variant_id IS NULL))
    ELSE false
END),
  constraint order_changes_quantity_check CHECK (((quantity >= 1) AND (quantity <= 1000))),
  constraint order_changes_recipient_phone_check CHECK (((length(recipient_phone) >= 7) AND (length(recipient_phone) <= 20)))
);
CREATE INDEX order_changes_order_id_idx ON public.order_changes USING btree (tenant_id, order_id);
CREATE TRIGGER trg_order_changes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.order_changes FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_order_changes_apply AFTER INSERT ON public.order_changes REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_order_changes_apply();

-- Failures tied to an order that a person should know of; unresolved ones are counted on the order.
create table public.order_errors (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key.
  order_error_id bigint not null generated by default as identity,
  -- The order.
  order_id bigint not null,
  -- The fulfilment that failed, if it was one.
  fulfillment_id bigint,
  -- delivery, payment, stock, database, api or unknown.
  category text not null,
  -- critical, high, medium or low.
  severity text not null,
  -- Where it happened: fulfilment, notification, …
  stage text not null,
  -- Stable code of the cause.
  code text not null,
  -- The cause in words.
  message text not null,
  -- Facts for whoever looks into it.
  context jsonb not null default '{}'::jsonb,
  -- Whether a person (or a later success) settled it.
  is_resolved boolean not null default false,
  -- When it was settled.
  resolved_at timestamp with time zone,
  -- Who settled it.
  resolved_by text,
  -- When it happened.
  created_at timestamp with time zone not null default clock_now(),
  -- The variant it is about, if it is about one.
  variant_id bigint,
  -- Where in our code it happened, for developers.
  stack text,
  -- The ticket that somebody opened for it.
  ticket_ref text,
  -- How it was settled.
  resolution text,
  constraint order_errors_pkey PRIMARY KEY (tenant_id, order_error_id),
  constraint order_errors_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint order_errors_category_check CHECK ((category = ANY (ARRAY['delivery'::text, 'payment'::text, 'stock'::text, 'database'::text, 'api'::text, 'unknown'::text]))),
  constraint order_errors_resolution_check CHECK (((resolution IS NULL) OR is_resolved)) NOT VALID,
  constraint order_errors_resolved_check CHECK ((is_resolved = (resolved_at IS NOT NULL))),
  constraint order_errors_severity_check CHECK ((severity = ANY (ARRAY['critical'::text, 'high'::text, 'medium'::text, 'low'::text]))),
  constraint order_errors_ticket_ref_check CHECK (((length(ticket_ref) >= 1) AND (length(ticket_ref) <= 200))) NOT VALID
);
CREATE INDEX order_errors_cause_idx ON public.order_errors USING btree (tenant_id, category, stage, code) WHERE (NOT is_resolved);
CREATE INDEX order_errors_open_idx ON public.order_errors USING btree (tenant_id, created_at) WHERE (NOT is_resolved);
CREATE INDEX order_errors_order_id_idx ON public.order_errors USING btree (tenant_id, order_id);
CREATE INDEX order_errors_resolved_idx ON public.order_errors USING btree (resolved_at) WHERE is_resolved;
CREATE TRIGGER trg_order_errors_count_delete AFTER DELETE ON public.order_errors REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_order_errors_count();
CREATE TRIGGER trg_order_errors_count_insert AFTER INSERT ON public.order_errors REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_order_errors_count();
CREATE TRIGGER trg_order_errors_count_update AFTER UPDATE ON public.order_errors REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_order_errors_count();
CREATE TRIGGER trg_order_errors_guard BEFORE UPDATE ON public.order_errors FOR EACH ROW WHEN ((((((((((((((new.tenant_id IS DISTINCT FROM old.tenant_id) OR (new.order_error_id IS DISTINCT FROM old.order_error_id)) OR (new.order_id IS DISTINCT FROM old.order_id)) OR (new.fulfillment_id IS DISTINCT FROM old.fulfillment_id)) OR (new.variant_id IS DISTINCT FROM old.variant_id)) OR (new.category IS DISTINCT FROM old.category)) OR (new.severity IS DISTINCT FROM old.severity)) OR (new.stage IS DISTINCT FROM old.stage)) OR (new.code IS DISTINCT FROM old.code)) OR (new.message IS DISTINCT FROM old.message)) OR (new.context IS DISTINCT FROM old.context)) OR (new.stack IS DISTINCT FROM old.stack)) OR (new.created_at IS DISTINCT FROM old.created_at))) EXECUTE FUNCTION trg_order_errors_guard();
CREATE TRIGGER trg_order_errors_notify AFTER INSERT ON public.order_errors REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_order_errors_notify();
CREATE CONSTRAINT TRIGGER trg_order_errors_ticket AFTER INSERT ON public.order_errors DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((NOT new.is_resolved)) EXECUTE FUNCTION trg_order_errors_ticket();
CREATE CONSTRAINT TRIGGER trg_order_errors_ticket_update AFTER UPDATE ON public.order_errors DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.is_resolved AND (NOT old.is_resolved))) EXECUTE FUNCTION trg_order_errors_ticket();

-- Why orders are on hold. A new row stops its order, the release of the last one lets it go on (trg_order_holds_apply).
create table public.order_holds (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key.
  order_hold_id bigint not null generated by default as identity,
  -- The order.
  order_id bigint not null,
  -- awaiting_payment, awaiting_return_items, high_risk_of_fraud, incorrect_address, inventory_out_of_stock, unknown_delivery_date, delivery_failed or other.
  reason text not null,
  -- The reason in words.
  notes text not null default ''::text,
  -- Who held it.
  held_by text not null default CURRENT_USER,
  -- Since when.
  created_at timestamp with time zone not null default clock_now(),
  -- When it was released; null: it holds.
  released_at timestamp with time zone,
  -- Who released it.
  released_by text,
  -- A word with the release.
  release_notes text,
  constraint order_holds_pkey PRIMARY KEY (tenant_id, order_hold_id),
  constraint order_holds_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint order_holds_notes_check CHECK ((length(notes) <= 1000)),
  constraint order_holds_reason_check CHECK ((reason = ANY (ARRAY['awaiting_payment'::text, 'awaiting_return_items'::text, 'high_risk_of_fraud'::text, 'incorrect_address'::text, 'inventory_out_of_stock'::text, 'unknown_delivery_date'::text, 'delivery_failed'::text, 'other'::text]))),
  constraint order_holds_released_check CHECK ((((released_at IS NULL) = (released_by IS NULL)) AND ((released_at IS NOT NULL) OR (release_notes IS NULL))))
);
CREATE UNIQUE INDEX order_holds_open_key ON public.order_holds USING btree (tenant_id, order_id, reason, md5(notes)) WHERE (released_at IS NULL);
CREATE INDEX order_holds_order_id_idx ON public.order_holds USING btree (tenant_id, order_id);
CREATE TRIGGER trg_order_holds_delete BEFORE DELETE OR TRUNCATE ON public.order_holds FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_order_holds_guard BEFORE UPDATE ON public.order_holds FOR EACH ROW EXECUTE FUNCTION trg_order_holds_guard();
CREATE TRIGGER trg_order_holds_insert AFTER INSERT ON public.order_holds REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_order_holds_apply();
CREATE TRIGGER trg_order_holds_update AFTER UPDATE ON public.order_holds REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_order_holds_apply();

-- Lines of an order. Inserting lines of a pending order reserves their stock, all or nothing (trg_order_items_reserve); afterwards lines do not change (trg_order_items_guard).
create table public.order_items (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  order_item_id bigint not null generated by default as identity,
  -- The order.
  order_id bigint not null,
  -- What was ordered.
  variant_id bigint not null,
  -- Place in the order, from 1.
  line_number integer not null,
  -- The variant's SKU at that time.
  sku text not null,
  -- The variant's title at that time.
  title text not null,
  -- Units ordered, grown by edits; quantity - quantity_cancelled of them are live.
  quantity integer not null,
  -- Minor units, at that time.
  unit_price bigint not null,
  -- unit_price * (quantity - quantity_cancelled).
  total_price bigint not null,
  -- E.164 number that receives airtime or data; null for other goods (personal data).
  recipient_phone text,
  -- Units taken back before they went, by a partial cancel or an edit; kept by triggers.
  quantity_cancelled integer not null default 0,
  -- Units that are packed or gone (fulfilments packed, shipped, delivered, returned); kept by triggers.
  quantity_fulfilled integer not null default 0,
  -- Units that left (fulfilments shipped, delivered, returned); kept by triggers.
  quantity_shipped integer not null default 0,
  -- Units that arrived (fulfilments delivered); kept by triggers.
  quantity_delivered integer not null default 0,
  -- Units that came back (received by a return); kept by triggers.
  quantity_returned integer not null default 0,
  constraint order_items_pkey PRIMARY KEY (tenant_id, order_item_id),
  constraint order_items_line_number_key UNIQUE (tenant_id, order_id, line_number),
  constraint order_items_order_line_key UNIQUE (tenant_id, order_id, order_item_id),
  constraint order_items_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint order_items_variant_id_fkey FOREIGN KEY (tenant_id, variant_id) REFERENCES product_variants(tenant_id, variant_id),
  constraint order_items_sound_check CHECK (order_item_is_sound(order_items.*))
);
CREATE INDEX order_items_variant_id_idx ON public.order_items USING btree (tenant_id, variant_id);
CREATE TRIGGER trg_order_items_fixed BEFORE UPDATE ON public.order_items FOR EACH ROW WHEN (((((((((new.tenant_id IS DISTINCT FROM old.tenant_id) OR (new.order_item_id IS DISTINCT FROM old.order_item_id)) OR (new.order_id IS DISTINCT FROM old.order_id)) OR (new.variant_id IS DISTINCT FROM old.variant_id)) OR (new.line_number IS DISTINCT FROM old.line_number)) OR (new.sku IS DISTINCT FROM old.sku)) OR (new.title IS DISTINCT FROM old.title)) OR (new.unit_price IS DISTINCT FROM old.unit_price))) EXECUTE FUNCTION trg_order_items_fixed();
CREATE TRIGGER trg_order_items_guard_insert AFTER INSERT ON public.order_items REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_order_items_guard();
CREATE TRIGGER trg_order_items_guard_update AFTER UPDATE ON public.order_items REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_order_items_guard();
CREATE TRIGGER trg_order_items_kept BEFORE DELETE ON public.order_items FOR EACH ROW EXECUTE FUNCTION trg_order_items_fixed();
CREATE TRIGGER trg_order_items_reserve AFTER INSERT ON public.order_items REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_order_items_reserve();
CREATE TRIGGER trg_order_items_truncate BEFORE TRUNCATE ON public.order_items FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_order_items_zz_paid AFTER INSERT ON public.order_items REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('stevedore.money'::text, true) = 'on'::text)) EXECUTE FUNCTION trg_orders_paid();

-- Audit trail of what was done to an order; append-only.
create table public.order_logs (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key; grows in the order of writing.
  order_log_id bigint not null generated by default as identity,
  -- The order.
  order_id bigint not null,
  -- confirm, cancel, hold, resume, deliver, …
  action text not null,
  -- What belongs to the action: notes, reason.
  details jsonb not null default '{}'::jsonb,
  -- Who did it.
  actor text not null,
  -- When.
  created_at timestamp with time zone not null default clock_now(),
  constraint order_logs_pkey PRIMARY KEY (tenant_id, order_log_id),
  constraint order_logs_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint order_logs_action_check CHECK (((length(action) >= 1) AND (length(action) <= 64)))
);
CREATE INDEX order_logs_order_id_idx ON public.order_logs USING btree (tenant_id, order_id, order_log_id);
CREATE TRIGGER trg_order_logs_append_only BEFORE UPDATE OR TRUNCATE ON public.order_logs FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_order_logs_kept AFTER DELETE ON public.order_logs REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_loss();

-- How long an order took from stage to stage, kept by trg_orders_metrics. The row is made with the first change of state, so placing alone costs nothing.
create table public.order_metrics (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- The order.
  order_id bigint not null,
  -- When it was placed.
  placed_at timestamp with time zone not null,
  -- When it was first paid in full.
  paid_at timestamp with time zone,
  -- When it was first confirmed.
  confirmed_at timestamp with time zone,
  -- When work on it began (processing).
  begun_at timestamp with time zone,
  -- When all of it was packed, or gone if that came first.
  fulfilled_at timestamp with time zone,
  -- When all of it had left; null for digital goods.
  shipped_at timestamp with time zone,
  -- When all of it had arrived.
  delivered_at timestamp with time zone,
  -- When it was first delivered, cancelled or expired.
  ended_at timestamp with time zone,
  -- How long it was on hold, all times together.
  on_hold_ms bigint not null default 0,
  -- Failed attempts of its fulfilments.
  retry_count integer not null default 0,
  -- confirmed_at - placed_at.
  placed_to_confirmed_ms bigint generated always as (((EXTRACT(epoch FROM (confirmed_at - placed_at)) * (1000)::numeric))::bigint) stored,
  -- fulfilled_at - confirmed_at.
  confirmed_to_fulfilled_ms bigint generated always as (((EXTRACT(epoch FROM (fulfilled_at - confirmed_at)) * (1000)::numeric))::bigint) stored,
  -- shipped_at - fulfilled_at.
  fulfilled_to_shipped_ms bigint generated always as (((EXTRACT(epoch FROM (shipped_at - fulfilled_at)) * (1000)::numeric))::bigint) stored,
  -- delivered_at - shipped_at.
  shipped_to_delivered_ms bigint generated always as (((EXTRACT(epoch FROM (delivered_at - shipped_at)) * (1000)::numeric))::bigint) stored,
  -- ended_at - placed_at.
  total_processing_duration_ms bigint generated always as (((EXTRACT(epoch FROM (ended_at - placed_at)) * (1000)::numeric))::bigint) stored,
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  constraint order_metrics_pkey PRIMARY KEY (tenant_id, order_id),
  constraint order_metrics_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id)
);

-- Which rules an order matched when it was screened last: what its risk score is made of.
create table public.order_risk_reasons (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- The order.
  order_id bigint not null,
  -- The rule; it may be gone by now.
  rule_code text not null,
  -- What it added.
  score smallint not null,
  -- Why it matched, in words, without personal data.
  detail text not null,
  -- When the order was screened.
  created_at timestamp with time zone not null default clock_now(),
  constraint order_risk_reasons_pkey PRIMARY KEY (tenant_id, order_id, rule_code),
  constraint order_risk_reasons_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id)
);

-- A shop's own order policy; a shop without a row has the defaults.
create table public.order_settings (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- How long a pending order holds its stock before it expires; 15 minutes without a row.
  reservation_ttl interval not null default '00:15:00'::interval,
  -- An order with this risk score or more waits for a person before it is confirmed; 70 without a row.
  risk_hold_score smallint not null default 70,
  -- Grams that a unit without a weight of its own counts for.
  default_weight_g integer not null default 500,
  -- Grams of box and filling of each parcel.
  packaging_weight_g integer not null default 0,
  -- Box of a parcel whose goods have no sizes: longest side.
  default_length_mm integer not null default 300,
  -- Box of a parcel whose goods have no sizes: second side.
  default_width_mm integer not null default 200,
  -- Box of a parcel whose goods have no sizes: shortest side.
  default_height_mm integer not null default 100,
  -- Where goods without an origin of their own were made.
  origin_country character(2),
  -- Who pays duty abroad: DAP, the customer; DDP, the shop.
  incoterm text not null default 'DAP'::text,
  constraint order_settings_pkey PRIMARY KEY (tenant_id),
  constraint order_settings_incoterm_check CHECK ((incoterm = ANY (ARRAY['DAP'::text, 'DDP'::text]))) NOT VALID,
  constraint order_settings_origin_country_check CHECK ((origin_country ~ '^[A-Z]{2}$'::text)) NOT VALID,
  constraint order_settings_parcel_check CHECK (((default_weight_g > 0) AND (packaging_weight_g >= 0) AND (default_length_mm > 0) AND (default_width_mm > 0) AND (default_height_mm > 0))) NOT VALID,
  constraint order_settings_reservation_ttl_check CHECK (((reservation_ttl >= '00:00:01'::interval) AND (reservation_ttl <= '90 days'::interval))),
  constraint order_settings_risk_hold_score_check CHECK (((risk_hold_score >= 1) AND (risk_hold_score <= 100)))
);

-- Which phone, mail and network addresses orders were seen with, as hashes: what the velocity rules count. Written while one is enabled, and forgotten after a week.
create table public.order_sightings (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- phone, email or ip.
  kind text not null,
  -- SHA-256 of the address with the shop's id.
  value_hash bytea not null,
  -- The order.
  order_id bigint not null,
  -- When it was screened.
  seen_at timestamp with time zone not null default clock_now(),
  constraint order_sightings_pkey PRIMARY KEY (tenant_id, kind, value_hash, order_id),
  constraint order_sightings_kind_check CHECK ((kind = ANY (ARRAY['phone'::text, 'email'::text, 'ip'::text])))
);
CREATE INDEX order_sightings_seen_at_idx ON public.order_sightings USING btree (seen_at);

-- Every change of state, written by triggers whoever makes it; append-only.
create table public.order_state_history (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key; grows in the order of the changes.
  history_id bigint not null generated by default as identity,
  -- The order.
  order_id bigint not null,
  -- The fulfilment, on that axis only.
  fulfillment_id bigint,
  -- order, payment, fulfillment, shipment or return.
  axis text not null,
  -- State before; null for the first row.
  from_status text,
  -- State after.
  to_status text not null,
  -- Who: the actor given to sp_*(), else the database user.
  changed_by text not null,
  -- Why, as given.
  reason text,
  -- When.
  created_at timestamp with time zone not null default clock_now(),
  -- The shipment, on that axis only.
  shipment_id bigint,
  -- The return, on that axis only.
  return_id bigint,
  -- How long from_status held, in milliseconds; null for a first state.
  held_ms bigint,
  constraint order_state_history_pkey PRIMARY KEY (tenant_id, history_id),
  constraint order_state_history_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint order_state_history_axis_check CHECK ((axis = ANY (ARRAY['order'::text, 'payment'::text, 'fulfillment'::text, 'shipment'::text, 'return'::text]))),
  constraint order_state_history_fulfillment_id_check CHECK (((axis = 'fulfillment'::text) = (fulfillment_id IS NOT NULL))),
  constraint order_state_history_held_ms_check CHECK ((held_ms >= 0)),
  constraint order_state_history_return_id_check CHECK (((axis = 'return'::text) = (return_id IS NOT NULL))),
  constraint order_state_history_shipment_id_check CHECK (((axis = 'shipment'::text) = (shipment_id IS NOT NULL)))
);
CREATE INDEX order_state_history_order_id_idx ON public.order_state_history USING btree (tenant_id, order_id, axis, fulfillment_id, history_id);
CREATE TRIGGER trg_order_state_history_append_only BEFORE UPDATE OR TRUNCATE ON public.order_state_history FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_order_state_history_events AFTER INSERT ON public.order_state_history REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_order_state_history_events();
CREATE TRIGGER trg_order_state_history_kept AFTER DELETE ON public.order_state_history REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_loss();

-- The legal changes of state; triggers refuse every other with SQLSTATE P0STT. Shared by all shops.
create table public.order_state_transitions (
  -- order, payment, fulfillment, shipment or return.
  axis text not null,
  -- State before; null: may start there.
  from_status text,
  -- State after.
  to_status text not null,
  constraint order_state_transitions_key UNIQUE NULLS NOT DISTINCT (axis, from_status, to_status),
  constraint order_state_transitions_axis_check CHECK ((axis = ANY (ARRAY['order'::text, 'payment'::text, 'fulfillment'::text, 'shipment'::text, 'return'::text])))
);

-- One order. Its triggers: trg_orders_guard (legal states, fixed columns), trg_orders_history, trg_orders_reserve, trg_orders_confirmed (stock, fulfilments), trg_orders_closed (release), trg_orders_notify, trg_orders_total. Place one with create_order(), never line by line.
create table public.orders (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  order_id bigint not null generated by default as identity,
  -- Number for people, ORD-YYYYMMDD-id; given by trigger.
  order_number text not null,
  -- State on the order axis of order_state_transitions; from processing on it follows the fulfilments.
  order_status text not null default 'pending'::text,
  -- State on the payment axis.
  payment_status text not null default 'pending'::text,
  -- cod and account are confirmed at once; all others wait, pending, for sp_confirm_order().
  payment_method text not null,
  -- ISO 4217 code of all amounts of the order.
  currency character(3) not null,
  -- Sum of the lines, minor units.
  subtotal bigint not null,
  -- Minor units.
  shipping_fee bigint not null default 0,
  -- Minor units.
  tax_amount bigint not null default 0,
  -- Taken off, minor units, not negative.
  discount_amount bigint not null default 0,
  -- subtotal + shipping_fee + tax_amount - discount_amount.
  total_amount bigint not null,
  -- Who ordered (personal data).
  customer_name text not null,
  -- Where notices go (personal data).
  customer_email text,
  -- E.164 (personal data).
  customer_phone text,
  -- Snapshot: recipient, phone, address, address2, city, province, postal_code, country; null for digital orders (personal data).
  shipping_address jsonb,
  -- BCP 47 language of notices.
  locale text not null default 'en'::text,
  -- Where it came from: web, messenger, api, …
  order_source text not null default 'api'::text,
  -- Why it was cancelled.
  cancel_reason text,
  -- Who cancelled it.
  cancelled_by text,
  -- Unresolved order_errors, kept by trg_order_errors_count.
  error_count integer not null default 0,
  -- Counts changes of the row.
  lock_version integer not null default 0,
  -- A pending order lapses at this time and gives its stock back; set by trigger from order_settings.
  expires_at timestamp with time zone,
  -- When it was placed.
  placed_at timestamp with time zone not null default clock_now(),
  -- When it was first confirmed.
  confirmed_at timestamp with time zone,
  -- When everything was delivered.
  delivered_at timestamp with time zone,
  -- When it was cancelled.
  cancelled_at timestamp with time zone,
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  -- The known buyer; null: a guest.
  customer_id bigint,
  -- Snapshot like shipping_address; null: the same (personal data).
  billing_address jsonb,
  -- The code whose discount was taken.
  promo_code text,
  -- Where the order came from (personal data).
  ip_address inet,
  -- The buyer's browser, as it names itself.
  user_agent text,
  -- Sum of the fraud rules that matched when it was screened, at most 100; null: not screened.
  risk_score integer,
  -- When it came to order_status; null: before this was kept.
  order_status_since timestamp with time zone default clock_now(),
  -- When it came to payment_status; null: before this was kept.
  payment_status_since timestamp with time zone default clock_now(),
  -- W3C trace context of the request that placed it; its jobs carry it on.
  traceparent text,
  -- When its details were last put into archived_orders; null: they are all in their tables.
  archived_at timestamp with time zone,
  constraint orders_pkey PRIMARY KEY (tenant_id, order_id),
  constraint orders_order_number_key UNIQUE (tenant_id, order_number),
  constraint orders_customer_id_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customers(tenant_id, customer_id),
  constraint orders_sound_check CHECK (order_is_sound(orders.*))
);
CREATE INDEX orders_customer_id_idx ON public.orders USING btree (tenant_id, customer_id, placed_at DESC) WHERE (customer_id IS NOT NULL);
CREATE INDEX orders_expires_at_idx ON public.orders USING btree (expires_at) WHERE (order_status = 'pending'::text);
CREATE INDEX orders_placed_at_idx ON public.orders USING btree (tenant_id, placed_at DESC, order_id DESC);
CREATE INDEX orders_status_idx ON public.orders USING btree (order_status, tenant_id, placed_at DESC, order_id DESC);
CREATE INDEX orders_to_archive_idx ON public.orders USING btree (updated_at) WHERE ((order_status = ANY (ARRAY['delivered'::text, 'completed'::text, 'partially_returned'::text, 'returned'::text, 'cancelled'::text, 'expired'::text])) AND ((archived_at IS NULL) OR (archived_at <= updated_at)));
CREATE TRIGGER trg_orders_1_history_insert AFTER INSERT ON public.orders REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_orders_history();
CREATE TRIGGER trg_orders_1_history_update AFTER UPDATE ON public.orders REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_orders_history();
CREATE TRIGGER trg_orders_1_metrics AFTER UPDATE ON public.orders REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_orders_metrics();
CREATE TRIGGER trg_orders_1_money AFTER UPDATE ON public.orders REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('stevedore.money'::text, true) = 'on'::text)) EXECUTE FUNCTION trg_orders_money();
CREATE TRIGGER trg_orders_1_placed AFTER INSERT ON public.orders REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('stevedore.money'::text, true) = 'on'::text)) EXECUTE FUNCTION trg_orders_placed();
CREATE TRIGGER trg_orders_2_effects AFTER UPDATE ON public.orders REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_orders_effects();
CREATE TRIGGER trg_orders_3_log AFTER UPDATE ON public.orders FOR EACH ROW WHEN ((((((((((new.customer_id IS DISTINCT FROM old.customer_id) OR (new.customer_name IS DISTINCT FROM old.customer_name)) OR (new.customer_email IS DISTINCT FROM old.customer_email)) OR (new.customer_phone IS DISTINCT FROM old.customer_phone)) OR (new.shipping_address IS DISTINCT FROM old.shipping_address)) OR (new.billing_address IS DISTINCT FROM old.billing_address)) OR (new.locale IS DISTINCT FROM old.locale)) OR (new.payment_method IS DISTINCT FROM old.payment_method)) OR (new.promo_code IS DISTINCT FROM old.promo_code))) EXECUTE FUNCTION trg_orders_log();
CREATE TRIGGER trg_orders_3_paid AFTER UPDATE ON public.orders REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT WHEN ((current_setting('stevedore.money'::text, true) = 'on'::text)) EXECUTE FUNCTION trg_orders_paid();
CREATE TRIGGER trg_orders_address BEFORE UPDATE ON public.orders FOR EACH ROW WHEN ((new.shipping_address IS DISTINCT FROM old.shipping_address)) EXECUTE FUNCTION trg_orders_address();
CREATE TRIGGER trg_orders_delete BEFORE DELETE OR TRUNCATE ON public.orders FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_orders_guard BEFORE INSERT OR UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION trg_orders_guard();
CREATE TRIGGER trg_orders_money_mark_insert BEFORE INSERT ON public.orders FOR EACH ROW WHEN (((new.order_status = 'pending'::text) AND ((new.payment_method = 'wallet'::text) OR (new.promo_code IS NOT NULL) OR (new.total_amount = 0)))) EXECUTE FUNCTION trg_orders_money_mark();
CREATE TRIGGER trg_orders_money_mark_update BEFORE UPDATE ON public.orders FOR EACH ROW WHEN (((new.order_status <> old.order_status) AND (((new.order_status = ANY (ARRAY['cancelled'::text, 'expired'::text, 'payment_failed'::text])) AND ((old.payment_status <> ALL (ARRAY['pending'::text, 'failed'::text])) OR (old.promo_code IS NOT NULL))) OR ((new.order_status = 'pending'::text) AND ((new.payment_method = 'wallet'::text) OR (new.promo_code IS NOT NULL) OR (new.total_amount = 0) OR (new.payment_status = 'paid'::text) OR ((old.order_status = 'on_hold'::text) AND (new.payment_method = ANY (ARRAY['cod'::text, 'account'::text])))))))) EXECUTE FUNCTION trg_orders_money_mark();
CREATE CONSTRAINT TRIGGER trg_orders_total AFTER INSERT ON public.orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((new.order_status <> 'draft'::text)) EXECUTE FUNCTION trg_orders_total();
CREATE CONSTRAINT TRIGGER trg_orders_total_update AFTER UPDATE ON public.orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((new.order_status <> 'draft'::text) AND ((old.order_status = 'draft'::text) OR (new.subtotal <> old.subtotal)))) EXECUTE FUNCTION trg_orders_total();

-- What a packed parcel of the own warehouse weighs and measures (sp_pack_parcel).
create table public.packed_parcels (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- The fulfilment whose goods are in it.
  fulfillment_id bigint not null,
  -- Its order.
  order_id bigint not null,
  -- Grams, with its packaging.
  weight_g integer not null,
  -- Longest side.
  length_mm integer not null,
  -- Second side.
  width_mm integer not null,
  -- Shortest side.
  height_mm integer not null,
  -- The only carrier that may take it; null: any.
  carrier_code text,
  -- The only service; null: any of the carrier's.
  service text,
  -- cheapest or fastest; null: as the workers are set.
  prefer text,
  -- Who packed it.
  packed_by text,
  -- When; refusals of carriers before it are forgotten.
  packed_at timestamp with time zone not null default clock_now(),
  constraint packed_parcels_pkey PRIMARY KEY (tenant_id, fulfillment_id),
  constraint packed_parcels_fulfillment_id_fkey FOREIGN KEY (tenant_id, order_id, fulfillment_id) REFERENCES fulfillments(tenant_id, order_id, fulfillment_id),
  constraint packed_parcels_measures_check CHECK (((weight_g > 0) AND (length_mm > 0) AND (width_mm > 0) AND (height_mm > 0))),
  constraint packed_parcels_prefer_check CHECK ((prefer = ANY (ARRAY['cheapest'::text, 'fastest'::text]))),
  constraint packed_parcels_service_check CHECK (((service IS NULL) OR (carrier_code IS NOT NULL)))
);

-- What providers said of payments, each fact once; append-only. Inserting a row moves the payment, its refunds and the order (trg_payment_events_apply), in whatever order rows come.
create table public.payment_events (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key.
  payment_event_id bigint not null generated by default as identity,
  -- The payment.
  payment_id bigint not null,
  -- Who says so.
  provider text not null,
  -- Its own id of the event.
  provider_event_id text not null,
  -- What happened, in our words.
  event_type text not null,
  -- Minor units of the payment's currency.
  amount bigint,
  -- The fact that it tells, unique per payment; null: told before by another event, no effect.
  effect_key text,
  -- The refund of ours that it is about.
  refund_id bigint,
  -- The provider's id of the capture, refund or dispute, where it has one.
  reference text,
  -- What else is worth keeping; no personal data.
  details jsonb not null default '{}'::jsonb,
  -- When it happened, says the provider.
  occurred_at timestamp with time zone not null default clock_now(),
  -- When the row was written.
  created_at timestamp with time zone not null default clock_now(),
  constraint payment_events_pkey PRIMARY KEY (tenant_id, payment_event_id),
  constraint payment_events_effect_key UNIQUE (tenant_id, payment_id, effect_key),
  constraint payment_events_provider_event_id_key UNIQUE (tenant_id, provider, provider_event_id),
  constraint payment_events_payment_id_fkey FOREIGN KEY (tenant_id, payment_id) REFERENCES payments(tenant_id, payment_id),
  constraint payment_events_refund_id_fkey FOREIGN KEY (tenant_id, refund_id) REFERENCES refunds(tenant_id, refund_id),
  constraint payment_events_amount_check CHECK (((amount > 0) OR ((amount IS NULL) AND (event_type <> ALL (ARRAY['authorized'::text, 'captured'::text, 'refunded'::text, 'dispute_lost'::text]))))),
  constraint payment_events_event_type_check CHECK ((event_type = ANY (ARRAY['requires_action'::text, 'authorized'::text, 'captured'::text, 'failed'::text, 'cancelled'::text, 'voided'::text, 'refunded'::text, 'refund_failed'::text, 'dispute_opened'::text, 'dispute_won'::text, 'dispute_lost'::text]))),
  constraint payment_events_provider_event_id_check CHECK (((length(provider_event_id) >= 1) AND (length(provider_event_id) <= 255))),
  constraint payment_events_refund_id_check CHECK (((refund_id IS NULL) OR (event_type = ANY (ARRAY['refunded'::text, 'refund_failed'::text]))))
);
CREATE TRIGGER trg_payment_events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.payment_events FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_payment_events_apply AFTER INSERT ON public.payment_events REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_payment_events_apply();

-- One attempt to pay for an order, by one provider. Its amounts and status are what payment_events add up to, and written by them alone (trg_payments_guard).
create table public.payments (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  payment_id bigint not null generated by default as identity,
  -- The order that is paid for.
  order_id bigint not null,
  -- stripe, razorpay, wallet, cod, bank_transfer, …: who moves the money.
  provider text not null,
  -- The provider's checkout session or order, where it has one besides the payment.
  provider_session_id text,
  -- The provider's own id of the payment.
  provider_payment_id text,
  -- ISO 4217 code of all its amounts: the order's.
  currency character(3) not null,
  -- What is to be paid, minor units.
  amount bigint not null,
  -- What the provider may capture; null: it captures without authorising first.
  authorized_amount bigint,
  -- What was really taken from the customer.
  captured_amount bigint not null default 0,
  -- How much of it the customer got back.
  refunded_amount bigint not null default 0,
  -- State on the payment axis, derived from payment_events.
  status text not null default 'pending'::text,
  -- When the attempt began.
  created_at timestamp with time zone not null default clock_now(),
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  constraint payments_pkey PRIMARY KEY (tenant_id, payment_id),
  constraint payments_provider_payment_id_key UNIQUE (tenant_id, provider, provider_payment_id),
  constraint payments_provider_session_id_key UNIQUE (tenant_id, provider, provider_session_id),
  constraint payments_refund_key UNIQUE (tenant_id, payment_id, order_id, currency),
  constraint payments_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint payments_amount_check CHECK ((amount > 0)),
  constraint payments_authorized_amount_check CHECK ((authorized_amount >= 0)),
  constraint payments_captured_amount_check CHECK (((captured_amount >= 0) AND (captured_amount <= COALESCE(authorized_amount, captured_amount)))),
  constraint payments_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint payments_provider_check CHECK ((provider ~ '^[a-z][a-z0-9_]{0,39}$'::text)),
  constraint payments_provider_payment_id_check CHECK (((length(provider_payment_id) >= 1) AND (length(provider_payment_id) <= 255))),
  constraint payments_provider_session_id_check CHECK (((length(provider_session_id) >= 1) AND (length(provider_session_id) <= 255))),
  constraint payments_refunded_amount_check CHECK (((refunded_amount >= 0) AND (refunded_amount <= captured_amount))),
  constraint payments_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'requires_action'::text, 'authorized'::text, 'partially_paid'::text, 'paid'::text, 'failed'::text, 'cancelled'::text, 'voided'::text, 'partially_refunded'::text, 'refunded'::text, 'disputed'::text])))
);
CREATE INDEX payments_order_id_idx ON public.payments USING btree (tenant_id, order_id);
CREATE TRIGGER trg_payments_delete BEFORE DELETE OR TRUNCATE ON public.payments FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_payments_guard BEFORE INSERT OR UPDATE ON public.payments FOR EACH ROW EXECUTE FUNCTION trg_payments_guard();
CREATE TRIGGER trg_payments_notify AFTER UPDATE ON public.payments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_payments_notify();

-- A round through a location that fetches the goods of several orders: sp_create_pick_batch, sp_confirm_pick, sp_cancel_pick_batch.
create table public.pick_batches (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  pick_batch_id bigint not null generated by default as identity,
  -- Where it is picked.
  location_id bigint not null,
  -- The part of the location that it goes through; null: all.
  zone text,
  -- open -> picking (something was found) -> completed (everything was looked for); or cancelled.
  status text not null default 'open'::text,
  -- Who goes.
  picker text,
  -- When it was made.
  created_at timestamp with time zone not null default clock_now(),
  -- When everything had been looked for.
  completed_at timestamp with time zone,
  constraint pick_batches_pkey PRIMARY KEY (tenant_id, pick_batch_id),
  constraint pick_batches_location_id_fkey FOREIGN KEY (tenant_id, location_id) REFERENCES locations(tenant_id, location_id),
  constraint pick_batches_picker_check CHECK (((length(picker) >= 1) AND (length(picker) <= 200))),
  constraint pick_batches_status_check CHECK ((status = ANY (ARRAY['open'::text, 'picking'::text, 'completed'::text, 'cancelled'::text])))
);
CREATE INDEX pick_batches_ended_idx ON public.pick_batches USING btree (created_at) WHERE (status = ANY (ARRAY['completed'::text, 'cancelled'::text]));
CREATE INDEX pick_batches_open_idx ON public.pick_batches USING btree (tenant_id, location_id, pick_batch_id) WHERE (status = ANY (ARRAY['open'::text, 'picking'::text]));

-- One thing to fetch for one order: where, how many, found.
create table public.pick_list_items (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  pick_list_item_id bigint not null generated by default as identity,
  -- The round.
  pick_batch_id bigint not null,
  -- The order.
  order_id bigint not null,
  -- The parcel that it goes into.
  fulfillment_id bigint not null,
  -- The units of the parcel that it is.
  fulfillment_item_id bigint not null,
  -- What is fetched: the stock item, else the variant.
  sku text not null,
  -- Its title, for people.
  title text not null,
  -- Part of the location where it lay then.
  zone text,
  -- Shelf or box where it lay then.
  bin text,
  -- Units to fetch.
  quantity integer not null,
  -- Units found; null: not looked for yet.
  picked_quantity integer,
  -- Why fewer were found.
  short_reason text,
  -- Who looked.
  picked_by text,
  -- When.
  picked_at timestamp with time zone,
  constraint pick_list_items_pkey PRIMARY KEY (tenant_id, pick_list_item_id),
  constraint pick_list_items_fulfillment_id_fkey FOREIGN KEY (tenant_id, order_id, fulfillment_id) REFERENCES fulfillments(tenant_id, order_id, fulfillment_id),
  constraint pick_list_items_pick_batch_id_fkey FOREIGN KEY (tenant_id, pick_batch_id) REFERENCES pick_batches(tenant_id, pick_batch_id),
  constraint pick_list_items_picked_quantity_check CHECK (((picked_quantity >= 0) AND (picked_quantity <= quantity))),
  constraint pick_list_items_quantity_check CHECK ((quantity > 0)),
  constraint pick_list_items_short_reason_check CHECK ((((short_reason IS NOT NULL) = (COALESCE(picked_quantity, quantity) < quantity)) AND ((length(short_reason) >= 1) AND (length(short_reason) <= 200))))
);
CREATE INDEX pick_list_items_fulfillment_id_idx ON public.pick_list_items USING btree (tenant_id, fulfillment_id);
CREATE INDEX pick_list_items_pick_batch_id_idx ON public.pick_list_items USING btree (tenant_id, pick_batch_id);

-- One orderable form of a product (a size, a data bundle): SKU, price, who fulfils it.
create table public.product_variants (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  variant_id bigint not null generated by default as identity,
  -- The product it is a form of.
  product_id bigint not null,
  -- Stock keeping unit, unique per shop; orders name it.
  sku text not null,
  -- Title copied to order lines.
  title text not null,
  -- digital: delivered by a provider, nothing is shipped; physical: needs a shipping address.
  kind text not null default 'physical'::text,
  -- Price of one unit in minor units of currency.
  price bigint not null,
  -- ISO 4217 code of price.
  currency character(3) not null,
  -- Code of the outside system that fulfils it; null: by hand (provider manual).
  fulfillment_provider text,
  -- Whether an order line must name the phone that receives it (airtime, data bundles).
  requires_recipient_phone boolean not null default false,
  -- What the provider needs to know, e.g. {"network": "MTN", "capacity_gb": 1}.
  attributes jsonb not null default '{}'::jsonb,
  -- active: can be ordered; archived: old orders only.
  status text not null default 'active'::text,
  -- When the row was written.
  created_at timestamp with time zone not null default clock_now(),
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  -- The size that this form has, e.g. XL; null: none.
  size text,
  -- Weight of one unit in grams; null: the shop's default_weight_g.
  weight_g integer,
  -- Longest side of one packed unit, millimetres.
  length_mm integer,
  -- Second side of one packed unit, millimetres.
  width_mm integer,
  -- Shortest side of one packed unit, millimetres.
  height_mm integer,
  -- Harmonised System code for customs, 6 to 10 digits without dots.
  hs_code text,
  -- Where it was made, ISO 3166-1 alpha-2; null: the shop's.
  origin_country character(2),
  -- What it is, for customs; null: the title.
  customs_description text,
  -- Value of one unit for customs, minor units of currency; null: the price that was paid.
  customs_value bigint,
  constraint product_variants_pkey PRIMARY KEY (tenant_id, variant_id),
  constraint product_variants_sku_key UNIQUE (tenant_id, sku),
  constraint product_variants_product_id_fkey FOREIGN KEY (tenant_id, product_id) REFERENCES products(tenant_id, product_id),
  constraint product_variants_attributes_check CHECK ((jsonb_typeof(attributes) = 'object'::text)),
  constraint product_variants_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint product_variants_customs_description_check CHECK (((length(customs_description) >= 1) AND (length(customs_description) <= 200))) NOT VALID,
  constraint product_variants_customs_value_check CHECK ((customs_value >= 0)) NOT VALID,
  constraint product_variants_fulfillment_provider_check CHECK ((fulfillment_provider ~ '^[a-z][a-z0-9_-]{0,39}$'::text)),
  constraint product_variants_hs_code_check CHECK ((hs_code ~ '^[0-9]{6,10}$'::text)) NOT VALID,
  constraint product_variants_kind_check CHECK ((kind = ANY (ARRAY['digital'::text, 'physical'::text]))),
  constraint product_variants_origin_country_check CHECK ((origin_country ~ '^[A-Z]{2}$'::text)) NOT VALID,
  constraint product_variants_price_check CHECK ((price >= 0)),
  constraint product_variants_sides_check CHECK (((length_mm > 0) AND (width_mm > 0) AND (height_mm > 0))) NOT VALID,
  constraint product_variants_sides_whole_check CHECK ((num_nulls(length_mm, width_mm, height_mm) = ANY (ARRAY[0, 3]))) NOT VALID,
  constraint product_variants_size_check CHECK (((length(size) >= 1) AND (length(size) <= 40))) NOT VALID,
  constraint product_variants_sku_check CHECK (((length(sku) >= 1) AND (length(sku) <= 64))),
  constraint product_variants_status_check CHECK ((status = ANY (ARRAY['active'::text, 'archived'::text]))),
  constraint product_variants_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200))),
  constraint product_variants_weight_g_check CHECK ((weight_g > 0)) NOT VALID
);
CREATE INDEX product_variants_product_id_idx ON public.product_variants USING btree (tenant_id, product_id);

-- What a shop sells; its variants carry SKU and price.
create table public.products (
  -- The shop; a single shop has one and never sees it.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  product_id bigint not null generated by default as identity,
  -- The shop's own stable name of the product, unique per shop.
  product_code text not null,
  -- Name shown to people.
  name text not null,
  -- active: can be ordered; archived: kept for old orders only.
  status text not null default 'active'::text,
  -- When the row was written.
  created_at timestamp with time zone not null default clock_now(),
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  -- Threshold of the stock items of its variants where they are made; null: the shop's.
  low_stock_threshold integer,
  constraint products_pkey PRIMARY KEY (tenant_id, product_id),
  constraint products_product_code_key UNIQUE (tenant_id, product_code),
  constraint products_low_stock_threshold_check CHECK ((low_stock_threshold >= 0)) NOT VALID,
  constraint products_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint products_product_code_check CHECK (((length(product_code) >= 1) AND (length(product_code) <= 64))),
  constraint products_status_check CHECK ((status = ANY (ARRAY['active'::text, 'archived'::text])))
);

-- Which order used which code, and whether it was given back; counted on the promotion.
create table public.promo_redemptions (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key.
  promo_redemption_id bigint not null generated by default as identity,
  -- The promotion.
  promotion_id bigint not null,
  -- The order.
  order_id bigint not null,
  -- Whom it counts for: the known customer, else the mail address or phone (personal data).
  customer_key text,
  -- ISO 4217 code of discount_amount.
  currency character(3) not null,
  -- What it took off, minor units.
  discount_amount bigint not null,
  -- Why it was given back.
  returned_reason text,
  -- When it was given back: the order was cancelled, expired or not paid; null: it counts.
  returned_at timestamp with time zone,
  -- When the order used it.
  created_at timestamp with time zone not null default clock_now(),
  constraint promo_redemptions_pkey PRIMARY KEY (tenant_id, promo_redemption_id),
  constraint promo_redemptions_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint promo_redemptions_promotion_id_fkey FOREIGN KEY (tenant_id, promotion_id) REFERENCES promotions(tenant_id, promotion_id),
  constraint promo_redemptions_customer_key_check CHECK (((length(customer_key) >= 1) AND (length(customer_key) <= 300))),
  constraint promo_redemptions_discount_amount_check CHECK ((discount_amount >= 0)),
  constraint promo_redemptions_returned_check CHECK (((returned_at IS NOT NULL) OR (returned_reason IS NULL)))
);
CREATE INDEX promo_redemptions_customer_idx ON public.promo_redemptions USING btree (tenant_id, promotion_id, customer_key) WHERE (returned_at IS NULL);
CREATE UNIQUE INDEX promo_redemptions_order_key ON public.promo_redemptions USING btree (tenant_id, order_id) WHERE (returned_at IS NULL);
CREATE TRIGGER trg_promo_redemptions_count BEFORE INSERT OR UPDATE ON public.promo_redemptions FOR EACH ROW EXECUTE FUNCTION trg_promo_redemptions_count();
CREATE TRIGGER trg_promo_redemptions_delete BEFORE DELETE OR TRUNCATE ON public.promo_redemptions FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();

-- Codes that take something off an order. Applied and counted when the order is placed, in its transaction (redeem_promos).
create table public.promotions (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  promotion_id bigint not null generated by default as identity,
  -- What the buyer types, upper case; unique per shop.
  code text not null,
  -- What it is for, for people.
  description text,
  -- percent of the subtotal, a fixed amount off it, or free_shipping.
  kind text not null,
  -- percent: 1 to 100; fixed: minor units of currency; free_shipping: 0.
  value bigint not null default 0,
  -- ISO 4217 code of its amounts, and of the orders it is for; null: any.
  currency character(3),
  -- Orders below it do not get it; minor units.
  min_subtotal bigint not null default 0,
  -- It takes no more off than this; minor units.
  max_discount bigint,
  -- From when on; null: at once.
  starts_at timestamp with time zone,
  -- Until when (not included); null: for ever.
  ends_at timestamp with time zone,
  -- By how many orders in all; null: any number.
  max_redemptions integer,
  -- By how many orders of one customer; null: any number.
  max_per_customer integer,
  -- By how many orders it is used; kept by trg_promo_redemptions_count.
  redeemed integer not null default 0,
  -- Whether it can be used at all.
  is_active boolean not null default true,
  -- When it was made.
  created_at timestamp with time zone not null default clock_now(),
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  constraint promotions_pkey PRIMARY KEY (tenant_id, promotion_id),
  constraint promotions_code_key UNIQUE (tenant_id, code),
  constraint promotions_code_check CHECK ((code ~ '^[A-Z0-9][A-Z0-9_-]{0,63}$'::text)),
  constraint promotions_currency_check CHECK (
CASE
    WHEN (currency IS NULL) THEN ((kind <> 'fixed'::text) AND (min_subtotal = 0) AND (max_discount IS NULL))
    ELSE (currency ~ '^[A-Z]{3}$'::text)
END),
  constraint promotions_description_check CHECK (((length(description) >= 1) AND (length(description) <= 500))),
  constraint promotions_ends_at_check CHECK ((ends_at > starts_at)),
  constraint promotions_kind_check CHECK ((kind = ANY (ARRAY['percent'::text, 'fixed'::text, 'free_shipping'::text]))),
  constraint promotions_max_discount_check CHECK ((max_discount > 0)),
  constraint promotions_max_per_customer_check CHECK ((max_per_customer > 0)),
  constraint promotions_max_redemptions_check CHECK ((max_redemptions > 0)),
  constraint promotions_min_subtotal_check CHECK ((min_subtotal >= 0)),
  constraint promotions_redeemed_check CHECK (((redeemed >= 0) AND (redeemed <= COALESCE(max_redemptions, redeemed)))),
  constraint promotions_value_check CHECK (
CASE kind
    WHEN 'percent'::text THEN ((value >= 1) AND (value <= 100))
    WHEN 'fixed'::text THEN (value > 0)
    ELSE (value = 0)
END)
);
CREATE TRIGGER trg_promotions_guard BEFORE INSERT OR UPDATE ON public.promotions FOR EACH ROW EXECUTE FUNCTION trg_promotions_guard();

-- The circuit breaker of each outside system and account, one for the whole fleet. Its rate is the limit of key provider:<provider>:<account> in queue.limits (queue.set_limit).
create table public.provider_gates (
  -- Code of the provider or carrier.
  provider text not null,
  -- Which of our accounts there.
  account text not null default 'default'::text,
  -- closed: calls go through; open: none does; half_open: one worker tries.
  state text not null default 'closed'::text,
  -- Failures in a row, of the whole fleet.
  failures integer not null default 0,
  -- How often it opened lately without recovering for good; each doubles the wait.
  openings integer not null default 0,
  -- Failures in a row that open it.
  failure_limit integer not null default 5,
  -- How long it stays shut at first.
  first_wait interval not null default '00:00:10'::interval,
  -- How long it stays shut at most before a probe.
  longest_wait interval not null default '00:05:00'::interval,
  -- Since when it is not closed.
  opened_at timestamp with time zone,
  -- When the next probe may go.
  probe_at timestamp with time zone,
  -- The provider asked for patience until then.
  paused_until timestamp with time zone,
  -- What the last failure said; nothing personal.
  last_error text,
  -- When that was.
  last_error_at timestamp with time zone,
  -- When its state last changed.
  changed_at timestamp with time zone not null default clock_now(),
  constraint provider_gates_pkey PRIMARY KEY (provider, account),
  constraint provider_gates_account_check CHECK (((length(account) >= 1) AND (length(account) <= 100))),
  constraint provider_gates_failure_limit_check CHECK (((failure_limit >= 1) AND (failure_limit <= 10))),
  constraint provider_gates_failures_check CHECK (((failures >= 0) AND (openings >= 0))),
  constraint provider_gates_last_error_check CHECK ((length(last_error) <= 500)),
  constraint provider_gates_probe_check CHECK ((((state = 'closed'::text) = (opened_at IS NULL)) AND ((state = 'closed'::text) = (probe_at IS NULL)))),
  constraint provider_gates_provider_check CHECK ((provider ~ '^[a-z][a-z0-9_-]{0,39}$'::text)),
  constraint provider_gates_state_check CHECK ((state = ANY (ARRAY['closed'::text, 'open'::text, 'half_open'::text]))),
  constraint provider_gates_wait_check CHECK (((first_wait > '00:00:00'::interval) AND (longest_wait >= first_wait) AND (longest_wait <= '01:00:00'::interval)))
);

-- Tokens got from outside systems, renewed by one worker for all. Sealed with a key made from the credentials that get them: who reads this table without those can't use it.
create table public.provider_tokens (
  -- Provider, account and purpose.
  token_name text not null,
  -- The token, encrypted; null: there is none.
  sealed bytea,
  -- From then on it is renewed; before its real end.
  expires_at timestamp with time zone,
  -- Somebody renews it; until then others wait.
  renewing_until timestamp with time zone,
  -- When it was last renewed.
  renewed_at timestamp with time zone,
  constraint provider_tokens_pkey PRIMARY KEY (token_name),
  constraint provider_tokens_sealed_check CHECK (((octet_length(sealed) <= 16384) AND ((sealed IS NULL) = (expires_at IS NULL)))),
  constraint provider_tokens_token_name_check CHECK (((length(token_name) >= 1) AND (length(token_name) <= 200)))
);

-- Money to be given back: asked for by request_refund(), done when the provider says so. Never more than was captured, pending ones included (trg_refunds_guard).
create table public.refunds (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  refund_id bigint not null generated by default as identity,
  -- The payment that is given back.
  payment_id bigint not null,
  -- The order of that payment.
  order_id bigint not null,
  -- The return that it is for, if it is for one.
  return_id bigint,
  -- ISO 4217 code: the payment's.
  currency character(3) not null,
  -- Minor units.
  amount bigint not null,
  -- Why, for people.
  reason text not null,
  -- pending: asked for; succeeded: the customer has it; failed: the provider refused.
  status text not null default 'pending'::text,
  -- Whoever asks twice with it gets one refund.
  idempotency_key text not null,
  -- From 1; one request is more than one refund when no single payment has enough.
  part smallint not null default 1,
  -- The provider's own id of the refund.
  provider_refund_id text,
  -- Why the provider refused.
  failure_message text,
  -- Who asked.
  requested_by text not null,
  -- When it was asked for.
  created_at timestamp with time zone not null default clock_now(),
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  -- Our reference at the provider, the same in every attempt; null: never asked for over its API.
  reference uuid,
  -- How often a worker began it.
  attempt integer not null default 0,
  -- How many conversations with the provider failed.
  failures integer not null default 0,
  -- It was sent and the outcome was never learnt: the provider is asked before it is sent again.
  lookup_first boolean not null default false,
  -- When it was last sent to the provider.
  submitted_at timestamp with time zone,
  constraint refunds_pkey PRIMARY KEY (tenant_id, refund_id),
  constraint refunds_idempotency_key_key UNIQUE (tenant_id, idempotency_key, part),
  constraint refunds_provider_refund_id_key UNIQUE (tenant_id, payment_id, provider_refund_id),
  constraint refunds_payment_fkey FOREIGN KEY (tenant_id, payment_id, order_id, currency) REFERENCES payments(tenant_id, payment_id, order_id, currency),
  constraint refunds_amount_check CHECK ((amount > 0)),
  constraint refunds_idempotency_key_check CHECK (((length(idempotency_key) >= 1) AND (length(idempotency_key) <= 255))),
  constraint refunds_part_check CHECK ((part > 0)),
  constraint refunds_provider_refund_id_check CHECK (((length(provider_refund_id) >= 1) AND (length(provider_refund_id) <= 255))),
  constraint refunds_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint refunds_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'succeeded'::text, 'failed'::text])))
);
CREATE INDEX refunds_order_id_idx ON public.refunds USING btree (tenant_id, order_id);
CREATE INDEX refunds_payment_id_idx ON public.refunds USING btree (tenant_id, payment_id);
CREATE INDEX refunds_pending_idx ON public.refunds USING btree (tenant_id, created_at) WHERE (status = 'pending'::text);
CREATE TRIGGER trg_refunds_delete BEFORE DELETE OR TRUNCATE ON public.refunds FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_refunds_enqueue AFTER INSERT ON public.refunds REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_refunds_enqueue();
CREATE TRIGGER trg_refunds_events_insert AFTER INSERT ON public.refunds REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_refunds_events();
CREATE TRIGGER trg_refunds_events_update AFTER UPDATE ON public.refunds REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_refunds_events();
CREATE TRIGGER trg_refunds_guard BEFORE INSERT OR UPDATE ON public.refunds FOR EACH ROW EXECUTE FUNCTION trg_refunds_guard();
CREATE TRIGGER trg_refunds_notify_insert AFTER INSERT ON public.refunds REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_refunds_notify();
CREATE TRIGGER trg_refunds_notify_update AFTER UPDATE ON public.refunds REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_refunds_notify();

-- Units of a return, line by line. Writing received, restocked or damaged units moves lines and stock (trg_return_items_apply).
create table public.return_items (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key.
  return_item_id bigint not null generated by default as identity,
  -- The order of both.
  order_id bigint not null,
  -- The return.
  return_id bigint not null,
  -- The line.
  order_item_id bigint not null,
  -- Units that shall come back.
  quantity integer not null,
  -- defective, damaged_in_transit, wrong_item, not_as_described, size_too_small, size_too_large, unwanted, arrived_late or other.
  reason text not null,
  -- Units that came.
  received_quantity integer not null default 0,
  -- Units that can be sold again.
  restocked_quantity integer not null default 0,
  -- Units that were written off.
  damaged_quantity integer not null default 0,
  -- Where they came to.
  location_id bigint,
  constraint return_items_pkey PRIMARY KEY (tenant_id, return_item_id),
  constraint return_items_line_key UNIQUE (tenant_id, return_id, order_item_id),
  constraint return_items_location_id_fkey FOREIGN KEY (tenant_id, location_id) REFERENCES locations(tenant_id, location_id),
  constraint return_items_order_line_fkey FOREIGN KEY (tenant_id, order_id, order_item_id) REFERENCES order_items(tenant_id, order_id, order_item_id),
  constraint return_items_return_id_fkey FOREIGN KEY (tenant_id, order_id, return_id) REFERENCES returns(tenant_id, order_id, return_id),
  constraint return_items_location_id_check CHECK ((((restocked_quantity + damaged_quantity) = 0) OR (location_id IS NOT NULL))),
  constraint return_items_reason_check CHECK ((reason = ANY (ARRAY['defective'::text, 'damaged_in_transit'::text, 'wrong_item'::text, 'not_as_described'::text, 'size_too_small'::text, 'size_too_large'::text, 'unwanted'::text, 'arrived_late'::text, 'other'::text]))),
  constraint return_items_units_check CHECK (((quantity > 0) AND (restocked_quantity >= 0) AND (damaged_quantity >= 0) AND (received_quantity <= quantity) AND ((restocked_quantity + damaged_quantity) <= received_quantity)))
);
CREATE INDEX return_items_order_line_idx ON public.return_items USING btree (tenant_id, order_id, order_item_id);
CREATE TRIGGER trg_return_items_guard BEFORE INSERT OR DELETE OR UPDATE ON public.return_items FOR EACH ROW EXECUTE FUNCTION trg_return_items_guard();
CREATE TRIGGER trg_return_items_insert AFTER INSERT ON public.return_items REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_return_items_apply();
CREATE TRIGGER trg_return_items_truncate BEFORE TRUNCATE ON public.return_items FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_return_items_update AFTER UPDATE ON public.return_items REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_return_items_apply();

-- Goods of an order that come back. trg_returns_guard holds the states of the return axis, trg_returns_history writes them down.
create table public.returns (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  return_id bigint not null generated by default as identity,
  -- The order.
  order_id bigint not null,
  -- Number for people and parcels, RMA-YYYYMMDD-id.
  rma_number text not null,
  -- What the customer wants: refund or exchange.
  kind text not null default 'refund'::text,
  -- State on the return axis.
  status text not null default 'requested'::text,
  -- When it came to status.
  status_since timestamp with time zone not null default clock_now(),
  -- What the customer says.
  notes text,
  -- Who asked for it.
  requested_by text not null default CURRENT_USER,
  -- The same request again is the same return.
  idempotency_key text,
  -- What was given back for it, minor units.
  refund_amount bigint,
  -- The refund; null if nothing had been paid.
  refund_id bigint,
  -- The new order that took its place.
  exchange_order_id bigint,
  -- When it was asked for.
  created_at timestamp with time zone not null default clock_now(),
  -- When it was allowed.
  approved_at timestamp with time zone,
  -- When all of it was there.
  received_at timestamp with time zone,
  -- When somebody had looked at all of it.
  inspected_at timestamp with time zone,
  -- When it came to an end.
  closed_at timestamp with time zone,
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  constraint returns_pkey PRIMARY KEY (tenant_id, return_id),
  constraint returns_idempotency_key_key UNIQUE (tenant_id, order_id, idempotency_key),
  constraint returns_order_key UNIQUE (tenant_id, order_id, return_id),
  constraint returns_rma_number_key UNIQUE (tenant_id, rma_number),
  constraint returns_exchange_order_id_fkey FOREIGN KEY (tenant_id, exchange_order_id) REFERENCES orders(tenant_id, order_id),
  constraint returns_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint returns_exchange_order_id_check CHECK (((exchange_order_id IS NULL) OR (exchange_order_id <> order_id))),
  constraint returns_idempotency_key_check CHECK (((length(idempotency_key) >= 1) AND (length(idempotency_key) <= 255))),
  constraint returns_kind_check CHECK ((kind = ANY (ARRAY['refund'::text, 'exchange'::text]))),
  constraint returns_notes_check CHECK ((length(notes) <= 1000)),
  constraint returns_refund_amount_check CHECK ((refund_amount >= 0)),
  constraint returns_status_check CHECK ((status = ANY (ARRAY['requested'::text, 'approved'::text, 'rejected'::text, 'cancelled'::text, 'expired'::text, 'in_transit'::text, 'partially_received'::text, 'received'::text, 'lost'::text, 'inspected'::text, 'refunded'::text, 'exchanged'::text])))
);
CREATE INDEX returns_exchange_order_id_idx ON public.returns USING btree (tenant_id, exchange_order_id) WHERE (exchange_order_id IS NOT NULL);
CREATE INDEX returns_open_idx ON public.returns USING btree (tenant_id, status_since) WHERE (status <> ALL (ARRAY['rejected'::text, 'cancelled'::text, 'expired'::text, 'lost'::text, 'refunded'::text, 'exchanged'::text]));
CREATE TRIGGER trg_returns_delete BEFORE DELETE OR TRUNCATE ON public.returns FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_returns_guard BEFORE INSERT OR UPDATE ON public.returns FOR EACH ROW EXECUTE FUNCTION trg_returns_guard();
CREATE TRIGGER trg_returns_history_insert AFTER INSERT ON public.returns REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_returns_history();
CREATE TRIGGER trg_returns_history_update AFTER UPDATE ON public.returns REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_returns_history();
CREATE TRIGGER trg_returns_notify AFTER UPDATE ON public.returns REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_returns_notify();

-- Who may fulfil what, in the order of priority: the first that fits and works is asked, the next is its fail-over, a variant's own provider is the last. What is null fits everything.
create table public.routing_rules (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key; decides between equal priorities.
  routing_rule_id bigint not null generated by default as identity,
  -- Lowest first.
  priority integer not null default 100,
  -- Variants of this kind: physical, digital.
  product_kind text,
  -- Destinations, ISO 3166-1 alpha-2; an order without an address fits no list.
  countries text[],
  -- From this weight on, grams, of all physical goods that the order still needs.
  weight_min_g integer,
  -- Below this weight, grams.
  weight_max_g integer,
  -- From this value on, minor units of currency: a digital line's own, else of all physical goods that the order still needs.
  value_min bigint,
  -- Below this value.
  value_max bigint,
  -- ISO 4217 code of the values; other orders do not fit.
  currency character(3),
  -- Who fulfils; manual: a person.
  provider_code text not null,
  -- The provider's service, by its own name.
  service text,
  -- Which of our accounts there.
  account text not null default 'default'::text,
  -- Whether it counts.
  is_enabled boolean not null default true,
  -- Why it is there, for people.
  note text not null default ''::text,
  -- When it was written.
  created_at timestamp with time zone not null default clock_now(),
  -- When it was last changed.
  updated_at timestamp with time zone not null default clock_now(),
  constraint routing_rules_pkey PRIMARY KEY (tenant_id, routing_rule_id),
  constraint routing_rules_account_check CHECK (((length(account) >= 1) AND (length(account) <= 100))),
  constraint routing_rules_countries_check CHECK ((((cardinality(countries) >= 1) AND (cardinality(countries) <= 250)) AND (array_to_string(countries, ','::text, '?'::text) ~ '^[A-Z]{2}(,[A-Z]{2})*$'::text))),
  constraint routing_rules_currency_check CHECK ((((num_nonnulls(value_min, value_max) > 0) = (currency IS NOT NULL)) AND COALESCE((currency ~ '^[A-Z]{3}$'::text), true))),
  constraint routing_rules_digital_check CHECK (((product_kind IS DISTINCT FROM 'digital'::text) OR (num_nonnulls(weight_min_g, weight_max_g) = 0))),
  constraint routing_rules_note_check CHECK ((length(note) <= 500)),
  constraint routing_rules_priority_check CHECK (((priority >= 0) AND (priority <= 10000))),
  constraint routing_rules_product_kind_check CHECK ((product_kind = ANY (ARRAY['physical'::text, 'digital'::text]))),
  constraint routing_rules_provider_code_check CHECK ((provider_code ~ '^[a-z][a-z0-9_-]{0,39}$'::text)),
  constraint routing_rules_service_check CHECK (((length(service) >= 1) AND (length(service) <= 100))),
  constraint routing_rules_value_check CHECK (((value_min >= 0) AND (value_max > 0) AND (value_min < value_max))),
  constraint routing_rules_weight_check CHECK (((weight_min_g >= 0) AND (weight_max_g > 0) AND (weight_min_g < weight_max_g)))
);
CREATE INDEX routing_rules_enabled_idx ON public.routing_rules USING btree (tenant_id, priority, routing_rule_id) WHERE is_enabled;

-- One parcel of a fulfilment at a carrier. Its state follows tracking_events and never goes back (trg_shipments_guard); the fulfilment follows it (trg_shipments_progress).
create table public.shipments (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  shipment_id bigint not null generated by default as identity,
  -- The order.
  order_id bigint not null,
  -- The fulfilment whose goods it carries.
  fulfillment_id bigint not null,
  -- Who carries it: royal_mail, dpd, …
  carrier_code text not null,
  -- The carrier's service, by its own name.
  service text,
  -- The carrier's number (AWB); set once.
  tracking_number text,
  -- Where people follow it.
  tracking_url text,
  -- State on the shipment axis: pending, info_received, in_transit, out_for_delivery, attempt_failed, available_for_pickup, exception, expired, delivered, returned, cancelled.
  status text not null default 'pending'::text,
  -- When it came to status.
  status_since timestamp with time zone not null default clock_now(),
  -- How far it has come (shipment_rank()); an exception keeps it, and it never falls.
  rank smallint not null default 0,
  -- Weight in grams.
  weight_g integer,
  -- What the carrier charges, minor units of currency.
  cost bigint,
  -- ISO 4217 code of cost.
  currency character(3),
  -- The carrier's estimate.
  estimated_delivery_at timestamp with time zone,
  -- When it was asked for.
  created_at timestamp with time zone not null default clock_now(),
  -- When the carrier had it.
  shipped_at timestamp with time zone,
  -- When it arrived.
  delivered_at timestamp with time zone,
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  -- The fulfilment provider's own name of the parcel, unique in its fulfilment; null: a parcel that we sent ourselves.
  provider_shipment_id text,
  constraint shipments_pkey PRIMARY KEY (tenant_id, shipment_id),
  constraint shipments_order_key UNIQUE (tenant_id, order_id, shipment_id),
  constraint shipments_tracking_number_key UNIQUE (tenant_id, carrier_code, tracking_number),
  constraint shipments_fulfillment_id_fkey FOREIGN KEY (tenant_id, order_id, fulfillment_id) REFERENCES fulfillments(tenant_id, order_id, fulfillment_id),
  constraint shipments_carrier_code_check CHECK ((carrier_code ~ '^[a-z][a-z0-9_-]{0,39}$'::text)),
  constraint shipments_cost_check CHECK (((cost IS NULL) OR ((cost >= 0) AND (currency IS NOT NULL)))),
  constraint shipments_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint shipments_provider_shipment_id_check CHECK (((length(provider_shipment_id) >= 1) AND (length(provider_shipment_id) <= 100))) NOT VALID,
  constraint shipments_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'info_received'::text, 'in_transit'::text, 'out_for_delivery'::text, 'attempt_failed'::text, 'available_for_pickup'::text, 'exception'::text, 'expired'::text, 'delivered'::text, 'returned'::text, 'cancelled'::text]))),
  constraint shipments_tracking_number_check CHECK (((length(tracking_number) >= 1) AND (length(tracking_number) <= 100))),
  constraint shipments_tracking_url_check CHECK (((length(tracking_url) >= 1) AND (length(tracking_url) <= 2000))),
  constraint shipments_weight_g_check CHECK ((weight_g > 0))
);
CREATE INDEX shipments_fulfillment_id_idx ON public.shipments USING btree (tenant_id, fulfillment_id);
CREATE INDEX shipments_open_idx ON public.shipments USING btree (carrier_code, updated_at) WHERE (status <> ALL (ARRAY['delivered'::text, 'returned'::text, 'cancelled'::text]));
CREATE UNIQUE INDEX shipments_provider_shipment_id_key ON public.shipments USING btree (tenant_id, fulfillment_id, provider_shipment_id) WHERE (provider_shipment_id IS NOT NULL);
CREATE INDEX shipments_tracking_idx ON public.shipments USING btree (tenant_id, tracking_number) WHERE (tracking_number IS NOT NULL);
CREATE TRIGGER trg_shipments_1_history_insert AFTER INSERT ON public.shipments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_shipments_history();
CREATE TRIGGER trg_shipments_1_history_update AFTER UPDATE ON public.shipments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_shipments_history();
CREATE TRIGGER trg_shipments_2_progress AFTER UPDATE ON public.shipments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_shipments_progress();
CREATE TRIGGER trg_shipments_3_follow_insert AFTER INSERT ON public.shipments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_shipments_follow();
CREATE TRIGGER trg_shipments_3_follow_update AFTER UPDATE ON public.shipments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_shipments_follow();
CREATE TRIGGER trg_shipments_3_notify AFTER UPDATE ON public.shipments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_shipments_notify();
CREATE TRIGGER trg_shipments_4_trouble AFTER UPDATE ON public.shipments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_shipments_trouble();
CREATE TRIGGER trg_shipments_delete BEFORE DELETE OR TRUNCATE ON public.shipments FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_shipments_guard BEFORE INSERT OR UPDATE ON public.shipments FOR EACH ROW EXECUTE FUNCTION trg_shipments_guard();

-- Labels that the own warehouse bought, tried to buy, or gave back: at most one of a parcel at a time (shipping_labels_live_key).
create table public.shipping_labels (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  shipping_label_id bigint not null generated by default as identity,
  -- The order.
  order_id bigint not null,
  -- The parcel's fulfilment.
  fulfillment_id bigint not null,
  -- The shipment that it made; null until bought.
  shipment_id bigint,
  -- Our name for it at the carrier, the same on every attempt.
  reference uuid not null default gen_random_uuid(),
  -- Whose label.
  carrier_code text not null,
  -- The carrier's own code of the service.
  service text not null,
  -- buying -> bought -> voiding -> voided; buying -> failed (the carrier refused), or parked (nobody knows whether it was bought: a person looks, sp_release_label).
  status text not null default 'buying'::text,
  -- How often the carrier was asked.
  attempt integer not null default 1,
  -- When the last attempt began.
  submitted_at timestamp with time zone not null default clock_now(),
  -- What content is: pdf, zpl, gif.
  format text,
  -- What is printed; thrown away after the retention of labels.
  content bytea,
  -- By which the carrier takes it back.
  carrier_shipment_id text,
  -- What it cost, minor units of currency.
  price bigint,
  -- ISO 4217 code of price.
  currency character(3),
  -- The carrier's code, when it refused.
  error_code text,
  -- Its words.
  error_message text,
  -- When it was first asked for.
  created_at timestamp with time zone not null default clock_now(),
  -- When it was ours.
  bought_at timestamp with time zone,
  -- When the carrier took it back.
  voided_at timestamp with time zone,
  constraint shipping_labels_pkey PRIMARY KEY (tenant_id, shipping_label_id),
  constraint shipping_labels_reference_key UNIQUE (tenant_id, reference),
  constraint shipping_labels_fulfillment_id_fkey FOREIGN KEY (tenant_id, order_id, fulfillment_id) REFERENCES fulfillments(tenant_id, order_id, fulfillment_id),
  constraint shipping_labels_shipment_id_fkey FOREIGN KEY (tenant_id, order_id, shipment_id) REFERENCES shipments(tenant_id, order_id, shipment_id),
  constraint shipping_labels_bought_check CHECK (((status <> ALL (ARRAY['bought'::text, 'voiding'::text, 'voided'::text])) OR ((shipment_id IS NOT NULL) AND (format IS NOT NULL) AND (carrier_shipment_id IS NOT NULL)))),
  constraint shipping_labels_content_check CHECK ((length(content) <= 4194304)),
  constraint shipping_labels_format_check CHECK ((format = ANY (ARRAY['pdf'::text, 'zpl'::text, 'gif'::text]))),
  constraint shipping_labels_price_check CHECK (((price IS NULL) OR ((price >= 0) AND (currency IS NOT NULL)))),
  constraint shipping_labels_status_check CHECK ((status = ANY (ARRAY['buying'::text, 'parked'::text, 'bought'::text, 'voiding'::text, 'voided'::text, 'failed'::text])))
);
CREATE INDEX shipping_labels_content_idx ON public.shipping_labels USING btree (bought_at) WHERE (content IS NOT NULL);
CREATE INDEX shipping_labels_fulfillment_id_idx ON public.shipping_labels USING btree (tenant_id, fulfillment_id);
CREATE UNIQUE INDEX shipping_labels_live_key ON public.shipping_labels USING btree (tenant_id, fulfillment_id) WHERE (status = ANY (ARRAY['buying'::text, 'parked'::text, 'bought'::text, 'voiding'::text]));
CREATE INDEX shipping_labels_shipment_id_idx ON public.shipping_labels USING btree (tenant_id, shipment_id) WHERE (shipment_id IS NOT NULL);

-- What happened in a shop, append-only, written by triggers and read through events_after() and all_events_after(). Transactions end in another order than they number their rows in, so an event's place is its transaction first, and nobody reads beyond the oldest transaction that is still open: then none can appear before what was read. clean_up removes the old ones.
create table public.shop_events (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  event_id bigint not null generated by default as identity,
  -- The transaction that wrote it: with event_id, the order of reading.
  transaction_id xid8 not null default pg_current_xact_id(),
  -- What of (order, payment, fulfilment, shipment, return, refund, …), a dot, and what happened: order.placed, order.confirmed, shipment.out_for_delivery, refund.settled, ….
  kind text not null,
  -- The order, where there is one.
  order_id bigint,
  -- The customer of an event without an order; else it is the order's.
  customer_id bigint,
  -- The fulfilment, shipment, return or refund that the first half of kind names.
  subject_id bigint,
  -- A few facts, no personal data: from, to, amount, currency.
  data jsonb not null default '{}'::jsonb,
  -- When it happened.
  occurred_at timestamp with time zone not null default clock_now(),
  constraint shop_events_pkey PRIMARY KEY (tenant_id, transaction_id, event_id),
  constraint shop_events_kind_check CHECK (((length(kind) <= 80) AND (kind ~ '^[a-z][a-z0-9_]*[.][a-z][a-z0-9_]*$'::text)))
);
CREATE INDEX shop_events_order_id_idx ON public.shop_events USING btree (tenant_id, order_id, transaction_id, event_id) WHERE (order_id IS NOT NULL);
CREATE INDEX shop_events_position_idx ON public.shop_events USING btree (transaction_id, event_id);
CREATE TRIGGER trg_shop_events_append_only BEFORE UPDATE OR TRUNCATE ON public.shop_events FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_shop_events_wake AFTER INSERT ON public.shop_events FOR EACH STATEMENT WHEN (
        CASE
            WHEN pg_try_advisory_lock(events_key()) THEN (NOT pg_advisory_unlock(events_key()))
            ELSE true
        END) EXECUTE FUNCTION trg_shop_events_wake();

-- What is counted of each item.
create table public.stock_count_lines (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- The count.
  stock_count_id bigint not null,
  -- The stock item.
  inventory_item_id bigint not null,
  -- On hand when the item was last looked at for this count: what the count is compared with.
  expected bigint not null,
  -- Units found; null: not counted yet.
  counted bigint,
  -- Whether the count was taken into the books.
  is_applied boolean not null default false,
  constraint stock_count_lines_pkey PRIMARY KEY (tenant_id, stock_count_id, inventory_item_id),
  constraint stock_count_lines_inventory_item_id_fkey FOREIGN KEY (tenant_id, inventory_item_id) REFERENCES inventory_items(tenant_id, inventory_item_id),
  constraint stock_count_lines_stock_count_id_fkey FOREIGN KEY (tenant_id, stock_count_id) REFERENCES stock_counts(tenant_id, stock_count_id),
  constraint stock_count_lines_counted_check CHECK ((counted >= 0))
);

-- Somebody counts what is at a location: sp_start_count, sp_record_count, sp_complete_count.
create table public.stock_counts (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  stock_count_id bigint not null generated by default as identity,
  -- Where it is counted.
  location_id bigint not null,
  -- open -> completed | cancelled.
  status text not null default 'open'::text,
  -- Who counts.
  counted_by text not null default CURRENT_USER,
  -- When it began.
  created_at timestamp with time zone not null default clock_now(),
  -- When it was closed.
  completed_at timestamp with time zone,
  constraint stock_counts_pkey PRIMARY KEY (tenant_id, stock_count_id),
  constraint stock_counts_location_id_fkey FOREIGN KEY (tenant_id, location_id) REFERENCES locations(tenant_id, location_id),
  constraint stock_counts_status_check CHECK ((status = ANY (ARRAY['open'::text, 'completed'::text, 'cancelled'::text])))
);

-- The stock ledger: append-only, the only writer of inventory_levels. What mirrors a promise (reserved, allocated, shipped, …) comes from inventory_reservations' triggers; the other kinds may be inserted by anybody who may write stock.
create table public.stock_movements (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key; grows in the order of writing.
  stock_movement_id bigint not null generated by default as identity,
  -- The item that moved.
  inventory_item_id bigint not null,
  -- Where it moved.
  location_id bigint not null,
  -- received, adjusted (a correction, reason required), reserved, reservation_released, reservation_expired, allocated (reserved becomes allocated), deallocated, shipped, returned (a customer's units are on the shelf again), damaged (units can not be sold), written_off (damaged units leave), incoming (announced), transfer_out, transfer_in, backorder_filled (a promise beyond the stock has its goods now).
  kind text not null,
  -- Added to on_hand.
  on_hand_delta bigint not null default 0,
  -- Added to reserved.
  reserved_delta bigint not null default 0,
  -- Added to allocated.
  allocated_delta bigint not null default 0,
  -- The order it was for; no foreign key, the ledger outlives archived orders.
  order_id bigint,
  -- The reservation whose change it records.
  reservation_id bigint,
  -- Why; required for adjusted.
  reason text,
  -- Who: stevedore.actor, else the database user.
  actor text not null default CURRENT_USER,
  -- When.
  created_at timestamp with time zone not null default clock_now(),
  -- Added to incoming.
  incoming_delta bigint not null default 0,
  -- Added to damaged.
  damaged_delta bigint not null default 0,
  -- The fulfilment with which units left.
  fulfillment_id bigint,
  -- The return with which units came back.
  return_id bigint,
  -- The transfer between locations.
  transfer_id bigint,
  -- Added to backordered.
  backordered_delta bigint not null default 0,
  constraint stock_movements_pkey PRIMARY KEY (tenant_id, stock_movement_id),
  constraint stock_movements_deltas_check CHECK (movement_is_legal(kind, on_hand_delta, reserved_delta, allocated_delta, incoming_delta, damaged_delta, backordered_delta, reason))
);
CREATE INDEX stock_movements_level_idx ON public.stock_movements USING btree (tenant_id, inventory_item_id, location_id, stock_movement_id);
CREATE INDEX stock_movements_order_id_idx ON public.stock_movements USING btree (tenant_id, order_id) WHERE (order_id IS NOT NULL);
CREATE TRIGGER trg_stock_movements_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.stock_movements FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_stock_movements_apply AFTER INSERT ON public.stock_movements REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_stock_movements_apply();

-- A shop's own stock policy; a shop without a row has the defaults.
create table public.stock_settings (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- INVENTORY_ALERT_THRESHOLD: the threshold of new stock items that are given none; 10 without a row.
  low_stock_threshold integer not null default 10,
  -- Who is told that stock is low; null: the notice is written and skipped.
  alert_email text,
  constraint stock_settings_pkey PRIMARY KEY (tenant_id),
  constraint stock_settings_alert_email_check CHECK (((length(alert_email) >= 3) AND (length(alert_email) <= 254))),
  constraint stock_settings_low_stock_threshold_check CHECK ((low_stock_threshold >= 0))
);

-- Who waits for goods that are out of stock; each is told once, when there are some again.
create table public.stock_subscriptions (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key.
  subscription_id bigint not null generated by default as identity,
  -- The goods.
  inventory_item_id bigint not null,
  -- The known customer; null: a guest.
  customer_id bigint,
  -- Mail address (personal data).
  email text not null,
  -- BCP 47 language.
  locale text not null default 'en'::text,
  -- When it was asked for.
  created_at timestamp with time zone not null default clock_now(),
  -- When the notice was written.
  notified_at timestamp with time zone,
  constraint stock_subscriptions_pkey PRIMARY KEY (tenant_id, subscription_id),
  constraint stock_subscriptions_customer_id_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customers(tenant_id, customer_id),
  constraint stock_subscriptions_inventory_item_id_fkey FOREIGN KEY (tenant_id, inventory_item_id) REFERENCES inventory_items(tenant_id, inventory_item_id),
  constraint stock_subscriptions_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
  constraint stock_subscriptions_locale_check CHECK (((length(locale) >= 2) AND (length(locale) <= 35)))
);
CREATE INDEX stock_subscriptions_notified_idx ON public.stock_subscriptions USING btree (notified_at) WHERE (notified_at IS NOT NULL);
CREATE UNIQUE INDEX stock_subscriptions_open_key ON public.stock_subscriptions USING btree (tenant_id, inventory_item_id, lower(email)) WHERE (notified_at IS NULL);

-- What a transfer carries.
create table public.stock_transfer_items (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- The transfer.
  transfer_id bigint not null,
  -- The stock item.
  inventory_item_id bigint not null,
  -- Units that leave.
  quantity integer not null,
  -- Units that arrived so far.
  received_quantity integer not null default 0,
  constraint stock_transfer_items_pkey PRIMARY KEY (tenant_id, transfer_id, inventory_item_id),
  constraint stock_transfer_items_inventory_item_id_fkey FOREIGN KEY (tenant_id, inventory_item_id) REFERENCES inventory_items(tenant_id, inventory_item_id),
  constraint stock_transfer_items_transfer_id_fkey FOREIGN KEY (tenant_id, transfer_id) REFERENCES stock_transfers(tenant_id, transfer_id),
  constraint stock_transfer_items_quantity_check CHECK ((quantity > 0)),
  constraint stock_transfer_items_received_quantity_check CHECK (((received_quantity >= 0) AND (received_quantity <= quantity)))
);
CREATE TRIGGER trg_stock_transfer_items_guard BEFORE INSERT OR DELETE OR UPDATE ON public.stock_transfer_items FOR EACH ROW EXECUTE FUNCTION trg_stock_transfers_guard();

-- Stock that goes from one location to another: sp_create_transfer, sp_ship_transfer, sp_receive_transfer.
create table public.stock_transfers (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  transfer_id bigint not null generated by default as identity,
  -- Where the units leave.
  from_location_id bigint not null,
  -- Where they arrive.
  to_location_id bigint not null,
  -- draft -> shipped | cancelled; shipped -> received (all of it arrived, or the rest is lost).
  status text not null default 'draft'::text,
  -- Why, or a waybill.
  note text,
  -- Who asked for it.
  created_by text not null default CURRENT_USER,
  -- When it was asked for.
  created_at timestamp with time zone not null default clock_now(),
  -- When the units left.
  shipped_at timestamp with time zone,
  -- When it was closed.
  received_at timestamp with time zone,
  constraint stock_transfers_pkey PRIMARY KEY (tenant_id, transfer_id),
  constraint stock_transfers_from_location_id_fkey FOREIGN KEY (tenant_id, from_location_id) REFERENCES locations(tenant_id, location_id),
  constraint stock_transfers_to_location_id_fkey FOREIGN KEY (tenant_id, to_location_id) REFERENCES locations(tenant_id, location_id),
  constraint stock_transfers_locations_check CHECK ((from_location_id <> to_location_id)),
  constraint stock_transfers_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'shipped'::text, 'received'::text, 'cancelled'::text])))
);
CREATE INDEX stock_transfers_open_idx ON public.stock_transfers USING btree (tenant_id, transfer_id) WHERE (status = ANY (ARRAY['draft'::text, 'shipped'::text]));
CREATE TRIGGER trg_stock_transfers_delete BEFORE DELETE OR TRUNCATE ON public.stock_transfers FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_stock_transfers_guard BEFORE INSERT OR UPDATE ON public.stock_transfers FOR EACH ROW EXECUTE FUNCTION trg_stock_transfers_guard();

-- A failure that needs an owner. One open ticket per shop and cause: what happens again is counted (open_ticket), and when the cause is gone the ticket is resolved (resolve_ticket). Its sync_ticket job carries it to the outside ticket system, if there is one.
create table public.tickets (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  ticket_id bigint not null generated by default as identity,
  -- What is the same whenever the same thing goes wrong: names no order, recipient or time.
  cause_key text not null,
  -- delivery, payment, stock, database, api or unknown.
  category text not null,
  -- critical, high, medium or low: the worst of all times it happened.
  severity text not null,
  -- open or resolved.
  state text not null default 'open'::text,
  -- The cause in a line, as when it was first seen.
  summary text not null,
  -- Facts of the last time it happened, for whoever looks; no personal data.
  details jsonb not null default '{}'::jsonb,
  -- The order that it last happened to.
  order_id bigint,
  -- How often it happened.
  occurrences integer not null default 1,
  -- When it first happened.
  first_seen_at timestamp with time zone not null default clock_now(),
  -- When it last happened.
  last_seen_at timestamp with time zone not null default clock_now(),
  -- When it was resolved.
  resolved_at timestamp with time zone,
  -- Who resolved it; system when its cause went away.
  resolved_by text,
  -- How, in words.
  resolution text,
  -- Counts changes that the outside should hear of.
  version integer not null default 1,
  -- The version that the outside heard of.
  synced_version integer not null default 0,
  -- The occurrences that the outside heard of.
  told_occurrences integer not null default 0,
  -- When the outside last heard of it.
  told_at timestamp with time zone,
  -- Comments written outside, which are bounded.
  comments integer not null default 0,
  -- Its key in the outside system, such as OPS-17.
  external_key text,
  -- Where people find it there.
  external_url text,
  -- Why the outside does not have it, in words.
  sync_error text,
  constraint tickets_pkey PRIMARY KEY (tenant_id, ticket_id),
  constraint tickets_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint tickets_category_check CHECK ((category = ANY (ARRAY['delivery'::text, 'payment'::text, 'stock'::text, 'database'::text, 'api'::text, 'unknown'::text]))),
  constraint tickets_cause_key_check CHECK (((length(cause_key) >= 1) AND (length(cause_key) <= 300))),
  constraint tickets_details_check CHECK ((jsonb_typeof(details) = 'object'::text)),
  constraint tickets_external_key_check CHECK (((length(external_key) >= 1) AND (length(external_key) <= 200))),
  constraint tickets_occurrences_check CHECK ((occurrences >= 1)),
  constraint tickets_resolved_by_check CHECK (((state = 'resolved'::text) = (resolved_by IS NOT NULL))),
  constraint tickets_resolved_check CHECK (((state = 'resolved'::text) = (resolved_at IS NOT NULL))),
  constraint tickets_severity_check CHECK ((severity = ANY (ARRAY['critical'::text, 'high'::text, 'medium'::text, 'low'::text]))),
  constraint tickets_state_check CHECK ((state = ANY (ARRAY['open'::text, 'resolved'::text]))),
  constraint tickets_summary_check CHECK ((summary ~ '^[^[:cntrl:]]{1,255}$'::text)),
  constraint tickets_version_check CHECK (((synced_version >= 0) AND (synced_version <= version)))
);
CREATE UNIQUE INDEX tickets_open_cause_key ON public.tickets USING btree (tenant_id, cause_key) WHERE (state = 'open'::text);
CREATE INDEX tickets_order_id_idx ON public.tickets USING btree (tenant_id, order_id) WHERE (order_id IS NOT NULL);
CREATE INDEX tickets_resolved_idx ON public.tickets USING btree (resolved_at) WHERE (state = 'resolved'::text);
CREATE TRIGGER trg_tickets_alert_insert AFTER INSERT ON public.tickets REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_tickets_alert();
CREATE TRIGGER trg_tickets_alert_update AFTER UPDATE ON public.tickets REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_tickets_alert();
CREATE TRIGGER trg_tickets_enqueue_insert AFTER INSERT ON public.tickets REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_tickets_enqueue();
CREATE TRIGGER trg_tickets_enqueue_update AFTER UPDATE ON public.tickets REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_tickets_enqueue();
CREATE TRIGGER trg_tickets_events_insert AFTER INSERT ON public.tickets REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_tickets_events();
CREATE TRIGGER trg_tickets_events_update AFTER UPDATE ON public.tickets REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_tickets_events();

-- What carriers said, each fact once; append-only. A shipment is where the furthest of its events says, in whatever order they came (trg_tracking_events_apply).
create table public.tracking_events (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key; grows in the order of arrival.
  tracking_event_id bigint not null generated by default as identity,
  -- The order of the shipment.
  order_id bigint not null,
  -- The shipment.
  shipment_id bigint not null,
  -- Who told it: webhook, poll, a person.
  source text not null,
  -- The carrier's id of the event.
  carrier_event_id text,
  -- What it means, in the words of shipments.status.
  status text not null,
  -- The carrier's own words.
  description text not null default ''::text,
  -- Where it happened, as the carrier says.
  location text,
  -- When it happened.
  occurred_at timestamp with time zone not null,
  -- When it was told.
  received_at timestamp with time zone not null default clock_now(),
  -- What was received, without secrets.
  raw jsonb,
  constraint tracking_events_pkey PRIMARY KEY (tenant_id, tracking_event_id),
  constraint tracking_events_carrier_event_id_key UNIQUE (tenant_id, shipment_id, carrier_event_id),
  constraint tracking_events_shipment_id_fkey FOREIGN KEY (tenant_id, order_id, shipment_id) REFERENCES shipments(tenant_id, order_id, shipment_id),
  constraint tracking_events_carrier_event_id_check CHECK (((length(carrier_event_id) >= 1) AND (length(carrier_event_id) <= 200))),
  constraint tracking_events_description_check CHECK ((length(description) <= 1000)),
  constraint tracking_events_source_check CHECK (((length(source) >= 1) AND (length(source) <= 64))),
  constraint tracking_events_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'info_received'::text, 'in_transit'::text, 'out_for_delivery'::text, 'attempt_failed'::text, 'available_for_pickup'::text, 'exception'::text, 'expired'::text, 'delivered'::text, 'returned'::text])))
);
CREATE UNIQUE INDEX tracking_events_fact_key ON public.tracking_events USING btree (tenant_id, shipment_id, occurred_at, status, md5(description));
CREATE TRIGGER trg_tracking_events_append_only BEFORE UPDATE OR TRUNCATE ON public.tracking_events FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_tracking_events_apply AFTER INSERT ON public.tracking_events REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_tracking_events_apply();
CREATE TRIGGER trg_tracking_events_kept AFTER DELETE ON public.tracking_events REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_loss();

-- Parcels that are followed, one row each: who is asked when. trg_shipments_follow keeps it; a parcel that has come to its end has none. A look (poll_tracking) moves next_poll_at.
create table public.tracking_schedule (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- The parcel.
  shipment_id bigint not null,
  -- Who is asked.
  carrier_code text not null,
  -- What is asked for.
  tracking_number text not null,
  -- When; while a worker asks, when another may, should that one die.
  next_poll_at timestamp with time zone not null,
  -- When the carrier last told something new; 30 days later it has lost sight of the parcel.
  news_at timestamp with time zone not null default clock_now(),
  -- Looks in a row that told nothing.
  failures integer not null default 0,
  -- That it is later than the carrier's estimate was told to customer and shop.
  is_delay_told boolean not null default false,
  constraint tracking_schedule_pkey PRIMARY KEY (tenant_id, shipment_id),
  constraint tracking_schedule_shipment_id_fkey FOREIGN KEY (tenant_id, shipment_id) REFERENCES shipments(tenant_id, shipment_id),
  constraint tracking_schedule_failures_check CHECK ((failures >= 0))
);
CREATE INDEX tracking_schedule_due_idx ON public.tracking_schedule USING btree (carrier_code, next_poll_at);

-- What one unit of a variant takes from stock: one row usually, several for a kit.
create table public.variant_inventory_items (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- The variant sold.
  variant_id bigint not null,
  -- The item taken from stock.
  inventory_item_id bigint not null,
  -- Units of the item per variant.
  required_quantity integer not null default 1,
  constraint variant_inventory_items_pkey PRIMARY KEY (tenant_id, variant_id, inventory_item_id),
  constraint variant_inventory_items_inventory_item_id_fkey FOREIGN KEY (tenant_id, inventory_item_id) REFERENCES inventory_items(tenant_id, inventory_item_id),
  constraint variant_inventory_items_variant_id_fkey FOREIGN KEY (tenant_id, variant_id) REFERENCES product_variants(tenant_id, variant_id),
  constraint variant_inventory_items_required_quantity_check CHECK ((required_quantity > 0))
);
CREATE INDEX variant_inventory_items_inventory_item_id_idx ON public.variant_inventory_items USING btree (tenant_id, inventory_item_id);

-- Every change of a wallet, append-only. Inserting a row moves the balance, or is refused (P0WAL) when there is not enough (trg_wallet_entries_apply).
create table public.wallet_entries (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key; grows in the order of the entries.
  wallet_entry_id bigint not null generated by default as identity,
  -- Whose wallet.
  customer_id bigint not null,
  -- ISO 4217 code of amount.
  currency character(3) not null,
  -- top_up: money came; payment: taken for an order; refund: given back for one; correction: by a person, with a reason.
  kind text not null,
  -- Minor units; negative: taken out.
  amount bigint not null,
  -- The balance with this entry; set by trigger.
  balance_after bigint not null,
  -- The order that it paid for, or is given back for.
  order_id bigint,
  -- The payment that it is.
  payment_id bigint,
  -- The refund that it is.
  refund_id bigint,
  -- Why.
  reason text,
  -- Whoever posts twice with it posts once.
  idempotency_key text,
  -- Who did it.
  actor text not null default CURRENT_USER,
  -- When.
  created_at timestamp with time zone not null default clock_now(),
  constraint wallet_entries_pkey PRIMARY KEY (tenant_id, wallet_entry_id),
  constraint wallet_entries_idempotency_key_key UNIQUE (tenant_id, idempotency_key),
  constraint wallet_entries_payment_id_key UNIQUE (tenant_id, payment_id),
  constraint wallet_entries_refund_id_key UNIQUE (tenant_id, refund_id),
  constraint wallet_entries_order_id_fkey FOREIGN KEY (tenant_id, order_id) REFERENCES orders(tenant_id, order_id),
  constraint wallet_entries_payment_id_fkey FOREIGN KEY (tenant_id, payment_id) REFERENCES payments(tenant_id, payment_id),
  constraint wallet_entries_refund_id_fkey FOREIGN KEY (tenant_id, refund_id) REFERENCES refunds(tenant_id, refund_id),
  constraint wallet_entries_wallet_fkey FOREIGN KEY (tenant_id, customer_id, currency) REFERENCES wallets(tenant_id, customer_id, currency),
  constraint wallet_entries_amount_check CHECK (
CASE kind
    WHEN 'payment'::text THEN (amount < 0)
    WHEN 'correction'::text THEN (amount <> 0)
    ELSE (amount > 0)
END),
  constraint wallet_entries_balance_after_check CHECK ((balance_after >= 0)),
  constraint wallet_entries_idempotency_key_check CHECK (((length(idempotency_key) >= 1) AND (length(idempotency_key) <= 255))),
  constraint wallet_entries_kind_check CHECK ((kind = ANY (ARRAY['top_up'::text, 'payment'::text, 'refund'::text, 'correction'::text]))),
  constraint wallet_entries_payment_check CHECK (((kind = 'payment'::text) = (payment_id IS NOT NULL))),
  constraint wallet_entries_reason_check CHECK (
CASE
    WHEN (reason IS NULL) THEN (kind <> 'correction'::text)
    ELSE ((length(reason) >= 1) AND (length(reason) <= 500))
END),
  constraint wallet_entries_refund_check CHECK (((kind = 'refund'::text) = (refund_id IS NOT NULL)))
);
CREATE INDEX wallet_entries_wallet_idx ON public.wallet_entries USING btree (tenant_id, customer_id, wallet_entry_id);
CREATE TRIGGER trg_wallet_entries_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.wallet_entries FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_wallet_entries_apply BEFORE INSERT ON public.wallet_entries FOR EACH ROW EXECUTE FUNCTION trg_wallet_entries_apply();
CREATE TRIGGER trg_wallet_entries_settle AFTER INSERT ON public.wallet_entries REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_wallet_entries_settle();

-- What a customer has with the shop, per currency. Written by wallet_entries alone (trg_wallets_guard), and never negative.
create table public.wallets (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Whose it is.
  customer_id bigint not null,
  -- ISO 4217 code; a customer has one wallet per currency.
  currency character(3) not null,
  -- Minor units: the sum of its entries.
  balance bigint not null default 0,
  -- When the first money came.
  created_at timestamp with time zone not null default clock_now(),
  -- When the balance last changed.
  updated_at timestamp with time zone not null default clock_now(),
  constraint wallets_pkey PRIMARY KEY (tenant_id, customer_id, currency),
  constraint wallets_customer_id_fkey FOREIGN KEY (tenant_id, customer_id) REFERENCES customers(tenant_id, customer_id),
  constraint wallets_balance_check CHECK ((balance >= 0)),
  constraint wallets_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
);
CREATE TRIGGER trg_wallets_delete BEFORE DELETE OR TRUNCATE ON public.wallets FOR EACH STATEMENT EXECUTE FUNCTION trg_refuse_change();
CREATE TRIGGER trg_wallets_guard BEFORE INSERT OR UPDATE ON public.wallets FOR EACH ROW EXECUTE FUNCTION trg_wallets_guard();

-- Calls of endpoints and their answers.
create table public.webhook_attempts (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key.
  attempt_id bigint not null generated by default as identity,
  -- What was sent.
  delivery_id bigint not null,
  -- When it ended.
  attempted_at timestamp with time zone not null default clock_now(),
  -- From connecting to the last byte.
  duration_ms integer not null,
  -- HTTP status, if an answer came.
  status smallint,
  -- The beginning of the answer.
  response text,
  -- Why no answer came, or the call was refused.
  error text,
  constraint webhook_attempts_pkey PRIMARY KEY (tenant_id, attempt_id),
  constraint webhook_attempts_delivery_id_fkey FOREIGN KEY (tenant_id, delivery_id) REFERENCES webhook_deliveries(tenant_id, delivery_id) ON DELETE CASCADE,
  constraint webhook_attempts_response_check CHECK ((length(response) <= 1000))
);
CREATE INDEX webhook_attempts_delivery_id_idx ON public.webhook_attempts USING btree (tenant_id, delivery_id, attempt_id);

-- One event for one endpoint, made from shop_events by feed_webhooks().
create table public.webhook_deliveries (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  delivery_id bigint not null generated by default as identity,
  -- Where to.
  endpoint_id bigint not null,
  -- The event; the header webhook-id of every attempt is made of it.
  event_id bigint not null,
  -- The event's kind.
  kind text not null,
  -- The event's order.
  order_id bigint,
  -- Which of the endpoint's lanes it stands in.
  lane smallint not null,
  -- pending; held: its endpoint is disabled; delivered; failed: no attempt is left.
  status text not null,
  -- Attempts since it was made or replayed.
  attempts integer not null default 0,
  -- What is sent, byte for byte, in every attempt.
  body text not null,
  -- Not sent earlier.
  next_attempt_at timestamp with time zone not null default clock_now(),
  -- HTTP status of the last answer.
  last_status smallint,
  -- When it was made.
  created_at timestamp with time zone not null default clock_now(),
  -- When it was delivered or failed.
  ended_at timestamp with time zone,
  constraint webhook_deliveries_pkey PRIMARY KEY (tenant_id, delivery_id),
  constraint webhook_deliveries_event_id_key UNIQUE (tenant_id, endpoint_id, event_id),
  constraint webhook_deliveries_endpoint_id_fkey FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints(tenant_id, endpoint_id),
  constraint webhook_deliveries_ended_check CHECK (((status = ANY (ARRAY['delivered'::text, 'failed'::text])) = (ended_at IS NOT NULL))),
  constraint webhook_deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'held'::text, 'delivered'::text, 'failed'::text])))
);
CREATE INDEX webhook_deliveries_created_idx ON public.webhook_deliveries USING btree (created_at);
CREATE INDEX webhook_deliveries_due_idx ON public.webhook_deliveries USING btree (tenant_id, endpoint_id, lane, next_attempt_at) WHERE (status = 'pending'::text);
CREATE INDEX webhook_deliveries_endpoint_idx ON public.webhook_deliveries USING btree (tenant_id, endpoint_id, delivery_id);
CREATE INDEX webhook_deliveries_line_idx ON public.webhook_deliveries USING btree (tenant_id, endpoint_id, lane, delivery_id) WHERE (status = 'pending'::text);

-- Where an app of the shop hears of its events, signed by the Standard Webhooks specification.
create table public.webhook_endpoints (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  endpoint_id bigint not null generated by default as identity,
  -- Where to; never logged, it may hold a secret.
  url text not null,
  -- For people.
  description text not null default ''::text,
  -- Kinds of events such as order.confirmed, and first halves such as order; null: all.
  kinds text[],
  -- none: what fails is tried again while others go on. fifo: what comes after it waits.
  ordering text not null default 'none'::text,
  -- Calls at the same time. Events of one order are always in the same lane.
  lanes smallint not null default 1,
  -- enabled; disabled: events are kept and held back; deleted.
  state text not null default 'enabled'::text,
  -- What it is signed with.
  secret text not null,
  -- Signs, too, until the app knows the new one.
  previous_secret text,
  -- Until then.
  previous_secret_until timestamp with time zone,
  -- Failed calls since the last good one.
  failures integer not null default 0,
  -- The first failed call since the last good one.
  first_failure_at timestamp with time zone,
  -- No call earlier: it failed, or asked us to wait.
  paused_until timestamp with time zone,
  -- When it was disabled.
  disabled_at timestamp with time zone,
  -- Why, in words.
  disabled_reason text,
  -- When it was made.
  created_at timestamp with time zone not null default clock_now(),
  -- When somebody last changed it.
  updated_at timestamp with time zone not null default clock_now(),
  constraint webhook_endpoints_pkey PRIMARY KEY (tenant_id, endpoint_id),
  constraint webhook_endpoints_description_check CHECK ((length(description) <= 200)),
  constraint webhook_endpoints_disabled_check CHECK (((state = 'disabled'::text) <= (disabled_reason IS NOT NULL))),
  constraint webhook_endpoints_kinds_check CHECK (((cardinality(kinds) >= 1) AND (cardinality(kinds) <= 100))),
  constraint webhook_endpoints_lanes_check CHECK (((lanes >= 1) AND (lanes <= 20))),
  constraint webhook_endpoints_ordering_check CHECK ((ordering = ANY (ARRAY['none'::text, 'fifo'::text]))),
  constraint webhook_endpoints_previous_check CHECK (((previous_secret IS NULL) = (previous_secret_until IS NULL))),
  constraint webhook_endpoints_secret_check CHECK ((secret ~ '^whsec_[A-Za-z0-9+/]{32,}={0,2}$'::text)),
  constraint webhook_endpoints_state_check CHECK ((state = ANY (ARRAY['enabled'::text, 'disabled'::text, 'deleted'::text]))),
  constraint webhook_endpoints_url_check CHECK (((url ~ '^https?://[^[:space:][:cntrl:]]+$'::text) AND (length(url) <= 1000)))
);
CREATE TRIGGER trg_webhook_endpoints_feed AFTER INSERT ON public.webhook_endpoints REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trg_webhook_endpoints_feed();

-- Every event that a provider sent with a good signature, once, written together with its ingest_webhook job before the provider is answered (receive_webhook).
create table public.webhook_events (
  -- The shop.
  tenant_id uuid not null default current_tenant_id(),
  -- Key, unique in the whole database.
  webhook_event_id bigint not null generated by default as identity,
  -- Who sent it: stripe, razorpay, twilio, dhl, ….
  source text not null,
  -- The sender's own id of the event; made from what it says where the sender gives none.
  event_id text not null,
  -- The sender's name of what happened.
  event_type text,
  -- The headers that say something, in lower case; never one that holds a secret.
  headers jsonb not null default '{}'::jsonb,
  -- The bytes that were signed (personal data; removed by clean_up).
  body bytea not null,
  -- received: its job is to run; processed; ignored: says nothing to us, error tells why; failed: tried again soon; dead: given up, until somebody replays it.
  status text not null default 'received'::text,
  -- How often it was tried to be processed.
  attempts integer not null default 0,
  -- Why the last attempt failed, or why the event is ignored.
  error text,
  -- When it came.
  received_at timestamp with time zone not null default clock_now(),
  -- When it had its effect, or was found to have none.
  processed_at timestamp with time zone,
  -- When the row last changed.
  updated_at timestamp with time zone not null default clock_now(),
  constraint webhook_events_pkey PRIMARY KEY (tenant_id, webhook_event_id),
  constraint webhook_events_event_id_key UNIQUE (tenant_id, source, event_id),
  constraint webhook_events_attempts_check CHECK ((attempts >= 0)),
  constraint webhook_events_error_check CHECK (((error IS NOT NULL) OR (status = ANY (ARRAY['received'::text, 'processed'::text])))),
  constraint webhook_events_event_id_check CHECK (((length(event_id) >= 1) AND (length(event_id) <= 255))),
  constraint webhook_events_event_type_check CHECK (((length(event_type) >= 1) AND (length(event_type) <= 255))),
  constraint webhook_events_headers_check CHECK ((jsonb_typeof(headers) = 'object'::text)),
  constraint webhook_events_processed_at_check CHECK (((processed_at IS NOT NULL) = (status = ANY (ARRAY['processed'::text, 'ignored'::text])))),
  constraint webhook_events_source_check CHECK ((source ~ '^[a-z][a-z0-9_]{0,39}$'::text)),
  constraint webhook_events_status_check CHECK ((status = ANY (ARRAY['received'::text, 'processed'::text, 'ignored'::text, 'failed'::text, 'dead'::text])))
);
CREATE INDEX webhook_events_failed_idx ON public.webhook_events USING btree (tenant_id, webhook_event_id) WHERE (status = ANY (ARRAY['failed'::text, 'dead'::text]));
CREATE INDEX webhook_events_received_at_idx ON public.webhook_events USING btree (received_at);

-- How far the events of all shops were read for endpoints: one row while there are endpoints.
create table public.webhook_feed (
  -- True: there is one row.
  is_only boolean not null default true,
  -- The position among events, see shop_events.
  event_position text not null,
  constraint webhook_feed_pkey PRIMARY KEY (is_only),
  constraint webhook_feed_only_check CHECK (is_only)
);

-- Attempts that did not succeed, by day (UTC). Successful ones are the finished row itself; the view queue.attempts shows all.
create table queue.attempts_log (
  -- Whose attempt.
  job_id bigint not null,
  -- When it ended; the partition key.
  finished_at timestamp with time zone not null,
  -- When it was claimed.
  started_at timestamp with time zone not null,
  -- Who ran it.
  worker_id bigint not null,
  -- Its number: queue.jobs.attempt at that time.
  attempt integer not null,
  -- failed | lost (its worker died) | snoozed | waited (for an event from outside) | released (it shut down) | cancelled | discarded.
  outcome text not null,
  -- The queue it was taken from.
  queue text not null,
  -- The kind of its job.
  kind text not null,
  -- The error chain, outermost first, joined by ": ".
  error text,
  constraint attempts_log_outcome_check CHECK ((outcome = ANY (ARRAY['failed'::text, 'lost'::text, 'snoozed'::text, 'waited'::text, 'released'::text, 'cancelled'::text, 'discarded'::text]))) NOT VALID
) partition by RANGE (finished_at);
CREATE INDEX attempts_log_job_id_idx ON ONLY queue.attempts_log USING btree (job_id, attempt);

-- The dead letter: jobs out of attempts or failed for good. They stay until retried or deleted.
create table queue.dead_jobs (
  -- As in queue.jobs.
  job_id bigint not null,
  -- When it was given up.
  died_at timestamp with time zone not null,
  -- As in queue.jobs: when its last attempt was due.
  run_at timestamp with time zone not null,
  -- As in queue.jobs.
  created_at timestamp with time zone not null,
  -- When its last attempt was claimed.
  claimed_at timestamp with time zone,
  -- Who ran its last attempt.
  worker_id bigint,
  -- Claims in all.
  attempt integer not null,
  -- Claims that did not count as attempts.
  forgiven integer not null,
  -- As in queue.jobs.
  priority smallint not null,
  -- As in queue.jobs.
  max_attempts smallint,
  -- As in queue.jobs.
  queue text not null,
  -- As in queue.jobs.
  kind text not null,
  -- As in queue.jobs.
  args jsonb not null,
  -- As in queue.jobs; a dead job does not hold it.
  unique_key text,
  -- As in queue.jobs.
  unique_scope text,
  -- As in queue.jobs.
  group_key text,
  -- As in queue.jobs.
  trace_context text,
  -- Error chain of the last attempt.
  last_error text,
  constraint dead_jobs_pkey PRIMARY KEY (job_id)
);
CREATE INDEX dead_jobs_kind_idx ON queue.dead_jobs USING btree (kind, died_at);

-- The edges of workflows: a job that waits for another. They come into being with the job that waits, and lead to jobs that exist by then, so there are no cycles. Kept, once settled, as long as finished jobs are.
create table queue.dependencies (
  -- Who waits.
  job_id bigint not null,
  -- For whom: a job that was there before.
  after_job_id bigint not null,
  -- When that one ended; null while it has not.
  settled_at timestamp with time zone,
  -- When that one is dead or cancelled: cancel the waiting job | run it all the same | wait for a retry of the dead one (a cancelled one cannot be retried: then as cancel).
  on_failure text not null,
  -- How that one ended: completed | discarded | cancelled | dead; null while it has not. abandoned: the waiting job was cancelled before.
  outcome text,
  constraint dependencies_pkey PRIMARY KEY (job_id, after_job_id),
  constraint dependencies_on_failure_check CHECK ((on_failure = ANY (ARRAY['cancel'::text, 'run'::text, 'wait'::text]))),
  constraint dependencies_outcome_check CHECK ((outcome = ANY (ARRAY['completed'::text, 'discarded'::text, 'cancelled'::text, 'dead'::text, 'abandoned'::text]))),
  constraint dependencies_self_check CHECK ((after_job_id <> job_id)),
  constraint dependencies_settled_check CHECK (((settled_at IS NULL) = (outcome IS NULL)))
);
CREATE INDEX dependencies_after_idx ON queue.dependencies USING btree (after_job_id);
CREATE INDEX dependencies_settled_idx ON queue.dependencies USING btree (settled_at) WHERE (settled_at IS NOT NULL);

-- Jobs that ended well or were given up on purpose; partitioned by day (UTC) of finished_at.
create table queue.finished_jobs (
  -- As in queue.jobs.
  job_id bigint not null,
  -- When it ended; the partition key.
  finished_at timestamp with time zone not null,
  -- As in queue.jobs: when its last attempt was due.
  run_at timestamp with time zone not null,
  -- As in queue.jobs.
  created_at timestamp with time zone not null,
  -- When its last attempt was claimed.
  claimed_at timestamp with time zone,
  -- Who ran its last attempt; null if never run.
  worker_id bigint,
  -- Claims in all.
  attempt integer not null,
  -- Claims that did not count as attempts.
  forgiven integer not null,
  -- As in queue.jobs.
  priority smallint not null,
  -- As in queue.jobs.
  max_attempts smallint,
  -- completed | cancelled | discarded.
  state text not null,
  -- As in queue.jobs.
  queue text not null,
  -- As in queue.jobs.
  kind text not null,
  -- As in queue.jobs.
  args jsonb not null,
  -- As in queue.jobs; no longer held.
  unique_key text,
  -- As in queue.jobs.
  unique_scope text,
  -- As in queue.jobs.
  group_key text,
  -- As in queue.jobs.
  trace_context text,
  -- Why it was cancelled or discarded; for completed jobs the error before the success.
  last_error text,
  constraint finished_jobs_state_check CHECK ((state = ANY (ARRAY['completed'::text, 'cancelled'::text, 'discarded'::text])))
) partition by RANGE (finished_at);
CREATE INDEX finished_jobs_job_id_idx ON ONLY queue.finished_jobs USING btree (job_id);

-- What jobs say of themselves: progress, checkpoint, result. Only those that do have a row; kept until the history of the job is dropped.
create table queue.job_data (
  -- Which job.
  job_id bigint not null,
  -- When it was last written.
  updated_at timestamp with time zone not null default clock_now(),
  -- Who wrote it; with attempt its fence.
  worker_id bigint not null,
  -- The attempt that wrote it.
  attempt integer not null,
  -- How far the job is, 0 to 100.
  percent smallint,
  -- What it is doing, for people.
  message text,
  -- Where the next attempt goes on.
  checkpoint jsonb,
  -- What the job gave.
  result jsonb,
  constraint job_data_pkey PRIMARY KEY (job_id),
  constraint job_data_percent_check CHECK (((percent >= 0) AND (percent <= 100)))
);
CREATE INDEX job_data_updated_idx ON queue.job_data USING btree (updated_at);
CREATE CONSTRAINT TRIGGER queue_job_data_fence AFTER INSERT OR UPDATE ON queue.job_data DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION queue.fence_job_data();

-- Jobs that are not finished (hot). Triggers: queue_jobs_wake notifies workers of new rows.
create table queue.jobs (
  -- Identity of the job, rising in order of enqueue.
  job_id bigint not null default nextval('queue.jobs_job_id_seq'::regclass),
  -- Not before this time; second key of the order.
  run_at timestamp with time zone not null default clock_now(),
  -- When it was enqueued.
  created_at timestamp with time zone not null default clock_now(),
  -- When the running attempt was claimed; null otherwise.
  claimed_at timestamp with time zone,
  -- Who holds the lease of the running attempt.
  worker_id bigint,
  -- Claims so far. Only ever rises, so (job_id, attempt, worker_id) is a fencing token.
  attempt integer not null default 0,
  -- Claims that do not count as attempts: snoozed, handed back. attempt - forgiven is compared with max_attempts.
  forgiven integer not null default 0,
  -- First key of the order: the smaller runs first; 0 is usual.
  priority smallint not null default 0,
  -- Attempts before it is dead; null until the first claim writes the policy of its kind.
  max_attempts smallint,
  -- Whether this row holds its unique_key.
  unique_held boolean not null default false,
  -- Somebody cancelled it while it was running: whatever its handler says, it is not run again.
  cancel_requested boolean not null default false,
  -- scheduled (run_at ahead) | ready | blocked (its group is busy) | waiting (for other jobs, or for an event from outside) | running.
  state text not null default 'ready'::text,
  -- Which workers may take it.
  queue text not null default 'default'::text,
  -- Which handler runs it.
  kind text not null,
  -- What the handler gets: a JSON object of at most 1 MiB.
  args jsonb not null default '{}'::jsonb,
  -- No second job with this key while unique_scope lasts.
  unique_key text,
  -- waiting (the key is free again at the first claim) | unfinished (at the end) | period (for a time from the enqueue: queue.unique_periods). Null without key.
  unique_scope text,
  -- Jobs of one group never run at the same time, and start in order of priority, run_at, job_id.
  group_key text,
  -- W3C traceparent of whoever enqueued it.
  trace_context text,
  -- Error chain of the attempt before this one.
  last_error text,
  -- Its place in line: run_at, or when its group let it go; in queues with ageing later by priority times queues.ageing. First come, first served.
  order_at timestamp with time zone not null default clock_now(),
  -- Priority in queues that serve strictly by priority; 0 in queues with ageing.
  rank smallint not null default 0,
  -- Its kind, if that has a line of its own (kinds.own_line); else empty.
  line text not null default ''::text,
  -- Which of the places of its group the running job holds, from 0.
  group_slot smallint,
  -- For how many jobs it still waits (queue.dependencies); null when for none.
  waiting_for integer,
  -- Others may wait for it: its end looks into queue.dependencies. Null: nobody does.
  has_dependants boolean,
  constraint jobs_pkey PRIMARY KEY (job_id),
  constraint jobs_attempt_check CHECK (((attempt >= forgiven) AND (forgiven >= 0))),
  constraint jobs_blocked_check CHECK (((state <> 'blocked'::text) OR (group_key IS NOT NULL))),
  constraint jobs_lease_check CHECK ((((state = 'running'::text) = (worker_id IS NOT NULL)) AND ((state = 'running'::text) = (claimed_at IS NOT NULL)))),
  constraint jobs_max_attempts_check CHECK (((max_attempts >= 1) AND (max_attempts <= 1000))),
  constraint jobs_priority_check CHECK (((priority >= '-100'::integer) AND (priority <= 100))),
  constraint jobs_state_check CHECK ((state = ANY (ARRAY['scheduled'::text, 'ready'::text, 'blocked'::text, 'waiting'::text, 'running'::text]))) NOT VALID,
  constraint jobs_unique_check CHECK (((NOT unique_held) OR (unique_key IS NOT NULL))),
  constraint jobs_waiting_check CHECK (((waiting_for IS NULL) OR ((state = 'waiting'::text) AND (waiting_for > 0)))) NOT VALID
);
CREATE INDEX jobs_blocked_idx ON queue.jobs USING btree (group_key, priority, run_at, job_id) WHERE (state = 'blocked'::text);
CREATE INDEX jobs_cancel_requested_idx ON queue.jobs USING btree (worker_id) WHERE (cancel_requested AND (state = 'running'::text));
CREATE INDEX jobs_group_busy_idx ON queue.jobs USING btree (group_key) WHERE ((group_key IS NOT NULL) AND (state = ANY (ARRAY['ready'::text, 'running'::text])));
CREATE UNIQUE INDEX jobs_group_slot_idx ON queue.jobs USING btree (group_key, group_slot) WHERE ((group_key IS NOT NULL) AND (state = 'running'::text));
CREATE INDEX jobs_line_idx ON queue.jobs USING btree (queue, rank, line, order_at, job_id) WHERE (state = 'ready'::text);
CREATE INDEX jobs_line_running_idx ON queue.jobs USING btree (line) WHERE ((state = 'running'::text) AND (line <> ''::text));
CREATE INDEX jobs_parked_idx ON queue.jobs USING btree (run_at, job_id) WHERE ((state = 'waiting'::text) AND (waiting_for IS NULL));
CREATE INDEX jobs_running_idx ON queue.jobs USING btree (worker_id) WHERE (state = 'running'::text);
CREATE INDEX jobs_scheduled_idx ON queue.jobs USING btree (run_at, job_id) WHERE (state = 'scheduled'::text);
CREATE UNIQUE INDEX jobs_unique_key_idx ON queue.jobs USING btree (unique_key) WHERE unique_held;
CREATE TRIGGER queue_jobs_wake AFTER INSERT ON queue.jobs REFERENCING NEW TABLE AS fresh_jobs FOR EACH STATEMENT EXECUTE FUNCTION queue.wake();

-- Settings of a kind. A kind without a row has the defaults: it needs no registration.
create table queue.kinds (
  -- Its name.
  kind text not null,
  -- While true no worker claims jobs of this kind.
  paused boolean not null default false,
  -- Its jobs stand in a line of their own in each queue, so that they do not stand in the way of others when they may not run: it is or was paused, limited, or unknown to some workers.
  own_line boolean not null default false,
  -- When a setting last changed.
  changed_at timestamp with time zone not null default clock_now(),
  -- When a worker last registered it, to the minute; null: none of this release has.
  registered_at timestamp with time zone,
  -- What its workers say about it: queue, max_attempts, timeout_ms, retry, schedule, description, version. Of the worker that registered last.
  descriptor jsonb not null default '{}'::jsonb,
  constraint kinds_pkey PRIMARY KEY (kind),
  constraint kinds_descriptor_check CHECK ((jsonb_typeof(descriptor) = 'object'::text))
);

-- What the whole fleet may do at most: jobs at once and per second of a queue or a kind, jobs at once of a group, calls per second under a key that handlers name. Set with queue.set_limit.
create table queue.limits (
  -- queue | kind | group | key (a token bucket for handlers: queue.take_tokens).
  scope text not null,
  -- The queue, kind, group_key or key that it holds for.
  name text not null,
  -- Jobs that may be claimed at once, fleet-wide; null: any number. A group without a row has 1.
  max_running integer,
  -- Tokens that the bucket gains a second; null: no rate.
  per_second double precision,
  -- Tokens that the bucket holds at most.
  burst integer,
  -- Tokens in the bucket at refilled_at.
  tokens double precision,
  -- When tokens was last written.
  refilled_at timestamp with time zone,
  -- When somebody last set it.
  changed_at timestamp with time zone not null default clock_now(),
  constraint limits_pkey PRIMARY KEY (scope, name),
  constraint limits_group_check CHECK (((scope <> 'group'::text) OR (per_second IS NULL))),
  constraint limits_key_check CHECK (((scope <> 'key'::text) OR (max_running IS NULL))),
  constraint limits_max_running_check CHECK (((max_running >=
CASE scope
    WHEN 'group'::text THEN 1
    ELSE 0
END) AND (max_running <= 10000))),
  constraint limits_rate_check CHECK (((per_second > (0)::double precision) AND (per_second <= (1000000)::double precision) AND ((burst >= 1) AND (burst <= 1000000)))),
  constraint limits_scope_check CHECK ((scope = ANY (ARRAY['queue'::text, 'kind'::text, 'group'::text, 'key'::text]))),
  constraint limits_tokens_check CHECK ((((per_second IS NULL) = (burst IS NULL)) AND ((per_second IS NULL) = (tokens IS NULL)) AND ((per_second IS NULL) = (refilled_at IS NULL))))
);

-- Settings of a queue. A queue without a row has the defaults: it needs no registration.
create table queue.queues (
  -- Its name.
  queue text not null,
  -- While true no worker claims from it.
  paused boolean not null default false,
  -- When a setting last changed.
  changed_at timestamp with time zone not null default clock_now(),
  -- What one step of priority is worth in waiting time. Null: strictly by priority, so that urgent work can starve the rest.
  ageing interval,
  -- Service level: the front door refuses jobs while a new one would wait longer. Null: never.
  max_wait_ms bigint,
  -- The front door refuses jobs while this many wait. Null: never.
  max_waiting bigint,
  constraint queues_pkey PRIMARY KEY (queue),
  constraint queues_ageing_check CHECK (((ageing > '00:00:00'::interval) AND (ageing <= '30 days'::interval))),
  constraint queues_max_wait_check CHECK ((max_wait_ms > 0)),
  constraint queues_max_waiting_check CHECK ((max_waiting > 0))
);

-- The unfinished jobs of senders that have max_waiting; nobody else's. Counted and cleared of finished ones by queue.admission, so that the hot table needs no sender and no index for it.
create table queue.quota_jobs (
  -- Whose job.
  sender text not null,
  -- The job.
  job_id bigint not null,
  constraint quota_jobs_pkey PRIMARY KEY (sender, job_id),
  constraint quota_jobs_sender_fkey FOREIGN KEY (sender) REFERENCES queue.quotas(sender) ON DELETE CASCADE
);

-- What one sender may put into the queue through the front door. Read and written by queue.admission, about once a second by each process that enqueues for others.
create table queue.quotas (
  -- Who: a name that the front door gives its callers.
  sender text not null,
  -- Refused while this many of its jobs are unfinished. Null: any number.
  max_waiting bigint,
  -- What its bucket gains a minute, and holds at most. Null: no rate.
  max_per_minute integer,
  -- Jobs it may still send at refilled_at. Below zero when several processes let in the last ones.
  balance double precision,
  -- When balance was last written.
  refilled_at timestamp with time zone,
  -- When somebody last set it.
  changed_at timestamp with time zone not null default clock_now(),
  constraint quotas_pkey PRIMARY KEY (sender),
  constraint quotas_balance_check CHECK ((((max_per_minute IS NULL) = (balance IS NULL)) AND ((max_per_minute IS NULL) = (refilled_at IS NULL)))),
  constraint quotas_max_per_minute_check CHECK ((max_per_minute > 0)),
  constraint quotas_max_waiting_check CHECK ((max_waiting > 0)),
  constraint quotas_sender_check CHECK (((length(sender) >= 1) AND (length(sender) <= 200)))
);

-- When jobs come by themselves. Workers compute the ticks; the one that moves next_tick_at on enqueues the tick's job in the same transaction: one job per tick, with any number of workers and no leader.
create table queue.schedules (
  -- Its name; for the schedule of a kind's policy the kind.
  schedule text not null,
  -- Kind of the jobs that it makes.
  kind text not null,
  -- Distance of ticks in milliseconds, from the epoch; null when expression says when.
  every_ms bigint,
  -- The last tick that made a job; none at or before it makes another.
  last_tick_at timestamp with time zone,
  -- The job that it made.
  last_job_id bigint,
  -- The tick to come. Null until a worker has computed it, and when there is none.
  next_tick_at timestamp with time zone,
  -- When its definition or pause last changed.
  changed_at timestamp with time zone not null default clock_now(),
  -- Rises with each change, so that a worker that read it before cannot tick it.
  revision bigint not null default 1,
  -- Where missed is catch_up: how many of the newest missed ticks run at most.
  catch_up_max integer not null default 100,
  -- Of its jobs: the smaller runs first.
  priority smallint not null default 0,
  -- While true it does not tick; ticks of that time are not made up for.
  paused boolean not null default false,
  -- kind (a registered kind's policy, declared when a worker starts) | people (queue.upsert_schedule).
  source text not null default 'kind'::text,
  -- Cron expression; null when every_ms says when.
  expression text,
  -- IANA time zone in which expression is meant.
  zone text not null default 'UTC'::text,
  -- What becomes of local times that a change of clocks leaves out or repeats: auto (both if the expression names no hours, else once) | once | skip | both.
  dst text not null default 'auto'::text,
  -- What becomes of ticks that passed while no worker ran: skip | once (the newest) | catch_up.
  missed text not null default 'once'::text,
  -- Queue of its jobs.
  queue text not null default 'default'::text,
  -- Arguments of its jobs.
  args jsonb not null default '{}'::jsonb,
  -- Group of its jobs; with one, they never overlap, however long one takes.
  group_key text,
  -- Why workers cannot tick it: an expression or a time zone that they cannot read.
  problem text,
  constraint schedules_pkey PRIMARY KEY (schedule),
  constraint schedules_catch_up_max_check CHECK (((catch_up_max >= 1) AND (catch_up_max <= 1000))),
  constraint schedules_dst_check CHECK ((dst = ANY (ARRAY['auto'::text, 'once'::text, 'skip'::text, 'both'::text]))),
  constraint schedules_every_ms_check CHECK ((every_ms > 0)),
  constraint schedules_missed_check CHECK ((missed = ANY (ARRAY['skip'::text, 'once'::text, 'catch_up'::text]))),
  constraint schedules_priority_check CHECK (((priority >= '-100'::integer) AND (priority <= 100))),
  constraint schedules_source_check CHECK ((source = ANY (ARRAY['kind'::text, 'people'::text]))),
  constraint schedules_when_check CHECK ((num_nonnulls(every_ms, expression) = 1))
);
CREATE INDEX schedules_kind_idx ON queue.schedules USING btree (kind);

-- Unique keys of scope "period": held from the enqueue for a time, whatever becomes of the job.
create table queue.unique_periods (
  -- The key.
  unique_key text not null,
  -- The job that holds it.
  job_id bigint not null,
  -- From then on it is free.
  expires_at timestamp with time zone not null,
  constraint unique_periods_pkey PRIMARY KEY (unique_key)
);
CREATE INDEX unique_periods_expires_idx ON queue.unique_periods USING btree (expires_at);

-- What resumes a wait. An attempt that asks again for a token gets another one, and both hold: the first may be with the outside already, and is not kept.
create table queue.wait_tokens (
  -- Which wait.
  wait_id bigint not null,
  -- SHA-256 of a token that only the handler was told, or of the name of a named event.
  token_hash bytea not null,
  constraint wait_tokens_pkey PRIMARY KEY (token_hash),
  constraint wait_tokens_wait_id_fkey FOREIGN KEY (wait_id) REFERENCES queue.waits(wait_id) ON DELETE CASCADE
);
CREATE INDEX wait_tokens_wait_id_idx ON queue.wait_tokens USING btree (wait_id);

-- Events from outside that jobs wait for, and those that came before anybody waited. Kept until the history of their job is dropped.
create table queue.waits (
  -- Identity of the wait.
  wait_id bigint not null generated always as identity,
  -- Who waits; null for a named event that came before anybody waited for it.
  job_id bigint,
  -- When it was made.
  created_at timestamp with time zone not null default clock_now(),
  -- How long the job waits.
  expires_at timestamp with time zone not null,
  -- When it was resumed or expired.
  ended_at timestamp with time zone,
  -- The job is parked until this wait ends.
  parked boolean not null default false,
  -- resumed | expired; null while it waits.
  outcome text,
  -- What the handler calls it. The same name in a later attempt is the same wait.
  name text not null,
  -- What came with the event.
  payload jsonb,
  constraint waits_pkey PRIMARY KEY (wait_id),
  constraint waits_job_id_name_key UNIQUE (job_id, name),
  constraint waits_ended_check CHECK (((ended_at IS NULL) = (outcome IS NULL))),
  constraint waits_outcome_check CHECK ((outcome = ANY (ARRAY['resumed'::text, 'expired'::text]))),
  constraint waits_parked_check CHECK (((NOT parked) OR ((job_id IS NOT NULL) AND (ended_at IS NULL))))
);
CREATE INDEX waits_ended_idx ON queue.waits USING btree (COALESCE(ended_at, expires_at));

-- One row per worker process. Its heartbeat is the lease of every job that it runs.
create table queue.workers (
  -- New at each start: part of the fencing token.
  worker_id bigint not null generated always as identity,
  -- When it last proved that it lives.
  heartbeat_at timestamp with time zone not null default clock_now(),
  -- When it registered.
  started_at timestamp with time zone not null default clock_now(),
  -- When it stopped or was declared dead.
  stopped_at timestamp with time zone,
  -- The measure of its signs of life: with leases it gives one every 0.4 of this and counts as dead after 1.2 of this in silence.
  heartbeat_ms integer not null,
  -- Jobs that it runs at once.
  concurrency integer not null,
  -- For people; need not be unique.
  name text not null,
  -- running | draining (shutting down) | stopped | dead.
  state text not null default 'running'::text,
  -- Version of its program.
  version text not null default ''::text,
  -- Queues that it takes jobs from.
  queues text[] not null,
  -- Kinds that it has handlers for; it claims no other.
  kinds text[] not null,
  -- By then it gives another sign of life, or is dead. Far ahead while it holds no lease. Null: a worker of a release that did not say; dead after 1.5 of heartbeat_ms in silence.
  alive_until timestamp with time zone,
  -- When it last looked after what the whole fleet needs: the dead, what is due, what lies ready.
  chores_at timestamp with time zone,
  -- It has ended, and nothing is left that was leased to it.
  cleared boolean not null default false,
  -- The session in which it last began a watch of its queues (queue.begin_watch).
  watch_pid integer,
  constraint workers_pkey PRIMARY KEY (worker_id),
  constraint workers_heartbeat_ms_check CHECK ((heartbeat_ms > 0)),
  constraint workers_state_check CHECK ((state = ANY (ARRAY['running'::text, 'draining'::text, 'stopped'::text, 'dead'::text])))
);
CREATE INDEX workers_alive_idx ON queue.workers USING btree (worker_id) WHERE (state = ANY (ARRAY['running'::text, 'draining'::text]));
CREATE INDEX workers_uncleared_idx ON queue.workers USING btree (worker_id) WHERE ((state = ANY (ARRAY['dead'::text, 'stopped'::text])) AND (NOT cleared));

-- How carriers do, by day, service and destination. E.g. Which carrier is on time in each country, and what does a parcel cost?
view analytics.carrier_performance (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- Who carries.
  carrier_code text,
  -- The carrier's product; standard: not named.
  service text,
  -- ISO 3166 code of the destination; none: nothing is shipped.
  country text,
  -- Parcels.
  shipments bigint,
  -- Delivered.
  delivered bigint,
  -- On time of those delivered with an estimate, 0 to 1.
  on_time_rate numeric,
  -- Parcels with an exception, lost or sent back, 0 to 1.
  trouble_rate numeric,
  -- From shipped to delivered, half of them within.
  transit_p50_hours double precision,
  -- The same, 95 of 100.
  transit_p95_hours double precision,
  -- ISO 4217 code of the amounts.
  currency character(3),
  -- Cost of a parcel, minor units.
  cost_each numeric,
);

-- Customers by the month of their first order: how many of them come back. E.g. What part of January's new customers ordered again within three months?
view analytics.customer_cohorts (
  -- The shop.
  tenant_id uuid,
  -- Month of the first order.
  cohort_month date,
  -- Months since then; 0 is that month.
  months_later integer,
  -- ISO 4217 code of the amounts.
  currency character(3),
  -- Customers of the cohort who ordered in that month.
  customers bigint,
  -- customers of the cohort, 0 to 1.
  retention numeric,
  -- Orders.
  orders bigint,
  -- What customers pay, minor units.
  total_amount bigint,
);

-- Failures tied to orders, by day and cause. E.g. Which causes are still open, and how many orders do they touch?
view analytics.failure_causes (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- delivery, payment, stock, database, api or unknown.
  category text,
  -- critical, high, medium or low.
  severity text,
  -- Where it happened.
  stage text,
  -- Stable code of the cause.
  code text,
  -- Failures.
  errors bigint,
  -- Not settled yet.
  open_errors bigint,
  -- Orders.
  orders bigint,
  -- From failure to settled, half of them within.
  resolve_p50_seconds double precision,
);

-- How far the orders of each day have come. E.g. Of last week's orders, how many got as far as the customer, and where are the others?
view analytics.fulfilment_funnel (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- Orders placed.
  placed bigint,
  -- Of those, confirmed at some time.
  confirmed bigint,
  -- Of those, at least partly on their way, or further.
  shipped bigint,
  -- Of those, delivered.
  delivered bigint,
  -- Cancelled.
  cancelled bigint,
  -- Never paid or confirmed in time.
  expired bigint,
  -- On hold now.
  on_hold bigint,
  -- confirmed of placed, 0 to 1.
  confirmed_rate numeric,
  -- delivered of confirmed, 0 to 1.
  delivered_rate numeric,
);

-- Whether notices reach customers, by day, type and channel. E.g. What part of the delivery notices by mail arrived?
view analytics.notification_delivery (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- What it tells.
  notification_type text,
  -- How it is sent.
  channel text,
  -- Notices.
  notices bigint,
  -- Handed to the channel, receipt or not.
  sent bigint,
  -- With a receipt.
  delivered bigint,
  -- Given up.
  failed bigint,
  -- Not sent: no address, or not wanted.
  skipped bigint,
  -- Not yet sent.
  pending bigint,
  -- sent of those not skipped, 0 to 1.
  sent_rate numeric,
  -- From event to sent, half of them within.
  send_p50_seconds double precision,
  -- The same, 95 of 100.
  send_p95_seconds double precision,
);

-- Orders that are not on their way yet, by state and the day they were placed. E.g. How old is our backlog, and in which state does it lie?
view analytics.order_backlog (
  -- The shop.
  tenant_id uuid,
  -- State of the orders now.
  order_status text,
  -- Day in UTC.
  day date,
  -- Orders.
  orders bigint,
  -- Days since then.
  age_days integer,
);

-- How long it takes from placing to confirming, shipping and delivering, by day of placing. E.g. Did orders take longer after the move to the new warehouse?
view analytics.order_cycle_time (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- Orders.
  orders bigint,
  -- Orders that were delivered.
  delivered_orders bigint,
  -- From placed to confirmed, half of the orders within.
  confirm_p50_seconds double precision,
  -- The same, 95 of 100.
  confirm_p95_seconds double precision,
  -- From placed to first shipped, half of the orders within.
  ship_p50_seconds double precision,
  -- The same, 95 of 100.
  ship_p95_seconds double precision,
  -- From placed to delivered, half of the orders within.
  deliver_p50_seconds double precision,
  -- The same, 95 of 100.
  deliver_p95_seconds double precision,
);

-- Payments and what became of them, by day, provider and state. E.g. How much money is asked for and not yet taken?
view analytics.payment_status_by_day (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- Who takes the money: stripe, wallet, cod, …
  provider_code text,
  -- ISO 4217 code of the amounts.
  currency character(3),
  -- State of the payments now.
  status text,
  -- Payments.
  payments bigint,
  -- Asked for, minor units.
  amount bigint,
  -- Taken, minor units.
  captured_amount bigint,
  -- Given back, minor units.
  refunded_amount bigint,
  -- Asked for and not taken, minor units.
  outstanding_amount bigint,
);

-- What promotion codes cost and bring, by day. E.g. Did the Black Friday code pay?
view analytics.promo_use (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- The code.
  promo_code text,
  -- ISO 4217 code of the amounts.
  currency character(3),
  -- Orders.
  orders bigint,
  -- Of those, cancelled, expired or never paid.
  lost_orders bigint,
  -- Different known customers.
  customers bigint,
  -- Taken off, minor units.
  discount_amount bigint,
  -- What customers pay, minor units.
  total_amount bigint,
  -- Discount of what it would have cost, 0 to 1.
  discount_rate numeric,
);

-- Calls to providers and how long they take, by day. E.g. Is the provider slower than last week?
view analytics.provider_calls (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- Who fulfils.
  provider_code text,
  -- trigger (first submission), retry, verify or cancel.
  action text,
  -- Calls.
  calls bigint,
  -- Calls that failed or got no answer.
  failed bigint,
  -- Half of the calls took at most so many milliseconds; averaged over ways to end.
  p50_ms double precision,
  -- 95 of 100 calls took at most so many, at the slowest way to end.
  p95_ms double precision,
);

-- How providers do, by day and destination. E.g. Which provider fails most in Ghana, and how often does a retry help?
view analytics.provider_performance (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- Who fulfils.
  provider_code text,
  -- ISO 3166 code of the destination; none: nothing is shipped.
  country text,
  -- Fulfilments.
  fulfillments bigint,
  -- Delivered.
  delivered bigint,
  -- Failed, rejected or on hold now.
  failed bigint,
  -- Cancelled.
  cancelled bigint,
  -- delivered of those not cancelled, 0 to 1.
  success_rate numeric,
  -- Attempts per fulfilment.
  attempts_each numeric,
  -- Delivered of those begun more than once, 0 to 1.
  retry_success_rate numeric,
  -- From asked for to delivered, half of them within.
  deliver_p50_seconds double precision,
  -- The same, 95 of 100.
  deliver_p95_seconds double precision,
);

-- How long jobs wait and run, by hour, queue and kind. E.g. When in the day do jobs start late?
view analytics.queue_latency (
  -- The shop.
  tenant_id uuid,
  -- Hour, begins at.
  hour timestamp with time zone,
  -- The queue.
  queue text,
  -- The kind of the jobs.
  kind text,
  -- Jobs that ended well.
  completed bigint,
  -- Jobs that were cancelled or given up on purpose.
  abandoned bigint,
  -- Jobs that failed for good and wait for a person.
  dead bigint,
  -- Completed jobs that needed more than one attempt.
  retried bigint,
  -- From due to claimed, half of them within.
  wait_p50_seconds double precision,
  -- The same, 95 of 100.
  wait_p95_seconds double precision,
  -- The longest.
  wait_max_seconds double precision,
  -- From claimed to finished, half of them within.
  run_p50_seconds double precision,
  -- The same, 95 of 100.
  run_p95_seconds double precision,
);

-- Units that were promised and never sold, by day and item: stock that others could not buy meanwhile. E.g. How much stock was blocked by orders that nobody paid?
view analytics.reservation_leakage (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- Stock keeping unit.
  sku text,
  -- Promises.
  reservations bigint,
  -- Units ordered.
  units bigint,
  -- Units that left.
  units_fulfilled bigint,
  -- Units given back by cancelling.
  units_released bigint,
  -- Units given back because nobody confirmed in time.
  units_expired bigint,
  -- Units given back of all units promised, 0 to 1.
  leakage_rate numeric,
  -- How long units that were given back had been held: half within.
  held_p50_seconds double precision,
);

-- Why calls to providers fail, by day. E.g. What are the five most frequent causes of retries this week?
view analytics.retry_causes (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- Who fulfils.
  provider_code text,
  -- Stable code of the failure; none: there was none.
  error_code text,
  -- Calls that failed or got no answer.
  failures bigint,
  -- Calls after which trying again may help.
  retryable bigint,
  -- Of the provider's failures of the day, 0 to 1.
  share numeric,
);

-- How much of what was delivered comes back, by item. E.g. Which products come back most often?
view analytics.return_rate (
  -- The shop.
  tenant_id uuid,
  -- Stock keeping unit.
  sku text,
  -- The product's name.
  product_name text,
  -- Units that reached the customer.
  units_delivered bigint,
  -- Units that came back.
  units_returned bigint,
  -- Returned of delivered, 0 to 1.
  return_rate numeric,
);

-- Revenue by day, where orders come from and how they are paid; lost orders are left out. E.g. Which channel grew since last month?
view analytics.revenue_by_channel (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- Where orders come from: web, api, …
  order_source text,
  -- How orders are paid.
  payment_method text,
  -- ISO 4217 code of the amounts.
  currency character(3),
  -- Orders.
  orders bigint,
  -- What customers pay, minor units.
  total_amount bigint,
  -- Average order, minor units.
  order_value numeric,
);

-- Revenue by day and currency. Lost orders (cancelled, expired, never paid) count in neither total. E.g. What did we take yesterday, and how much was an order worth?
view analytics.revenue_by_day (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- ISO 4217 code of the amounts.
  currency character(3),
  -- Orders that were not lost.
  orders bigint,
  -- Orders that were lost.
  lost_orders bigint,
  -- Sum of the lines, minor units.
  subtotal bigint,
  -- Taken off, minor units.
  discount_amount bigint,
  -- Minor units.
  shipping_fee bigint,
  -- Minor units.
  tax_amount bigint,
  -- What customers pay, minor units.
  total_amount bigint,
  -- Average order, minor units.
  order_value numeric,
);

-- What each product sold and brought in, by day. E.g. Which ten products brought in most this month?
view analytics.revenue_by_product (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- Stock keeping unit.
  sku text,
  -- The product's name.
  product_name text,
  -- ISO 4217 code of the amounts.
  currency character(3),
  -- Orders.
  orders bigint,
  -- Units ordered.
  units bigint,
  -- Units given up again, with their order or alone.
  units_cancelled bigint,
  -- Units that came back.
  units_returned bigint,
  -- Price of all units ordered, minor units.
  gross_amount bigint,
  -- Price of the units that were neither given up nor returned.
  net_amount bigint,
);

-- Which part of the orders that reached a stage did so within its target (analytics.sla_targets; else 1 hour, 2 and 5 days). E.g. Did we confirm 99 % of orders within an hour this month?
view analytics.sla_attainment (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- confirm, ship or deliver.
  stage text,
  -- Orders that reached the stage.
  reached bigint,
  -- Of those, within the target.
  in_time bigint,
  -- in_time of reached, 0 to 1.
  attainment numeric,
);

-- Every change of state that ever happened, counted: the shop's process as it is lived. E.g. Which ways do orders take through the states, and how often is each taken?
view analytics.status_transitions (
  -- The shop.
  tenant_id uuid,
  -- order, payment, fulfillment, shipment or return.
  axis text,
  -- The state that was left; start: there was none.
  from_status text,
  -- The state that followed.
  to_status text,
  -- How often.
  changes bigint,
  -- Seconds in from_status on average.
  average_seconds double precision,
  -- Day of the last.
  last_day date,
);

-- What came in and went out, by day, item and location. E.g. How many units did counts correct last quarter?
view analytics.stock_movement (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- Stock keeping unit.
  sku text,
  -- Short name of the location.
  location_code text,
  -- Units that came in.
  received bigint,
  -- Units that went out.
  shipped bigint,
  -- Units that came back and can be sold.
  returned bigint,
  -- Units found or missed by counts.
  adjusted bigint,
  -- Units moved for other reasons: transfers, damage.
  other bigint,
  -- Change of units on hand.
  net_change bigint,
);

-- How fast stock turns over, from the last 30 days; days_of_cover says how long it lasts at that rate. E.g. Which items run out within a week, and which have not moved for months?
view analytics.stock_turns (
  -- The shop.
  tenant_id uuid,
  -- Stock keeping unit.
  sku text,
  -- The product's name.
  product_name text,
  -- Units physically there.
  on_hand bigint,
  -- Units promised to orders.
  promised bigint,
  -- Units that can be sold.
  available bigint,
  -- Units that left in the last 30 days.
  units_shipped_30d bigint,
  -- Units that left in the last 90 days.
  units_shipped_90d bigint,
  -- Units on hand on average, from the first and the last of the 30 days.
  average_on_hand numeric,
  -- How often the stock is sold in a year at this rate.
  turns_a_year numeric,
  -- Days until available units are gone; null: nothing was sold.
  days_of_cover numeric,
  -- IN_STOCK, LOW_STOCK or OUT_OF_STOCK.
  stock_status text,
);

-- How long states hold before they are left, by day of leaving. E.g. Where do orders wait longest?
view analytics.time_in_state (
  -- The shop.
  tenant_id uuid,
  -- Day in UTC.
  day date,
  -- order, payment, fulfillment, shipment or return.
  axis text,
  -- The state.
  state text,
  -- How often.
  changes bigint,
  -- Seconds in the state on average.
  average_seconds double precision,
  -- 95 of 100 changes came within, at the slowest way out.
  p95_seconds double precision,
  -- The longest.
  max_seconds double precision,
);

-- How busy workers are, by hour. E.g. Do we need more workers at noon?
view analytics.worker_utilisation (
  -- The shop.
  tenant_id uuid,
  -- Hour, begins at.
  hour timestamp with time zone,
  -- The worker.
  worker_id bigint,
  -- What it calls itself; gone: forgotten since.
  worker_name text,
  -- Jobs it runs at once.
  concurrency integer,
  -- Jobs it completed.
  jobs bigint,
  -- Seconds in jobs, all together.
  busy_seconds double precision,
  -- Busy time of the time it had, 0 to 1.
  utilisation numeric,
);

-- All jobs, as the table of this name in earlier systems showed them. To read; jobs are enqueued by queue.enqueue().
view public.order_processing_queue (
  -- The shop that the job's arguments name.
  tenant_id uuid,
  -- The job.
  id bigint,
  -- The order that its arguments name.
  order_id bigint,
  -- fulfillment, notification, payment, else the kind of the job.
  queue_type text,
  -- pending, processing, completed, failed (cancelled or given up on purpose) or dead_letter.
  status text,
  -- Lower goes first.
  priority smallint,
  -- When it is, or was, due.
  run_at timestamp with time zone,
  -- The same, by its other old name.
  next_attempt_at timestamp with time zone,
  -- Until when its worker counts as alive, while it runs.
  lease_until timestamp with time zone,
  -- Its worker, while it runs.
  locked_by text,
  -- Attempts that count.
  attempts integer,
  -- Attempts before it is a dead letter; null: never tried yet.
  max_attempts smallint,
  -- Its unique key.
  dedupe_key text,
  -- Its arguments.
  payload jsonb,
  -- The last failure in words.
  last_error text,
  -- When it was enqueued.
  created_at timestamp with time zone,
  -- When it ended.
  completed_at timestamp with time zone,
);

-- Every outside system the fleet has called: its breaker, its rate, its last error.
view public.provider_health (
  -- Code of the provider or carrier.
  provider text,
  -- Which of our accounts there.
  account text,
  -- closed (works), open (shut), half_open (one tries).
  state text,
  -- Failures in a row.
  failures integer,
  -- Since when it is not closed.
  opened_at timestamp with time zone,
  -- When it is tried again.
  probe_at timestamp with time zone,
  -- It asked for patience until then.
  paused_until timestamp with time zone,
  -- What the last failure said.
  last_error text,
  -- When that was.
  last_error_at timestamp with time zone,
  -- When its state last changed.
  changed_at timestamp with time zone,
  -- Calls a second; null: no limit of ours.
  per_second double precision,
  -- Calls at once.
  burst integer,
);

-- Jobs that had to be tried again, or failed, as the table of this name in earlier systems showed them.
view public.retry_operations (
  -- The shop that the job's arguments name.
  tenant_id uuid,
  -- The job.
  id bigint,
  -- What is tried: as order_processing_queue.queue_type.
  type text,
  -- The same.
  queue_type text,
  -- The order that its arguments name.
  order_id bigint,
  -- Its arguments.
  payload jsonb,
  -- Attempts that count.
  attempts integer,
  -- Attempts before it is a dead letter.
  max_attempts smallint,
  -- pending, processing, succeeded, failed or dead_letter.
  status text,
  -- When the next attempt is due.
  next_attempt_at timestamp with time zone,
  -- The last failure in words.
  last_error text,
  -- Its unique key.
  dedupe_key text,
  -- When it was enqueued.
  created_at timestamp with time zone,
  -- When it ended.
  completed_at timestamp with time zone,
);

-- What was put away of orders, a row for each row. Ask for one order.
view public.vw_archived_details (
  -- The shop.
  tenant_id uuid,
  -- The order.
  order_id bigint,
  -- When it was put away.
  archived_at timestamp with time zone,
  -- The table that it came from.
  table_name text,
  -- Its place among those, in order of writing.
  row_number bigint,
  -- The row: its columns but the shop and the order.
  content jsonb,
);

-- Promises beyond the stock that wait for goods, one row each, oldest first at their level.
view public.vw_backorders (
  -- The shop.
  tenant_id uuid,
  -- The order that waits.
  order_id bigint,
  -- Its number for people.
  order_number text,
  -- Its state.
  order_status text,
  -- Its line.
  order_item_id bigint,
  -- The stock item it waits for.
  sku text,
  -- Key of the stock item.
  inventory_item_id bigint,
  -- Key of the location it will leave from.
  location_id bigint,
  -- Short name of that location.
  location_code text,
  -- Units that wait.
  quantity integer,
  -- reserved: the order is not confirmed and the promise may lapse; committed.
  status text,
  -- When the promise was made.
  waiting_since timestamp with time zone,
  -- Units that others at this level get first.
  units_before bigint,
  -- Units on their way to the level.
  incoming bigint,
  -- A preorder: not filled before.
  release_at timestamp with time zone,
  -- Whether what is on its way suffices for it and everybody before it.
  is_covered_by_incoming boolean,
);

-- Whom the shop does not serve.
view public.vw_blocklist (
  -- The shop.
  tenant_id uuid,
  -- By what: phone, email, email_domain, ip or customer.
  kind text,
  -- Whom, lower case.
  value text,
  -- Why.
  reason text,
  -- Until when.
  expires_at timestamp with time zone,
  -- Who wrote it.
  created_by text,
  -- When.
  created_at timestamp with time zone,
);

-- Everything that does not add up, one row each; empty when the books balance. oversold: orders were promised more than there was. Stock that shrank below its promises by a count is none of it: the books are right, and vw_inventory_status says OVERCOMMITTED.
view public.vw_book_discrepancies (
  -- The shop.
  tenant_id uuid,
  -- ledger_on_hand, ledger_reserved, ledger_allocated, ledger_incoming, ledger_damaged, ledger_backordered (level against ledger), live_reserved, live_allocated, live_backordered (level against promises), transfer_units, returned_units (promises against ledger), oversold, history_gap, history_illegal, history_end, order_subtotal, order_promises, and those of vw_money_discrepancies.
  kind text,
  -- What it is about, in words.
  subject text,
  -- What it should be.
  expected text,
  -- What it is.
  actual text,
);

-- What carriers need and cost per country, and which is the fastest and the cheapest.
view public.vw_carrier_choice (
  -- The shop.
  tenant_id uuid,
  -- Where the parcels went.
  country text,
  -- Who carried them.
  carrier_code text,
  -- ISO 4217 code of the costs.
  currency character(3),
  -- Parcels delivered; few say little.
  parcels bigint,
  -- Half of them took no longer.
  hours_median numeric,
  -- Nine of ten took no longer.
  hours_slow numeric,
  -- Mean cost, minor units.
  cost_mean numeric,
  -- The true mean is this close, 19 times in 20; null: one parcel says nothing of it.
  cost_error numeric,
  -- The smallest median of the country.
  is_fastest boolean,
  -- The smallest mean cost of country and currency.
  is_cheapest boolean,
);

-- What customers read inside the shop.
view public.vw_customer_notifications (
  -- The shop.
  tenant_id uuid,
  -- Its key; grows with time.
  notification_id bigint,
  -- Key of whom it is for.
  customer_id bigint,
  -- What happened.
  type text,
  -- The order that it is about.
  order_id bigint,
  -- One line.
  title text,
  -- Plain text.
  body text,
  -- When it was told.
  created_at timestamp with time zone,
  -- When it was first read.
  read_at timestamp with time zone,
  -- Whether it was not read yet.
  is_unread boolean,
);

-- Customers with what they ordered.
view public.vw_customers (
  -- The shop.
  tenant_id uuid,
  -- The shop's own name for the customer.
  customer_id text,
  -- Our key of the customer.
  customer_key bigint,
  -- Their name.
  name text,
  -- Their mail address.
  email text,
  -- Their phone number.
  phone text,
  -- Their language.
  locale text,
  -- How many orders they placed.
  orders bigint,
  -- How many of them arrived.
  orders_delivered bigint,
  -- When the last one was placed.
  last_order_at timestamp with time zone,
  -- Since when they are known.
  created_at timestamp with time zone,
  -- When something of them changed last.
  updated_at timestamp with time zone,
);

-- The database itself as Prometheus gauges and counters.
view public.vw_database_gauges (
  -- Name of the metric, as in docs/metrics.md.
  metric text,
  -- Its labels, an object of strings.
  labels jsonb,
  -- Its value now.
  value double precision,
);

-- Demand of each stock item in the next 30 days, from the last 90: forecast_demand().
view public.vw_demand_forecast (
  -- The shop.
  tenant_id uuid,
  -- Key of the stock item.
  inventory_item_id bigint,
  -- SKU of the stock item.
  sku text,
  -- Days that the forecast is made from.
  history_days integer,
  -- Units asked in those days.
  units_sold bigint,
  -- Units a day.
  mean_per_day numeric,
  -- Standard deviation of a day; null: one day says nothing of it.
  deviation_per_day numeric,
  -- Units expected in 30 days.
  forecast_units numeric,
  -- Lower end of the 95 % interval.
  forecast_low numeric,
  -- Upper end of the 95 % interval.
  forecast_high numeric,
);

-- Fulfilments with what people look for them by.
view public.vw_fulfillments (
  -- The shop.
  tenant_id uuid,
  -- Its key.
  fulfillment_id bigint,
  -- Its order.
  order_id bigint,
  -- The number of its order.
  order_number text,
  -- Who ordered.
  customer_name text,
  -- Their phone number.
  customer_phone text,
  -- Who carries it out.
  provider_code text,
  -- Where its goods leave from, if that is known.
  location_code text,
  -- Its state.
  status text,
  -- Since when.
  status_since timestamp with time zone,
  -- What the provider calls it.
  provider_order_id text,
  -- How often a worker began it.
  attempts integer,
  -- How often the provider had it wait.
  failures integer,
  -- Whether it waits for goods.
  awaits_stock boolean,
  -- Why the last attempt failed, as a word.
  last_error_code text,
  -- The same as a sentence.
  last_error_message text,
  -- When it was made.
  created_at timestamp with time zone,
  -- When the provider was asked.
  submitted_at timestamp with time zone,
  -- When it left.
  shipped_at timestamp with time zone,
  -- When it arrived.
  delivered_at timestamp with time zone,
  -- When it changed last.
  updated_at timestamp with time zone,
);

-- The state of the shop and its database as Prometheus gauges.
view public.vw_gauges (
  -- Name of the metric, as in docs/metrics.md.
  metric text,
  -- Its labels, an object of strings.
  labels jsonb,
  -- Its value now.
  value double precision,
);

-- Each level beside the sums of its ledger and of its live promises; ok must be true everywhere.
view public.vw_inventory_reconciliation (
  -- The shop.
  tenant_id uuid,
  -- Key of the stock item.
  inventory_item_id bigint,
  -- SKU of the stock item.
  sku text,
  -- Key of the location.
  location_id bigint,
  -- Short name of the location.
  location_code text,
  -- The level says.
  on_hand bigint,
  -- The ledger says.
  ledger_on_hand bigint,
  -- The level says.
  reserved bigint,
  -- The ledger says.
  ledger_reserved bigint,
  -- The reserved promises add up to.
  live_reserved bigint,
  -- The level says.
  allocated bigint,
  -- The ledger says.
  ledger_allocated bigint,
  -- The committed promises add up to.
  live_allocated bigint,
  -- Whether all of them agree.
  ok boolean,
  -- The level says.
  incoming bigint,
  -- The ledger says.
  ledger_incoming bigint,
  -- The level says.
  damaged bigint,
  -- The ledger says.
  ledger_damaged bigint,
  -- The level says.
  backordered bigint,
  -- The ledger says.
  ledger_backordered bigint,
  -- The promises beyond the stock add up to.
  live_backordered bigint,
);

-- Stock per item and location: on hand, promised, available, and whether that is little.
view public.vw_inventory_status (
  -- The shop.
  tenant_id uuid,
  -- Key of the stock item.
  inventory_item_id bigint,
  -- SKU of the stock item.
  sku text,
  -- A product that is made of it.
  product_name text,
  -- Key of the location; null: stocked nowhere.
  location_id bigint,
  -- Short name of the location.
  location_code text,
  -- Units physically there.
  on_hand bigint,
  -- Units promised to unconfirmed orders.
  reserved bigint,
  -- Units promised to confirmed orders.
  allocated bigint,
  -- Units that can still be promised.
  available bigint,
  -- At or below it the item is LOW_STOCK.
  low_stock_threshold integer,
  -- UNTRACKED, OVERCOMMITTED, OUT_OF_STOCK, LOW_STOCK or IN_STOCK.
  stock_status text,
  -- When the next unconfirmed promise lapses, if none is confirmed before.
  next_expiry_at timestamp with time zone,
  -- Units on their way there.
  incoming bigint,
  -- Units there that can not be sold.
  damaged bigint,
  -- Units kept back from new promises.
  safety_stock bigint,
  -- Promised units for which goods are awaited; available is negative by them.
  backordered bigint,
  -- Units that may be promised beyond the stock; null: without limit.
  backorder_limit bigint,
  -- Units that may be promised before release_at; null: without limit.
  preorder_limit bigint,
  -- A preorder: nothing leaves before.
  release_at timestamp with time zone,
);

-- What does not add up in payments, refunds, wallets and promotions, one row each; empty when the books balance.
view public.vw_money_discrepancies (
  -- The shop.
  tenant_id uuid,
  -- payment_captured, payment_refunded (payment against its events), payment_refunds (refunds against events), payment_currency, wallet_payment (payment against entries), wallet_balance, promo_redeemed, promo_open (a closed order uses a code).
  kind text,
  -- What it is about, in words.
  subject text,
  -- What it should be.
  expected text,
  -- What it is.
  actual text,
);

-- Notices as staff watch them; addresses are shortened.
view public.vw_notices (
  -- The shop.
  tenant_id uuid,
  -- Its key.
  notice_id bigint,
  -- The order that it is about.
  order_id bigint,
  -- What happened.
  type text,
  -- How it is sent.
  channel text,
  -- To whom, shortened.
  recipient text,
  -- In which language.
  locale text,
  -- How far it is.
  status text,
  -- Why it is not sent.
  skip_reason text,
  -- Attempts made.
  attempts integer,
  -- Attempts of which nobody knows how they ended.
  unknown_attempts smallint,
  -- The channel's own code of the last failure.
  error_code text,
  -- The last failure in words.
  last_error text,
  -- When it happened.
  created_at timestamp with time zone,
  -- Not sent earlier.
  not_before timestamp with time zone,
  -- When the channel took it.
  sent_at timestamp with time zone,
  -- When it arrived.
  delivered_at timestamp with time zone,
);

-- Failures of orders.
view public.vw_order_errors (
  -- The shop.
  tenant_id uuid,
  -- Its key.
  order_error_id bigint,
  -- The order.
  order_id bigint,
  -- The fulfilment that failed, if it was one.
  fulfillment_id bigint,
  -- delivery, payment, stock, database, api or unknown.
  category text,
  -- critical, high, medium or low.
  severity text,
  -- Where it happened.
  stage text,
  -- Stable code of the cause.
  code text,
  -- The cause in words.
  message text,
  -- Facts for whoever looks into it.
  context jsonb,
  -- The ticket that somebody opened for it.
  ticket_ref text,
  -- Whether it is settled.
  is_resolved boolean,
  -- When it was settled.
  resolved_at timestamp with time zone,
  -- Who settled it.
  resolved_by text,
  -- How it was settled.
  resolution text,
  -- When it happened.
  created_at timestamp with time zone,
);

-- Each order's times from step to step. Sums over many orders: schema analytics.
view public.vw_order_performance (
  -- The shop.
  tenant_id uuid,
  -- Key of the order.
  order_id bigint,
  -- Number for people.
  order_number text,
  -- State of the order.
  order_status text,
  -- pending, processing, success or failed, derived from order and fulfilments: the one state that earlier systems kept.
  fulfillment_status text,
  -- When it was placed.
  placed_at timestamp with time zone,
  -- When it was first confirmed.
  confirmed_at timestamp with time zone,
  -- When its first goods left.
  shipped_at timestamp with time zone,
  -- When everything was delivered.
  delivered_at timestamp with time zone,
  -- From placed to confirmed.
  confirmation_ms bigint,
  -- From confirmed to first goods left.
  shipping_ms bigint,
  -- From there to delivered.
  delivery_ms bigint,
  -- From placed to delivered.
  total_processing_duration_ms bigint,
  -- How often workers began its fulfilments.
  fulfillment_attempts bigint,
  -- Errors that nobody settled yet.
  error_count integer,
);

-- Orders with their axes beside each other and the single status that earlier systems knew.
view public.vw_order_statuses (
  -- The shop.
  tenant_id uuid,
  -- Key of the order.
  order_id bigint,
  -- Number for people.
  order_number text,
  -- pending, confirmed, paid, processing, picking, packed, shipped, delivered, cancelled, payment_failed, returned, refunded or on_hold.
  status text,
  -- State on the order axis.
  order_status text,
  -- State on the payment axis.
  payment_status text,
  -- pending, processing, success or failed, of all fulfilments together; null: none yet.
  fulfillment_status text,
  -- When it was placed.
  placed_at timestamp with time zone,
  -- When it last changed.
  updated_at timestamp with time zone,
);

-- Everything that happened to orders: changes of state on every axis, and actions. Ask for one order, order by created_at, kind desc, sequence.
view public.vw_order_timeline (
  -- The shop.
  tenant_id uuid,
  -- The order.
  order_id bigint,
  -- When.
  created_at timestamp with time zone,
  -- state: order_state_history; action: order_logs.
  kind text,
  -- The axis of a state; order for actions.
  subject text,
  -- Which fulfilment, shipment or return.
  part_id bigint,
  -- from -> to, or the action.
  what text,
  -- Who.
  actor text,
  -- Why, as given.
  reason text,
  -- How long the state before held.
  held_ms bigint,
  -- What belongs to an action.
  details jsonb,
  -- Order of writing within its kind.
  sequence bigint,
);

-- Orders with what people look for them by.
view public.vw_orders (
  -- The shop.
  tenant_id uuid,
  -- Its key.
  order_id bigint,
  -- Its number.
  order_number text,
  -- Order and payment in one word.
  status text,
  -- How far it is.
  order_status text,
  -- How far its payment is.
  payment_status text,
  -- How it is paid.
  payment_method text,
  -- Of its amounts.
  currency character(3),
  -- What it costs, minor units.
  total_amount bigint,
  -- Key of its customer.
  customer_id bigint,
  -- The shop's own id of its customer.
  customer_code text,
  -- Who ordered.
  customer_name text,
  -- Where it came from.
  order_source text,
  -- Failures that are not settled.
  error_count integer,
  -- When it was placed.
  placed_at timestamp with time zone,
  -- When it changed last.
  updated_at timestamp with time zone,
);

-- Orders that are not on their way yet: who waits, how long, for what. One row per order.
view public.vw_pending_orders (
  -- The shop.
  tenant_id uuid,
  -- Key of the order.
  order_id bigint,
  -- Number for people.
  order_number text,
  -- Who ordered (personal data).
  customer_name text,
  -- State of the order.
  order_status text,
  -- State of its payment.
  payment_status text,
  -- How it is paid.
  payment_method text,
  -- What the customer pays, minor units.
  total_amount bigint,
  -- ISO 4217 code of total_amount.
  currency character(3),
  -- Number of lines.
  item_count bigint,
  -- When it was placed.
  placed_at timestamp with time zone,
  -- Whole minutes since then.
  age_minutes bigint,
  -- When it lapses unless it is confirmed.
  expires_at timestamp with time zone,
  -- Whether it lapsed and is about to be expired.
  is_overdue boolean,
  -- Why it is on hold, as given.
  hold_reason text,
  -- Errors that nobody settled yet.
  unresolved_errors integer,
  -- The open order_holds' reasons, each once.
  hold_reasons text[],
);

-- Rounds through locations, with how far they are.
view public.vw_pick_lists (
  -- The shop.
  tenant_id uuid,
  -- Its key.
  pick_list_id bigint,
  -- Where.
  location text,
  -- The part of the location; null: all of it.
  zone text,
  -- open, picking, completed or cancelled.
  status text,
  -- Who goes.
  picker text,
  -- What it fetches.
  items bigint,
  -- How much of that was looked for.
  items_looked_for bigint,
  -- When it was made.
  created_at timestamp with time zone,
  -- When everything had been looked for.
  completed_at timestamp with time zone,
);

-- Products and their variants with stock_quantity, what is on hand of each over all locations.
view public.vw_product_stock (
  -- The shop.
  tenant_id uuid,
  -- Key of the product.
  product_id bigint,
  -- The shop's own name of the product.
  product_code text,
  -- Name shown to people.
  product_name text,
  -- Key of the variant.
  variant_id bigint,
  -- SKU that orders name.
  sku text,
  -- Size of the variant; null: none.
  size text,
  -- Price of one unit in minor units.
  price bigint,
  -- ISO 4217 code of price.
  currency character(3),
  -- active or archived.
  status text,
  -- Units on hand over all locations; null: not tracked, never runs out.
  stock_quantity bigint,
  -- Units that are not promised; negative by what waits for goods.
  available_quantity bigint,
  -- At or below it the variant is low.
  low_stock_threshold integer,
  -- UNTRACKED, OUT_OF_STOCK, LOW_STOCK or IN_STOCK over all locations.
  stock_status text,
);

-- Promotions by their codes.
view public.vw_promotions (
  -- The shop.
  tenant_id uuid,
  -- What the buyer types.
  code text,
  -- What it is for, for people.
  description text,
  -- percent, fixed or free_shipping.
  kind text,
  -- How much, by its kind.
  value bigint,
  -- Of its amounts.
  currency character(3),
  -- Orders below it do not get it.
  min_subtotal bigint,
  -- It takes no more off than this.
  max_discount bigint,
  -- From when on.
  starts_at timestamp with time zone,
  -- Until when.
  ends_at timestamp with time zone,
  -- By how many orders in all.
  max_redemptions integer,
  -- By how many orders of one customer.
  max_per_customer integer,
  -- By how many orders it is used.
  redeemed integer,
  -- Whether it can be used.
  is_active boolean,
  -- When it was made.
  created_at timestamp with time zone,
  -- When it changed last.
  updated_at timestamp with time zone,
);

-- Which stock items to order again and how much: suggest_reorders() with its defaults.
view public.vw_reorder_suggestions (
  -- The shop.
  tenant_id uuid,
  -- Key of the stock item.
  inventory_item_id bigint,
  -- SKU of the stock item.
  sku text,
  -- Units that are not promised, everywhere.
  available bigint,
  -- Units on their way.
  incoming bigint,
  -- Units asked a day.
  mean_per_day numeric,
  -- Standard deviation of a day.
  deviation_per_day numeric,
  -- Days that the available units last; null: nobody asks for it.
  days_of_cover numeric,
  -- Asked until new goods come, with the reserve: at or below it the item is due.
  reorder_point numeric,
  -- Whether it is time to order.
  is_due boolean,
  -- How many to order; 0 if it is not due.
  suggested_units bigint,
);

-- Returns with the number of their order.
view public.vw_returns (
  -- The shop.
  tenant_id uuid,
  -- Its key.
  return_id bigint,
  -- Its number for people.
  rma_number text,
  -- Its order.
  order_id bigint,
  -- The number of its order.
  order_number text,
  -- Who ordered.
  customer_name text,
  -- refund or exchange.
  kind text,
  -- Its state.
  status text,
  -- Since when.
  status_since timestamp with time zone,
  -- What was given back, in minor units.
  refund_amount bigint,
  -- Of which currency.
  currency character(3),
  -- The order that replaces it.
  exchange_order_id bigint,
  -- When it was asked for.
  created_at timestamp with time zone,
  -- When the goods came.
  received_at timestamp with time zone,
  -- When it was over.
  closed_at timestamp with time zone,
  -- When it changed last.
  updated_at timestamp with time zone,
);

-- Parcels with the number of their order.
view public.vw_shipments (
  -- The shop.
  tenant_id uuid,
  -- Its key.
  shipment_id bigint,
  -- Its order.
  order_id bigint,
  -- The number of its order.
  order_number text,
  -- The fulfilment it is a parcel of.
  fulfillment_id bigint,
  -- Who carries it.
  carrier_code text,
  -- How.
  service text,
  -- What the carrier calls it.
  tracking_number text,
  -- The carrier's page about it.
  tracking_url text,
  -- Where it is.
  status text,
  -- Since when.
  status_since timestamp with time zone,
  -- When it is expected.
  estimated_delivery_at timestamp with time zone,
  -- Whether it was expected before now and has not arrived.
  is_late boolean,
  -- When it was made.
  created_at timestamp with time zone,
  -- When it left.
  shipped_at timestamp with time zone,
  -- When it arrived.
  delivered_at timestamp with time zone,
  -- When it changed last.
  updated_at timestamp with time zone,
);

-- order_state_history with what was put away of it: every change of state there ever was.
view public.vw_state_history (
  -- The shop.
  tenant_id uuid,
  -- Grows in the order of writing.
  history_id bigint,
  -- The order.
  order_id bigint,
  -- order, payment, fulfillment, shipment, return.
  axis text,
  -- On the axis fulfillment: which one.
  fulfillment_id bigint,
  -- On the axis shipment: which one.
  shipment_id bigint,
  -- On the axis return: which one.
  return_id bigint,
  -- State before; null at the beginning.
  from_status text,
  -- State after.
  to_status text,
  -- Who.
  changed_by text,
  -- Why, as given.
  reason text,
  -- How long the state before held.
  held_ms bigint,
  -- When.
  created_at timestamp with time zone,
);

-- Stock counts, with what is counted.
view public.vw_stock_counts (
  -- The shop.
  tenant_id uuid,
  -- Its key.
  stock_count_id bigint,
  -- Where is counted.
  location text,
  -- open, completed or cancelled.
  status text,
  -- Who began it.
  counted_by text,
  -- When.
  created_at timestamp with time zone,
  -- When all of it was in the books.
  completed_at timestamp with time zone,
  -- What is counted: sku, expected, counted, is_applied.
  lines jsonb,
);

-- Stock by item and place, for lists.
view public.vw_stock_levels (
  -- The shop.
  tenant_id uuid,
  -- SKU of the stock item.
  sku text,
  -- A product that is made of it.
  product_name text,
  -- Where; null: stocked nowhere.
  location_code text,
  -- Units physically there.
  on_hand bigint,
  -- Units promised to unconfirmed orders.
  reserved bigint,
  -- Units promised to confirmed orders.
  allocated bigint,
  -- Units that are not promised.
  available bigint,
  -- At or below it the item is low.
  low_stock_threshold integer,
  -- Whether that is little, in a word.
  stock_status text,
  -- When the next unconfirmed promise lapses.
  next_expiry_at timestamp with time zone,
  -- location_code, or empty: tells the rows of a SKU apart.
  place text,
);

-- Transfers of stock between locations, with what is in them.
view public.vw_stock_transfers (
  -- The shop.
  tenant_id uuid,
  -- Its key.
  transfer_id bigint,
  -- Where the goods leave.
  from_location text,
  -- Where they go.
  to_location text,
  -- draft, shipped, received or cancelled.
  status text,
  -- A word with it.
  note text,
  -- Who asked for it.
  created_by text,
  -- When.
  created_at timestamp with time zone,
  -- When the goods left.
  shipped_at timestamp with time zone,
  -- When the last of them arrived, or were given up.
  received_at timestamp with time zone,
  -- What is in it: sku, quantity, received_quantity.
  items jsonb,
);

-- Tickets with the number of the order that they last happened to.
view public.vw_tickets (
  -- The shop.
  tenant_id uuid,
  -- Its key.
  ticket_id bigint,
  -- What is the same whenever the same thing goes wrong.
  cause_key text,
  -- delivery, payment, stock, database, api or unknown.
  category text,
  -- critical, high, medium or low.
  severity text,
  -- open or resolved.
  state text,
  -- The cause in a line.
  summary text,
  -- Facts of the last time it happened.
  details jsonb,
  -- The order that it last happened to.
  order_id bigint,
  -- The number of that order.
  order_number text,
  -- How often it happened.
  occurrences integer,
  -- When it first happened.
  first_seen_at timestamp with time zone,
  -- When it last happened.
  last_seen_at timestamp with time zone,
  -- When it was resolved.
  resolved_at timestamp with time zone,
  -- Who resolved it.
  resolved_by text,
  -- How, in words.
  resolution text,
  -- Its key in the outside system.
  external_key text,
  -- Where people find it there.
  external_url text,
  -- Why the outside does not have it, in words.
  sync_error text,
  -- Whether it is settled.
  is_resolved boolean,
);

-- tracking_events with what was put away of it. Ask for a parcel by its order, too.
view public.vw_tracking_events (
  -- The shop.
  tenant_id uuid,
  -- Grows in the order of writing.
  tracking_event_id bigint,
  -- The order.
  order_id bigint,
  -- The parcel.
  shipment_id bigint,
  -- What it says, in our words.
  status text,
  -- The carrier's words.
  description text,
  -- Where.
  location text,
  -- When, by the carrier.
  occurred_at timestamp with time zone,
);

-- Every change of a wallet.
view public.vw_wallet_entries (
  -- The shop.
  tenant_id uuid,
  -- Its key; grows in the order of the entries.
  wallet_entry_id bigint,
  -- Key of whose wallet it is.
  customer_id bigint,
  -- top_up, payment, refund or correction.
  kind text,
  -- Of its amounts.
  currency character(3),
  -- Minor units; negative: taken out.
  amount bigint,
  -- The balance with it.
  balance_after bigint,
  -- The order that it paid for or is given back for.
  order_id bigint,
  -- The refund that it is.
  refund_id bigint,
  -- Why.
  reason text,
  -- Who did it.
  actor text,
  -- When.
  created_at timestamp with time zone,
);

-- Deliveries to the shop's own apps.
view public.vw_webhook_deliveries (
  -- The shop.
  tenant_id uuid,
  -- Its key.
  delivery_id bigint,
  -- Where to.
  endpoint_id bigint,
  -- The event.
  event_id bigint,
  -- The event's kind.
  kind text,
  -- The event's order.
  order_id bigint,
  -- pending, held, delivered or failed.
  status text,
  -- Attempts since it was made or replayed.
  attempts integer,
  -- HTTP status of the last answer.
  last_status smallint,
  -- When it is sent next.
  next_attempt_at timestamp with time zone,
  -- When it was made.
  created_at timestamp with time zone,
  -- When it was delivered or failed.
  ended_at timestamp with time zone,
);

-- What providers sent, without its bytes.
view public.vw_webhook_events (
  -- The shop.
  tenant_id uuid,
  -- Its key.
  webhook_event_id bigint,
  -- Who sent it.
  source text,
  -- The sender's id of it.
  event_id text,
  -- The sender's name of what happened.
  event_type text,
  -- received, processed, ignored, failed or dead.
  status text,
  -- How often it was tried.
  attempts integer,
  -- Why the last attempt failed, or why it is ignored.
  error text,
  -- How long its body is.
  body_bytes integer,
  -- When it came.
  received_at timestamp with time zone,
  -- When it had its effect, or was found to have none.
  processed_at timestamp with time zone,
);

-- Every attempt of every job, running and successful ones too.
view queue.attempts (
  -- Whose attempt.
  job_id bigint,
  -- Its number, from 1.
  attempt integer,
  -- The kind of its job.
  kind text,
  -- The queue it was taken from.
  queue text,
  -- Who ran it.
  worker_id bigint,
  -- When it was claimed.
  started_at timestamp with time zone,
  -- When it ended; null while it runs.
  finished_at timestamp with time zone,
  -- running | completed | failed | lost | snoozed | waited | released | cancelled | discarded.
  outcome text,
  -- Its error chain.
  error text,
);

-- Unfinished and dead jobs by queue, kind and state.
view queue.stats (
  -- The queue.
  queue text,
  -- The kind of the jobs.
  kind text,
  -- scheduled | ready | blocked | waiting | running | dead.
  state text,
  -- How many.
  jobs bigint,
  -- Age of the oldest: since due (ready, blocked), claimed (running), died (dead) or enqueued.
  oldest_age_seconds double precision,
);

-- The beginning of the first day of which nothing was put away into archived_orders.
function analytics.put_away_until()
  returns timestamp with time zone;

-- Refreshes one table of analytics, from a day on or as far back as is due; the job refresh_analytics calls it for each.
function analytics.refresh(p_topic text, p_since date DEFAULT NULL::date)
  returns bigint;

-- Computes analytics.call_days anew, from a day on.
function analytics.refresh_call_days(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.carrier_days anew, from a day on.
function analytics.refresh_carrier_days(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.cohort_months anew, from a day on.
function analytics.refresh_cohort_months(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.cycle_days anew, from a day on.
function analytics.refresh_cycle_days(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.error_days anew, from a day on.
function analytics.refresh_error_days(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.movement_days anew, from a day on.
function analytics.refresh_movement_days(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.notification_days anew, from a day on.
function analytics.refresh_notification_days(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.order_days anew, from a day on.
function analytics.refresh_order_days(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.payment_days anew, from a day on.
function analytics.refresh_payment_days(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.product_days anew, from a day on.
function analytics.refresh_product_days(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.promo_days anew, from a day on.
function analytics.refresh_promo_days(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.provider_days anew, from a day on.
function analytics.refresh_provider_days(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.queue_hours anew, from a day on.
function analytics.refresh_queue_hours(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.reservation_days anew, from a day on.
function analytics.refresh_reservation_days(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.state_days anew, from a day on.
function analytics.refresh_state_days(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.stock_items anew, from a day on.
function analytics.refresh_stock_items(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- Computes analytics.worker_hours anew, from a day on.
function analytics.refresh_worker_hours(p_since date DEFAULT '-infinity'::date)
  returns bigint;

-- The tables of analytics in the order to refresh them.
function analytics.topics()
  returns text[];

-- Names who acts and why until the end of the transaction or the next call; nulls take it back.
function public.act_as(p_actor text, p_reason text)
  returns void;

-- Writes the row of an attempt to pay for an order.
function public.add_payment(p_tenant uuid, p_order_id bigint, p_provider text, p_payment_ref text, p_session_ref text, p_amount bigint)
  returns bigint;

-- Moves a fulfilment forward to shipped, delivered or returned, step by legal step.
function public.advance_fulfillment(p_tenant uuid, p_fulfillment_id bigint, p_target text)
  returns void;

-- Moves an order forward to where its fulfilments are, step by legal step.
function public.advance_order(p_tenant uuid, p_order_id bigint)
  returns void;

-- Tells admins, once a day, that a channel refuses us.
function public.alert_channel(p_tenant uuid, p_provider text, p_error_code text)
  returns void;

-- Tells the shop that items became low, once per crossing.
function public.alert_low_stock(p_levels inventory_levels[])
  returns void;

-- What happened in all shops after a position, oldest first; as safe as events_after().
function public.all_events_after(p_after text, p_limit integer DEFAULT 500)
  returns TABLE(event_position text, tenant_id uuid, event_id bigint, kind text, order_id bigint, order_number text, customer_id bigint, subject_id bigint, data jsonb, occurred_at timestamp with time zone);

-- Number of API keys that still work and end within the time; for the fleet's gauges.
function public.api_keys_expiring(p_within interval)
  returns bigint;

-- Moves a notice to where what its channel said of the message puts it.
function public.apply_receipts(p_tenant uuid, p_notification_id bigint, p_provider text, p_message_id text)
  returns void;

-- Puts the details of at most so many orders away that ended so long ago; answers by table how many rows went.
function public.archive_orders(p_age interval, p_limit integer)
  returns TABLE(table_name text, row_count bigint);

-- Asks the providers that have an order to give it up; false if that is not possible.
function public.ask_to_cancel(p_tenant uuid, p_order_id bigint, p_actor text, p_reason text)
  returns boolean;

-- Begins an attempt to send a notice and answers it, or nothing when it is not to be sent.
function public.begin_notification(p_tenant uuid, p_notification_id bigint)
  returns TABLE(order_id bigint, notification_type text, channel text, recipient text, locale text, payload jsonb, created_at timestamp with time zone, unknown_since timestamp with time zone, unsubscribe_token uuid, order_url text);

-- As what an order's buyer is on the blocklist and why, or null.
function public.blocked_as(p_tenant uuid, p_order_id bigint)
  returns text;

-- Ends the fulfilments of closed orders and cancels their waiting jobs.
function public.cancel_fulfillments(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- Writes a change into the lines of its order; P0STT, P0VAL. Called by triggers alone.
function public.change_lines(p_change order_changes)
  returns void;

-- Proves the next few levels of stock; vw_gauges tells how many did not add up.
function public.check_stock_sample(p_limit integer DEFAULT 20, p_pause interval DEFAULT '00:05:00'::interval)
  returns integer;

-- The answer given before under a key, or null to whoever may answer it now; P0IDM, P0IDF.
function public.claim_idempotency_key(p_tenant uuid, p_key text, p_endpoint text, p_request_hash bytea)
  returns jsonb;

-- Claims many keys without waiting; answers those that were answered before or can not be had.
function public.claim_idempotency_keys(p_tenant uuid, p_keys text[], p_endpoint text, p_request_hashes bytea[])
  returns TABLE(place integer, response jsonb, error_code text, error_message text);

-- Takes parcels that are due to be asked for, for one caller alone.
function public.claim_polls(p_carrier_code text, p_limit integer)
  returns TABLE(tenant_id uuid, shipment_id bigint, tracking_number text);

-- A provider's token, or the right to renew it, which one caller has at a time.
function public.claim_provider_token(p_name text)
  returns TABLE(sealed bytea, lasts_ms bigint, is_mine boolean);

-- The time of this transaction, or the setting stevedore.now when a test has set it.
function public.clock_now()
  returns timestamp with time zone;

-- Commits the promises of orders; P0EXP if a line is not promised in full any more.
function public.commit_stock(p_tenant uuid, p_order_ids bigint[])
  returns integer;

-- Confirms orders that are paid, or need not be yet, and whose lines are all there.
function public.confirm_complete_orders(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- What follows when orders are confirmed; called by trg_orders_effects.
function public.confirm_orders(p_tenant uuid, p_order_ids bigint[], p_resumed_ids bigint[])
  returns void;

-- Confirms an order whose money has come, or cancels it if its stock is gone.
function public.confirm_paid_order(p_tenant uuid, p_order_id bigint)
  returns void;

-- Takes the units of fulfilments out of stock: committed promises become fulfilled.
function public.consume_stock(p_tenant uuid, p_fulfillment_ids bigint[])
  returns integer;

-- Counts the events of all shops that were not counted yet, as increments of metrics.
function public.count_events(p_limit integer DEFAULT 50000)
  returns TABLE(metric text, labels jsonb, amount double precision, seconds double precision);

-- Counts how many units of orders' lines are packed, shipped and delivered.
function public.count_units(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- Makes the fulfilments of confirmed orders: one per digital line, else per provider, location.
function public.create_fulfillments(p_tenant uuid, p_order_ids bigint[])
  returns integer;

-- Places an order in one call: idempotent, checked, reserved, all or nothing. P0VAL, P0INV, P0IDM, P0IDF.
function public.create_order(p_order jsonb, p_key text DEFAULT NULL::text, p_request_hash bytea DEFAULT NULL::bytea, p_traceparent text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(order_id bigint, order_number text, order_status text, replayed boolean, response jsonb);

-- Who is acting: as act_as() said in this transaction, else the database user.
function public.current_actor()
  returns text;

-- Why: as act_as() said in this transaction, or null.
function public.current_reason()
  returns text;

-- The tenant of the session (setting stevedore.tenant_id), or the single shop of an installation.
function public.current_tenant_id()
  returns uuid;

-- The condition under which a customer sees a row of a table; null: under none.
function public.customer_row_rule(p_table regclass, p_row text, p_depth integer DEFAULT 3)
  returns text;

-- Sets the rate that a provider's documents allow, unless somebody set one.
function public.declare_provider_rate(p_provider text, p_account text, p_calls integer, p_seconds double precision)
  returns void;

-- The threshold of new stock items: the shop's setting, else 10.
function public.default_low_stock_threshold(p_tenant uuid DEFAULT current_tenant_id())
  returns integer;

-- Deletes a notice of a customer; answers how many are unread.
function public.delete_notification(p_customer_code text, p_notification_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- What is wrong with the database, the worst first: `stevedore doctor`.
function public.doctor(p_held interval DEFAULT '00:01:00'::interval, p_pool_max integer DEFAULT NULL::integer)
  returns TABLE(finding text, severity text, subject text, evidence text, advice text);

-- Sessions: connections, held transactions, waits for locks. A part of doctor().
function public.doctor_activity(p_held interval, p_pool_max integer)
  returns TABLE(finding text, severity text, subject text, evidence text, advice text);

-- The server: settings, age of transactions, slots, checkpoints. A part of doctor().
function public.doctor_server()
  returns TABLE(finding text, severity text, subject text, evidence text, advice text);

-- Slow statements, by pg_stat_statements. A part of doctor().
function public.doctor_statements()
  returns TABLE(finding text, severity text, subject text, evidence text, advice text);

-- Tables, indexes and sequences: dead rows, unused and missing indexes, ends. Part of doctor().
function public.doctor_tables()
  returns TABLE(finding text, severity text, subject text, evidence text, advice text);

-- Parcels that are due to be asked for.
function public.due_polls(p_carrier_codes text[], p_limit integer DEFAULT 10000)
  returns TABLE(carrier_code text, due bigint);

-- All that is wrong with the lines of an edit: [{field, code, message}]; never raises.
function public.edit_problems(p_order_id bigint, p_lines jsonb, p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- Milliseconds from a time to now, 0 at least.
function public.elapsed_ms(p_since timestamp with time zone)
  returns bigint;

-- Stops reading events when no endpoint is left to read them for.
function public.end_webhook_feed()
  returns boolean;

-- Enqueues the filling of the backorders of levels that have free units.
function public.enqueue_backorder_filling(p_levels inventory_levels[])
  returns void;

-- Enqueues the jobs of open fulfilments; one unfinished job each at most.
function public.enqueue_fulfillments(p_tenant uuid, p_fulfillment_ids bigint[])
  returns integer;

-- Enqueues the purchase of a parcel's label; one unfinished job at most.
function public.enqueue_label_job(p_tenant uuid, p_order_id bigint, p_fulfillment_id bigint)
  returns void;

-- Enqueues jobs once per Idempotency-Key and answers the first answer again. P0JOB, P0IDM, P0IDF.
function public.enqueue_once(p_jobs jsonb, p_tenant uuid, p_key text, p_endpoint text, p_request_hash bytea)
  returns TABLE(replayed boolean, response jsonb);

-- Permits for calls to an outside system, or how long to wait: its breaker and its rate.
function public.enter_provider(p_provider text, p_account text, p_wanted integer)
  returns TABLE(permits integer, wait_ms bigint, per_second double precision, is_probe boolean, is_troubled boolean);

-- The cause_key of the ticket for an error of an order.
function public.error_cause(p_category text, p_stage text, p_code text)
  returns text;

-- The two parts of a position among events; internal.
function public.event_place(p_position text, OUT transaction_id xid8, OUT event_id bigint)
  returns record;

-- What happened in a shop after a position, oldest first; misses nothing whatever commits later.
function public.events_after(p_after text, p_limit integer DEFAULT 500, p_kinds text[] DEFAULT NULL::text[], p_order_id bigint DEFAULT NULL::bigint, p_customer_id bigint DEFAULT NULL::bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(event_position text, event_id bigint, kind text, order_id bigint, order_number text, customer_id bigint, subject_id bigint, data jsonb, occurred_at timestamp with time zone);

-- Key of the lock of those who wait for events; internal.
function public.events_key()
  returns bigint;

-- The position after all events that can be read now, for events_after() and all_events_after().
function public.events_position()
  returns text;

-- Locks an order and refuses if it changed since the caller read it: P0VER; P0NOF.
function public.expect_version(p_tenant uuid, p_order_id bigint, p_lock_version integer)
  returns boolean;

-- Writes order_holds for orders that are held without one.
function public.explain_holds(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- What an order's risk score is made of, rule by rule; P0NOF.
function public.explain_risk(p_order_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- Why each line of an order goes where it goes, as JSON; null: no such order.
function public.explain_route(p_order_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- Gives a notice up: suppresses its address if told so, and tells it on the next channel.
function public.fail_notification(p_tenant uuid, p_notification_id bigint, p_error text, p_error_code text DEFAULT NULL::text, p_suppress text DEFAULT NULL::text)
  returns void;

-- Tells notices that failed for good on the next channel; answers which could be.
function public.failover_notifications(p_tenant uuid, p_notification_ids bigint[])
  returns bigint[];

-- Makes deliveries of the next events of all shops, for the endpoints that want them.
function public.feed_webhooks(p_limit integer DEFAULT 500)
  returns integer;

-- The keys of an item's level at a location, made empty if there was none; P0NOF.
function public.find_level(p_tenant uuid, p_sku text, p_location_code text)
  returns TABLE(item_id bigint, location_id bigint);

-- The key of a location by its code; P0NOF.
function public.find_location(p_tenant uuid, p_code text)
  returns bigint;

-- The payment that a provider speaks of, by its own ids or the order's, or null.
function public.find_payment(p_tenant uuid, p_provider text, p_payment_ref text, p_session_ref text, p_order_id bigint)
  returns bigint;

-- Moves orders on the payment axis to where their payments are, by legal steps.
function public.follow_payments(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- Counts what came back on an order's lines; the order becomes partially or wholly returned.
function public.follow_returns(p_tenant uuid, p_order_id bigint)
  returns void;

-- Units that will be asked of each stock item in the next days, with a 95 % interval.
function public.forecast_demand(p_days integer DEFAULT 30, p_history_days integer DEFAULT 90, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(inventory_item_id bigint, sku text, history_days integer, units_sold bigint, mean_per_day numeric, deviation_per_day numeric, forecast_units numeric, forecast_low numeric, forecast_high numeric);

-- What a fulfilment delivers: [{order_item_id, sku, title, quantity, recipient_phone, attributes, unit_price, weight_g, length_mm, width_mm, height_mm, hs_code, origin_country, customs_description, customs_value}].
function public.fulfillment_lines(p_tenant uuid, p_fulfillment_id bigint)
  returns jsonb;

-- Weight, box, money and customs terms of a fulfilment as one parcel: {currency, goods, shipping, tax, discount, collect, placed_at, weight_g, length_mm, width_mm, height_mm, origin_country, incoterm}.
function public.fulfillment_parcel(p_tenant uuid, p_fulfillment_id bigint)
  returns jsonb;

-- A provider tells of its order: our job asks it now. Answers ready, running, ended or null.
function public.hurry_fulfillment(p_provider text, p_reference uuid, p_tenant uuid DEFAULT current_tenant_id())
  returns text;

-- Jobs of these fulfilments that wait for their next attempt run now; answers how many.
function public.hurry_fulfillments(p_fulfillment_ids bigint[])
  returns integer;

-- A carrier tells of parcels, and not what: those of ours are asked for now. Answers how many.
function public.hurry_polls(p_carrier_code text, p_tracking_numbers text[], p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(parcels integer, hurried integer);

-- Writes the rows of checked orders; their lines' trigger reserves the stock.
function public.insert_orders(p_orders jsonb, p_places integer[], p_traceparents text[], p_tenant uuid)
  returns bigint[];

-- Whether refunds of this provider's payments are asked for over its API, by a job.
function public.is_payment_gateway(p_provider text)
  returns boolean;

-- Writes what orders that are being placed say of their known customers.
function public.keep_customers(p_orders jsonb, p_places integer[], p_tenant uuid)
  returns void;

-- What is needed to buy the label of a packed parcel; null: nothing to buy.
function public.label_plan(p_fulfillment_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- Ends overdue promises of stock items whose levels the caller holds.
function public.lapse_reservations(p_inventory_item_ids bigint[])
  returns integer;

-- The check of inventory_levels: true, or 23514 with the rule that is broken.
function public.level_is_sound(l inventory_levels)
  returns boolean;

-- Notices as admins watch them, newest first.
function public.list_notices(p_status text DEFAULT NULL::text, p_channel text DEFAULT NULL::text, p_before bigint DEFAULT NULL::bigint, p_limit integer DEFAULT 50, p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- What a customer reads inside the shop, newest first, and how many are unread.
function public.list_notifications(p_customer_code text, p_only_unread boolean DEFAULT false, p_before bigint DEFAULT NULL::bigint, p_limit integer DEFAULT 50, p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- A page of a view that people page through, filtered and sorted; 22023.
function public.list_rows(p_view text, p_where jsonb, p_key text, p_sort text, p_descending boolean, p_after jsonb, p_limit integer, p_tenant uuid DEFAULT current_tenant_id())
  returns SETOF jsonb;

-- The text of the query for a page of a view that people page through; 22023.
function public.list_rows_query(p_view text, p_where jsonb, p_key text, p_sort text, p_descending boolean, p_after jsonb, p_limit integer, p_tenant uuid DEFAULT current_tenant_id())
  returns text;

-- Locks a fulfilment behind its order and answers its row; P0NOF.
function public.lock_fulfillment(p_tenant uuid, p_fulfillment_id bigint)
  returns fulfillments;

-- Locks a label behind its order and its fulfilment and answers its row; P0NOF.
function public.lock_label(p_tenant uuid, p_shipping_label_id bigint)
  returns shipping_labels;

-- Locks the levels of stock items in their total order (item, location).
function public.lock_levels(p_tenant uuid, p_inventory_item_ids bigint[])
  returns void;

-- Locks an order and answers its state; P0NOF.
function public.lock_order(p_tenant uuid, p_order_id bigint)
  returns text;

-- Locks all levels of an order's lines, and of further variants, in their total order.
function public.lock_order_levels(p_tenant uuid, p_order_id bigint, p_variant_ids bigint[] DEFAULT '{}'::bigint[])
  returns void;

-- Locks the levels from which orders hold stock, in their total order.
function public.lock_promised_levels(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- Locks a return behind its order and answers its row; P0NOF.
function public.lock_return(p_tenant uuid, p_return_id bigint)
  returns returns;

-- Locks a transfer and the levels it moves, in their total order; P0NOF.
function public.lock_transfer(p_tenant uuid, p_transfer_id bigint)
  returns stock_transfers;

-- Locks the wallets of orders' customers in their total order (customer, currency).
function public.lock_wallets(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- Adds a row to an order's audit trail, signed by whoever acts.
function public.log_order(p_tenant uuid, p_order_id bigint, p_action text, p_details jsonb)
  returns void;

-- Makes the partitions of archived_orders for this year and the next.
function public.make_archive_partitions()
  returns void;

-- Why an order matches a rule, in words, or null.
function public.match_fraud_rule(p_order orders, p_kind text, p_params jsonb)
  returns text;

-- Records that a channel did not take a notice; answers retry or failed.
function public.miss_notification(p_tenant uuid, p_notification_id bigint, p_provider text, p_error_code text, p_error text, p_is_unknown boolean, p_is_permanent boolean, p_is_last_attempt boolean)
  returns text;

-- Whether a kind of stock movement may move this; the check of stock_movements.
function public.movement_is_legal(p_kind text, p_on_hand bigint, p_reserved bigint, p_allocated bigint, p_incoming bigint, p_damaged bigint, p_backordered bigint, p_reason text)
  returns boolean;

-- A new signing secret of a webhook endpoint.
function public.new_webhook_secret()
  returns text;

-- What a lane of an endpoint is to send now.
function public.next_webhook(p_tenant uuid, p_endpoint_id bigint, p_lane smallint)
  returns TABLE(delivery_id bigint, event_id bigint, body text, attempts integer, url text, secret text, previous_secret text, failures integer);

-- On which channels somebody can be told what he wants to hear there, or why not.
function public.notice_channels(p_tenant uuid, p_wanted text[], p_email text, p_phone text, p_customer_id bigint, p_is_essential boolean)
  returns TABLE(channel text, recipient text, skip_reason text);

-- How a customer is told, after his own wishes and the shop's.
function public.notification_preferences_of(p_customer_code text, p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- What a channel's error code means: retry, fail, suppress:reason, alert; null: unknown.
function public.notification_verdict(p_provider text, p_error_code text)
  returns text;

-- Tells the people of the shop, each on his channel, once per event.
function public.notify_admins(p_kind text, p_payload jsonb, p_event_key text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Writes the notices of a kind for orders, on the channels their customers want; each event is told once on a channel.
function public.notify_customers(p_tenant uuid, p_type text, p_order_ids bigint[], p_events text[], p_details jsonb[])
  returns void;

-- Writes a notice of a kind for orders; each event is told once.
function public.notify_orders(p_tenant uuid, p_order_ids bigint[], p_type text, p_event text DEFAULT ''::text)
  returns void;

-- Begins an attempt to pay for an order; P0NOF, P0STT, P0VAL, P0INV.
function public.open_payment(p_order_id bigint, p_provider text, p_payment_ref text DEFAULT NULL::text, p_session_ref text DEFAULT NULL::text, p_amount bigint DEFAULT NULL::bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- Says that something went wrong that needs an owner: opens the ticket of the cause, or counts.
function public.open_ticket(p_category text, p_severity text, p_cause_key text, p_summary text, p_details jsonb DEFAULT '{}'::jsonb, p_order_id bigint DEFAULT NULL::bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- The check of orders: true, or 23514 with the rule that is broken.
function public.order_is_sound(o orders)
  returns boolean;

-- The check of order_items: true, or 23514 with the rule that is broken.
function public.order_item_is_sound(i order_items)
  returns boolean;

-- A measure of an order for rules of the kind custom: units, lines, discount_percent, …
function public.order_measure(p_tenant uuid, p_order_id bigint, p_measure text)
  returns numeric;

-- Why an order may not enter a state, in words, or null: its fulfilments.
function public.order_obstacle(p_tenant uuid, p_order_id bigint, p_to text)
  returns text;

-- All that is wrong with an order to be placed: [{field, code, message}]; never raises.
function public.order_problems(p_order jsonb, p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- Orders with their lines as JSON: the answer to placing one, and what notices show.
function public.order_summaries(p_tenant uuid, p_order_ids bigint[])
  returns TABLE(order_id bigint, summary jsonb);

-- All that is wrong with orders to be placed: (place, [{field, code, message}]); never raises.
function public.orders_problems(p_orders jsonb, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(place integer, problems jsonb);

-- Which orders ask for more than there is at this moment, each by itself.
function public.orders_short_of_stock(p_orders jsonb, p_tenant uuid)
  returns TABLE(place integer, shortages jsonb);

-- How far orders are, without personal data: for whoever holds a link.
function public.orders_tracking(p_order_ids bigint[], p_tenant uuid)
  returns jsonb;

-- Packs a parcel; one of the own warehouse is measured and labelled. P0NOF, P0STT, P0VAL.
function public.pack_parcel(p_fulfillment_id bigint, p_parcel jsonb, p_actor text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Parks labels whose job died and has the order show why there is none; answers how many.
function public.park_dead_labels(p_limit integer DEFAULT 100)
  returns integer;

-- Pays new orders from their customers' wallets, all or nothing; P0WAL.
function public.pay_from_wallet(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- The payment that an event is about, its order locked; made when the order is named. P0NOF.
function public.payment_of_event(p_tenant uuid, p_provider text, p_payment_ref text, p_session_ref text, p_order_id bigint, p_amount bigint, p_type text)
  returns payments;

-- The shortest legal way from one state to another on the payment axis, or null.
function public.payment_path(p_from text, p_to text)
  returns text[];

-- A round with what it fetches, as JSON; null if there is none.
function public.pick_list(p_pick_batch_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- What parcels need from the shelves that nobody fetches yet, and where it lies.
function public.pick_needs(p_tenant uuid, p_fulfillment_ids bigint[], p_zone text)
  returns TABLE(order_id bigint, fulfillment_id bigint, fulfillment_item_id bigint, sku text, title text, zone text, bin text, quantity integer);

-- Places many orders of a shop at once, each by itself; refusals are rows, not errors.
function public.place_orders(p_orders jsonb, p_keys text[], p_request_hashes bytea[], p_traceparents text[], p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(place integer, replayed boolean, response jsonb, error_code text, error_message text, error_detail text);

-- How long until a parcel is asked for again: by its state, its silence, the carrier's estimate.
function public.poll_interval(p_status text, p_quiet interval, p_until_estimate interval)
  returns interval;

-- Tops up or corrects a wallet, once per key; P0NOF, P0WAL, P0VAL, P0IDM.
function public.post_wallet_entry(p_customer_code text, p_kind text, p_currency text, p_amount bigint, p_reason text, p_key text, p_actor text, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(wallet_entry_id bigint, balance bigint, replayed boolean);

-- The carrier could not be asked about these parcels; they are due again later.
function public.postpone_polls(p_polls jsonb, p_wait_seconds double precision)
  returns void;

-- When a parcel that leaves now will be there, from carrier history: median and 80 % interval.
function public.predict_delivery(p_carrier_code text, p_country text DEFAULT NULL::text, p_least integer DEFAULT 10, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(basis text, parcels bigint, hours_expected numeric, hours_low numeric, hours_high numeric, expected_at timestamp with time zone);

-- Has jobs that wait for their next attempt tried now; answers how many.
function public.process_pending_retries(p_limit integer DEFAULT 1000, p_tenant uuid DEFAULT current_tenant_id())
  returns integer;

-- Whom the use of a promotion counts for, or null when nothing is known.
function public.promo_customer_key(p_customer_id bigint, p_email text, p_phone text)
  returns text;

-- What a code takes off an order, or the reason why it does not.
function public.promo_offer(p_code text, p_currency text, p_subtotal bigint, p_shipping_fee bigint, p_customer_key text, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(promotion_id bigint, discount_amount bigint, problem text, message text);

-- When quiet hours that hold at a moment end; null when none do.
function public.quiet_until(p_at timestamp with time zone, p_time_zone text, p_quiet_from time without time zone, p_quiet_until time without time zone)
  returns timestamp with time zone;

-- Marks notices of a customer as read; answers how many are unread.
function public.read_notifications(p_customer_code text, p_notification_ids bigint[] DEFAULT NULL::bigint[], p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- Stores one event of a provider together with its ingest_webhook job; answers its row.
function public.receive_webhook(p_source text, p_event_id text, p_event_type text, p_headers jsonb, p_body bytea, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(webhook_event_id bigint, is_new boolean);

-- Stores events of providers together with their ingest_webhook jobs, each event once.
function public.receive_webhooks(p_sources text[], p_event_ids text[], p_event_types text[], p_headers text[], p_bodies bytea[], p_trace_contexts text[], p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE("position" integer, webhook_event_id bigint, is_new boolean);

-- How many orders were seen with an address in the last minutes.
function public.recent_orders(p_tenant uuid, p_kind text, p_value text, p_minutes integer)
  returns bigint;

-- Keeps what a channel says about a message and moves its notice; answers whether it is ours.
function public.record_notification_status(p_provider text, p_message_id text, p_status text, p_error_code text, p_occurred_at timestamp with time zone)
  returns boolean;

-- Records what a provider says of a payment, each fact once, in any order. P0NOF, P0VAL.
function public.record_payment_event(p_provider text, p_event_id text, p_type text, p_occurred_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_order_id bigint DEFAULT NULL::bigint, p_payment_ref text DEFAULT NULL::text, p_session_ref text DEFAULT NULL::text, p_amount bigint DEFAULT NULL::bigint, p_currency text DEFAULT NULL::text, p_reference text DEFAULT NULL::text, p_refund_id bigint DEFAULT NULL::bigint, p_details jsonb DEFAULT '{}'::jsonb, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(payment_id bigint, outcome text);

-- What a look at parcels came to: events, estimates, losses, delays, and the next look.
function public.record_polls(p_polls jsonb, p_events jsonb)
  returns integer;

-- Records what carriers pushed; answers how many parcels are ours, how much of it was news.
function public.record_pushes(p_pushes jsonb, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(parcels integer, news integer);

-- Records what a carrier said about a parcel; false if it was known. P0NOF.
function public.record_tracking_event(p_shipment_id bigint, p_status text, p_occurred_at timestamp with time zone, p_description text DEFAULT ''::text, p_location text DEFAULT NULL::text, p_carrier_event_id text DEFAULT NULL::text, p_source text DEFAULT 'carrier'::text, p_raw jsonb DEFAULT NULL::jsonb, p_tenant uuid DEFAULT current_tenant_id())
  returns boolean;

-- Records what a carrier said about many parcels; answers how much of it was news.
function public.record_tracking_events(p_events jsonb, p_source text DEFAULT 'carrier'::text)
  returns integer;

-- What came of sending a delivery; answers whether its endpoint was disabled for it.
function public.record_webhook_attempt(p_delivery_id bigint, p_outcome text, p_status smallint, p_response text, p_error text, p_duration_ms integer, p_retry_in interval, p_pause interval, p_disable_after interval, p_tenant uuid DEFAULT current_tenant_id())
  returns boolean;

-- Uses the promotion codes of orders that are placed, each once; P0PRM.
function public.redeem_promos(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- Asks for what was paid for closed orders to be given back; twice is once.
function public.refund_closed_orders(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- How much of each payment of an order can still be given back; locks the payments.
function public.refundable_payments(p_tenant uuid, p_order_id bigint)
  returns TABLE(payment_id bigint, provider text, currency character, refundable bigint);

-- Raises P0VAL with DETAIL [{field, code, message}].
function public.refuse_field(p_field text, p_code text, p_message text)
  returns void;

-- Raises P0PRM with DETAIL [{field, code, message}].
function public.refuse_promo(p_field text, p_code text, p_message text)
  returns void;

-- Raises that a row breaks a rule of its table (23514); internal to the *_is_sound functions.
function public.refuse_row(p_table regclass, p_rule text)
  returns void;

-- Raises P0STT with DETAIL {axis, from, to}.
function public.refuse_transition(p_axis text, p_from text, p_to text, p_message text DEFAULT NULL::text)
  returns void;

-- Raises P0WAL with DETAIL {currency, requested, available}.
function public.refuse_wallet(p_currency text, p_requested bigint, p_available bigint)
  returns void;

-- Ends all holds of orders that go on or are over.
function public.release_holds(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- Gives back the stock of units of a line that no live fulfilment is going to take.
function public.release_open_units(p_tenant uuid, p_order_item_id bigint, p_quantity integer, p_reason text)
  returns void;

-- Gives back the stock that orders hold, with a reason; twice is once.
function public.release_stock(p_tenant uuid, p_order_ids bigint[], p_status text, p_reason text)
  returns integer;

-- Gives back the stock of some units of a line; answers how much was held. P0NOF, P0VAL.
function public.release_units(p_tenant uuid, p_order_item_id bigint, p_quantity integer, p_reason text, p_reservation_id bigint DEFAULT NULL::bigint)
  returns integer;

-- Renews the promises of orders that wait again, and promises what they lost; P0INV.
function public.renew_stock(p_tenant uuid, p_order_ids bigint[])
  returns integer;

-- Makes failed and parked fulfilments of resumed orders wait again; each open one has a job.
function public.reopen_fulfillments(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- Lets an event be processed again; answers its job. P0NOF.
function public.replay_webhook(p_webhook_event_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- How a call to an outside system ended: opens and closes its breaker for the whole fleet.
function public.report_provider(p_provider text, p_account text, p_worked boolean, p_is_probe boolean, p_pause_ms bigint DEFAULT NULL::bigint, p_error text DEFAULT NULL::text)
  returns TABLE(state text, has_opened boolean);

-- Asks for money to be given back, once per key; null amount: all that is left. P0NOF, P0VAL, P0IDM.
function public.request_refund(p_order_id bigint, p_amount bigint, p_reason text, p_key text, p_actor text, p_return_id bigint DEFAULT NULL::bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- How long a pending order holds its stock: the shop's setting, else 15 minutes.
function public.reservation_ttl(p_tenant uuid)
  returns interval;

-- Promises stock to the lines of orders, all or nothing; P0INV with what is short.
function public.reserve_stock(p_tenant uuid, p_order_ids bigint[])
  returns integer;

-- The cause is gone: resolves its open ticket, if there is one.
function public.resolve_ticket(p_cause_key text, p_resolved_by text DEFAULT 'system'::text, p_resolution text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- Units of an order line came back, restocked or damaged; P0NOF, P0VAL.
function public.restock(p_tenant uuid, p_order_item_id bigint, p_location_id bigint, p_quantity integer, p_disposition text, p_return_id bigint DEFAULT NULL::bigint)
  returns integer;

-- Gives back what an order holds, PAYMENT_FAILED or ORDER_CANCELLED; twice is once.
function public.restore_stock(p_order_id bigint, p_reason text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- Sums an order up again; answers its new total. Called by triggers alone.
function public.retotal_order(p_tenant uuid, p_order_id bigint)
  returns bigint;

-- Sends a notice that failed once more; answers its status.
function public.retry_notice(p_notification_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- Gives back what closed orders used of promotions; twice is once.
function public.return_promos(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- What the received units of a return were worth, with their share of discount and tax.
function public.return_value(p_tenant uuid, p_return_id bigint)
  returns bigint;

-- From which risk score on an order waits for a person; 70 unless the shop says otherwise.
function public.risk_hold_score(p_tenant uuid)
  returns integer;

-- Who could fulfil the lines of orders, in the order in which they are tried.
function public.route_candidates(p_tenant uuid, p_order_ids bigint[], p_all boolean DEFAULT false)
  returns TABLE(order_id bigint, order_item_id bigint, place integer, routing_rule_id bigint, provider_code text, service text, account text, is_open boolean);

-- Who is asked for lines of orders, where routing rules decide.
function public.route_lines(p_tenant uuid, p_order_ids bigint[])
  returns TABLE(order_item_id bigint, provider_code text, service text, account text);

-- The policies of row security that a table is to have.
function public.row_rules(p_table regclass)
  returns TABLE(name text, remark text, body text);

-- Scores orders before they are confirmed and holds the risky; answers those that may go on.
function public.screen_orders(p_tenant uuid, p_order_ids bigint[])
  returns bigint[];

-- Records that a channel took a notice, and what it has said of it already.
function public.sent_notification(p_tenant uuid, p_notification_id bigint, p_provider text, p_message_id text)
  returns boolean;

-- The customer of the session (setting stevedore.customer_id); null, which no row is of, when unset.
function public.session_customer_id()
  returns bigint;

-- The shop of the session (setting stevedore.tenant_id); null, which no row has, when unset.
function public.session_tenant_id()
  returns uuid;

-- How a customer wants to be told. P0VAL.
function public.set_notification_preferences(p_customer_code text, p_wishes jsonb, p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- Sums, stock, fulfilments and refunds after an order's lines changed.
function public.settle_change(p_tenant uuid, p_order_id bigint, p_key text)
  returns void;

-- Ends a refund, done or failed, once; answers its status. P0NOF, P0VAL.
function public.settle_refund(p_refund_id bigint, p_provider_refund_id text DEFAULT NULL::text, p_failure text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns text;

-- The share of an amount that a part bears, so that the shares of all parts add up to it.
function public.share_of(p_amount bigint, p_before numeric, p_part numeric, p_whole bigint)
  returns bigint;

-- How far a parcel in a state has come; null for exception and cancelled.
function public.shipment_rank(p_status text)
  returns smallint;

-- Remembers with which addresses orders were seen, for the velocity rules.
function public.sight_orders(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- How order_sightings keep an address: as a hash that is another one in every shop.
function public.sighting_hash(p_tenant uuid, p_value text)
  returns bytea;

-- The one status of an order that earlier systems knew, out of order and payment status.
function public.single_status(p_order_status text, p_payment_status text)
  returns text;

-- The provider took a fulfilment and works on it; twice is once. P0NOF, P0STT.
function public.sp_accept_fulfillment(p_fulfillment_id bigint, p_provider_order_id text, p_actor text DEFAULT 'worker'::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Holds an order for one more reason; the same again is the same hold. P0NOF, P0STT.
function public.sp_add_hold(p_order_id bigint, p_reason text, p_notes text, p_actor text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- Corrects what is on hand to what was counted, compare-and-set; P0NOF, P0VAL.
function public.sp_adjust_stock(p_sku text, p_location_code text, p_expected bigint, p_counted bigint, p_reason text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- An attempt at a refund ended without ending it; false: another attempt began meanwhile.
function public.sp_await_refund(p_refund_id bigint, p_attempt integer, p_provider_refund_id text, p_message text, p_lookup_first boolean, p_tenant uuid DEFAULT current_tenant_id())
  returns boolean;

-- What a provider is to give up; no row: nobody wants that any more. P0NOF.
function public.sp_begin_cancellation(p_fulfillment_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(order_id bigint, order_number text, provider_code text, reference uuid, provider_order_id text, attempt integer, resumed boolean, last_submitted_at timestamp with time zone, customer_name text, customer_email text, customer_phone text, shipping_address jsonb, lines jsonb, failures integer, look_only boolean);

-- Marks a fulfilment as being sent and answers what to send; no row: nothing to do any more.
function public.sp_begin_fulfillment(p_fulfillment_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(order_id bigint, order_number text, provider_code text, reference uuid, provider_order_id text, attempt integer, resumed boolean, last_submitted_at timestamp with time zone, customer_name text, customer_email text, customer_phone text, shipping_address jsonb, lines jsonb, failures integer, look_only boolean);

-- Marks a label as being bought and answers its reference; no row: nothing to buy any more.
function public.sp_begin_label(p_fulfillment_id bigint, p_carrier_code text, p_service text, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(shipping_label_id bigint, reference uuid, carrier_code text, service text, attempt integer, last_submitted_at timestamp with time zone);

-- Marks a refund as being asked for and answers what to ask; no row: nothing to do any more.
function public.sp_begin_refund(p_refund_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(order_id bigint, order_number text, provider_code text, provider_payment_id text, provider_refund_id text, reference uuid, currency text, amount bigint, attempt integer, failures integer, resumed boolean, last_submitted_at timestamp with time zone);

-- Asks for a shipment's label to be given back; twice is once. P0NOF, P0STT.
function public.sp_begin_void(p_shipment_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Cancels an order, or asks the providers that have it to give it up; twice is once. P0NOF, P0STT.
function public.sp_cancel_order(p_order_id bigint, p_actor text, p_reason text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Gives up a round; its parcels wait for another. Twice is once. P0NOF, P0STT.
function public.sp_cancel_pick_batch(p_pick_batch_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Gives up a transfer that has not left; twice is once. P0NOF, P0STT.
function public.sp_cancel_transfer(p_transfer_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Changes an endpoint; what is null stays as it is. P0NOF.
function public.sp_change_webhook_endpoint(p_endpoint_id bigint, p_url text DEFAULT NULL::text, p_description text DEFAULT NULL::text, p_kinds text[] DEFAULT NULL::text[], p_ordering text DEFAULT NULL::text, p_lanes smallint DEFAULT NULL::smallint, p_state text DEFAULT NULL::text, p_reason text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Commits the reservations of an order; twice is once. P0NOF, P0EXP, P0STT.
function public.sp_commit_order_inventory(p_order_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns integer;

-- Takes a count into the books where they did not change; answers what to count again.
function public.sp_complete_count(p_stock_count_id bigint, p_reason text, p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- Confirms a pending or held order and starts its fulfilment; P0NOF, P0STT, P0EXP.
function public.sp_confirm_order(p_order_id bigint, p_actor text, p_notes text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Records what was found of a pick list item; answers the state of the round.
function public.sp_confirm_pick(p_pick_list_item_id bigint, p_picked integer, p_short_reason text DEFAULT NULL::text, p_actor text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns text;

-- A round that fetches the goods of waiting parcels; null if there are none. P0NOF, P0VAL.
function public.sp_create_pick_batch(p_location_code text, p_zone text DEFAULT NULL::text, p_picker text DEFAULT NULL::text, p_limit integer DEFAULT 20, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- Makes a parcel of a fulfilment; the same number again is the same parcel. P0NOF, P0STT, P0VAL.
function public.sp_create_shipment(p_fulfillment_id bigint, p_carrier_code text, p_tracking_number text DEFAULT NULL::text, p_tracking_url text DEFAULT NULL::text, p_service text DEFAULT NULL::text, p_estimated_delivery_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_actor text DEFAULT 'worker'::text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- Asks for units to go from one location to another; answers the key. P0NOF, P0VAL.
function public.sp_create_transfer(p_from_code text, p_to_code text, p_lines jsonb, p_note text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- A fulfilment is delivered: units leave, the order follows; twice is once. P0NOF, P0STT.
function public.sp_deliver_fulfillment(p_fulfillment_id bigint, p_provider_order_id text DEFAULT NULL::text, p_actor text DEFAULT 'worker'::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Edits the lines and address of an order before its goods went; P0NOF, P0STT, P0INV, P0VAL.
function public.sp_edit_order(p_order_id bigint, p_lines jsonb, p_address jsonb, p_actor text, p_reason text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns jsonb;

-- Sends other goods for a return as a new, linked order; P0NOF, P0STT, P0INV, P0VAL.
function public.sp_exchange_return(p_return_id bigint, p_lines jsonb, p_actor text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- Expires orders that were not confirmed in time and lapses overdue promises; answers how many.
function public.sp_expire_reservations(p_limit integer DEFAULT 500)
  returns integer;

-- Gives up notices whose job died before it sent them; answers how many.
function public.sp_fail_dead_notifications(p_limit integer DEFAULT 100)
  returns integer;

-- A fulfilment failed for good: the order is held, the error recorded, the customer told.
function public.sp_fail_fulfillment(p_fulfillment_id bigint, p_code text, p_message text, p_category text DEFAULT 'delivery'::text, p_severity text DEFAULT 'high'::text, p_actor text DEFAULT 'worker'::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Records that a label was refused (failed), or that nobody knows (parked). P0NOF.
function public.sp_fail_label(p_shipping_label_id bigint, p_status text, p_code text, p_message text, p_is_last boolean DEFAULT true, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Asks the next provider in place of one that can't be reached and has nothing of it.
function public.sp_fail_over_fulfillment(p_fulfillment_id bigint, p_unsent boolean DEFAULT false, p_actor text DEFAULT 'worker'::text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- A refund is given up: failed, or pending until a person has looked; the error is recorded. P0NOF.
function public.sp_fail_refund(p_refund_id bigint, p_provider_refund_id text, p_code text, p_message text, p_severity text, p_is_final boolean, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Gives free units to promises beyond the stock, oldest first; answers how many units.
function public.sp_fill_backorders(p_inventory_item_id bigint DEFAULT NULL::bigint, p_location_id bigint DEFAULT NULL::bigint, p_limit integer DEFAULT 500, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- A provider gave a fulfilment up, or refuses to: the order follows. Twice is once. P0NOF.
function public.sp_finish_cancellation(p_fulfillment_id bigint, p_code text DEFAULT NULL::text, p_message text DEFAULT NULL::text, p_actor text DEFAULT 'worker'::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Keeps a label that was bought and makes its shipment; twice is once. P0NOF, P0STT, P0VAL.
function public.sp_finish_label(p_shipping_label_id bigint, p_tracking_number text, p_carrier_shipment_id text, p_format text, p_content bytea, p_price bigint DEFAULT NULL::bigint, p_currency text DEFAULT NULL::text, p_tracking_url text DEFAULT NULL::text, p_actor text DEFAULT 'worker'::text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- The carrier took a label back, or (error) did not. P0NOF.
function public.sp_finish_void(p_shipping_label_id bigint, p_error_code text DEFAULT NULL::text, p_error_message text DEFAULT NULL::text, p_actor text DEFAULT 'worker'::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Forgets old notices inside the shop and old receipts; answers how many at most of one.
function public.sp_forget_notifications(p_age_seconds double precision, p_limit integer)
  returns integer;

-- Stops an order until sp_resume_order(); twice is once. P0NOF, P0STT.
function public.sp_hold_order(p_order_id bigint, p_actor text, p_reason text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Units of a received return go to the shelf or are written off; P0NOF, P0STT, P0VAL.
function public.sp_inspect_return(p_return_id bigint, p_items jsonb, p_location_code text, p_actor text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Approves, rejects, cancels or moves a return; twice is once. P0NOF, P0STT.
function public.sp_move_return(p_return_id bigint, p_status text, p_actor text, p_notes text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- A parcel is packed when everything in it was found; twice is once. P0NOF, P0STT.
function public.sp_pack_fulfillment(p_fulfillment_id bigint, p_actor text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Packs and measures a parcel of the own warehouse and asks for its label. P0NOF, P0STT, P0VAL.
function public.sp_pack_parcel(p_fulfillment_id bigint, p_weight_g integer DEFAULT NULL::integer, p_length_mm integer DEFAULT NULL::integer, p_width_mm integer DEFAULT NULL::integer, p_height_mm integer DEFAULT NULL::integer, p_carrier_code text DEFAULT NULL::text, p_service text DEFAULT NULL::text, p_prefer text DEFAULT NULL::text, p_actor text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Holds the orders of fulfilments whose job died before it ended them; answers how many.
function public.sp_park_dead_fulfillments(p_limit integer DEFAULT 100)
  returns integer;

-- A fulfilment's outcome can't be learnt: the order is held for a person. P0NOF, P0STT.
function public.sp_park_fulfillment(p_fulfillment_id bigint, p_code text, p_message text, p_actor text DEFAULT 'worker'::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Nothing was sent, since the provider may not be called now: the fulfilment waits again.
function public.sp_postpone_fulfillment(p_fulfillment_id bigint, p_actor text DEFAULT 'worker'::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Units of a return came, or all that is open (null); P0NOF, P0STT, P0VAL.
function public.sp_receive_return(p_return_id bigint, p_items jsonb, p_actor text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Receives units of an item at a location; answers what is on hand then. P0NOF, P0VAL.
function public.sp_receive_stock(p_sku text, p_location_code text, p_quantity bigint, p_reason text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- Units of a transfer arrive; answers its state. P0NOF, P0VAL, P0STT.
function public.sp_receive_transfer(p_transfer_id bigint, p_lines jsonb DEFAULT NULL::jsonb, p_is_last boolean DEFAULT false, p_tenant uuid DEFAULT current_tenant_id())
  returns text;

-- Records how many units of an item were found; P0NOF, P0VAL, P0STT.
function public.sp_record_count(p_stock_count_id bigint, p_sku text, p_counted bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Puts a failure of an order on record; answers its id. P0NOF.
function public.sp_record_error(p_order_id bigint, p_category text, p_severity text, p_stage text, p_code text, p_message text, p_context jsonb DEFAULT '{}'::jsonb, p_stack text DEFAULT NULL::text, p_ticket_ref text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- A provider named parcels of a fulfilment: it is accepted, each parcel a shipment, once. P0NOF, P0STT.
function public.sp_record_shipments(p_fulfillment_id bigint, p_provider_order_id text, p_shipments jsonb, p_is_all boolean, p_actor text DEFAULT 'worker'::text, p_tenant uuid DEFAULT current_tenant_id())
  returns integer;

-- Gives back what a return is worth, at most what was paid; twice is once. P0NOF, P0STT, P0VAL.
function public.sp_refund_return(p_return_id bigint, p_amount bigint, p_actor text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- Releases one hold; true if the order goes on. Twice is once. P0NOF.
function public.sp_release_hold(p_order_id bigint, p_order_hold_id bigint, p_actor text, p_notes text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns boolean;

-- A person says that a parked label was not bought; another one may be. P0NOF.
function public.sp_release_label(p_fulfillment_id bigint, p_actor text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Gives back the stock of an unconfirmed order, with a reason; twice is once. P0NOF, P0STT.
function public.sp_release_order_inventory(p_order_id bigint, p_reason text, p_tenant uuid DEFAULT current_tenant_id())
  returns integer;

-- Sends deliveries of an endpoint again; answers how many. P0NOF, P0STT.
function public.sp_replay_webhooks(p_endpoint_id bigint, p_delivery_id bigint DEFAULT NULL::bigint, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_until timestamp with time zone DEFAULT NULL::timestamp with time zone, p_statuses text[] DEFAULT '{failed,held}'::text[], p_tenant uuid DEFAULT current_tenant_id())
  returns integer;

-- Asks for units of an order to be taken back; the same key is the same return. P0NOF, P0STT, P0VAL.
function public.sp_request_return(p_order_id bigint, p_items jsonb, p_kind text, p_notes text, p_actor text, p_key text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- Reserves what a pending order does not hold, all or nothing; P0NOF, P0INV, P0STT.
function public.sp_reserve_order_inventory(p_order_id bigint, p_ttl interval DEFAULT NULL::interval, p_tenant uuid DEFAULT current_tenant_id())
  returns integer;

-- Settles an error of an order; twice is once. P0NOF.
function public.sp_resolve_error(p_order_error_id bigint, p_actor text, p_resolution text DEFAULT NULL::text, p_ticket_ref text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- Somebody settled what a ticket is about; twice is once. P0NOF.
function public.sp_resolve_ticket(p_ticket_id bigint, p_actor text, p_resolution text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Lets a held order go on, with new jobs for what failed; P0NOF, P0STT.
function public.sp_resume_order(p_order_id bigint, p_actor text, p_notes text DEFAULT NULL::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- An attempt failed and another follows: the fulfilment waits, or stays submitted. P0NOF, P0STT.
function public.sp_retry_fulfillment(p_fulfillment_id bigint, p_code text, p_message text, p_lookup_first boolean DEFAULT false, p_actor text DEFAULT 'worker'::text, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Has a refund asked for again whose outcome nobody knew; false: it is over. P0NOF.
function public.sp_retry_refund(p_refund_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns boolean;

-- Gives an endpoint a new secret; the old one signs, too, for a while. P0NOF.
function public.sp_rotate_webhook_secret(p_endpoint_id bigint, p_overlap interval DEFAULT '24:00:00'::interval, p_tenant uuid DEFAULT current_tenant_id())
  returns text;

-- Has fulfilments of an order carried out now: trigger, retry or verify. P0NOF, P0STT.
function public.sp_run_fulfillments(p_order_id bigint, p_action text, p_actor text, p_fulfillment_id bigint DEFAULT NULL::bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns integer;

-- Sets backorder, preorder and safety stock of an item at a location or all; P0NOF, P0VAL.
function public.sp_set_stock_policy(p_sku text, p_location_code text, p_policy jsonb, p_tenant uuid DEFAULT current_tenant_id())
  returns integer;

-- The units of a transfer leave; twice is once. P0NOF, P0STT, P0INV.
function public.sp_ship_transfer(p_transfer_id bigint, p_tenant uuid DEFAULT current_tenant_id())
  returns void;

-- Moves units of a fulfilment to a new one that goes by itself; P0NOF, P0STT, P0VAL.
function public.sp_split_fulfillment(p_fulfillment_id bigint, p_items jsonb, p_actor text, p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- Begins a stock count at a location; answers its key. P0NOF.
function public.sp_start_count(p_location_code text, p_skus text[] DEFAULT NULL::text[], p_tenant uuid DEFAULT current_tenant_id())
  returns bigint;

-- Writes the digests of admins that are due; answers how many.
function public.sp_write_digests(p_limit integer DEFAULT 100)
  returns integer;

-- Splits units off promises, so that they can go another way; answers the new promises.
function public.split_reservations(p_tenant uuid, p_reservation_ids bigint[], p_quantities integer[])
  returns TABLE(split_from bigint, reservation_id bigint);

-- Reads [{sku, quantity}] as stock items and units; P0VAL with all that is wrong.
function public.stock_lines(p_tenant uuid, p_lines jsonb, p_least integer DEFAULT 1)
  returns TABLE(item_id bigint, quantity integer);

-- Which stock items to order again and how much, from demand and delivery time.
function public.suggest_reorders(p_lead_days integer DEFAULT 14, p_cover_days integer DEFAULT 30, p_service_factor numeric DEFAULT 1.645, p_tenant uuid DEFAULT current_tenant_id())
  returns TABLE(inventory_item_id bigint, sku text, available bigint, incoming bigint, mean_per_day numeric, deviation_per_day numeric, days_of_cover numeric, reorder_point numeric, is_due boolean, suggested_units bigint);

-- Sets payments to what their events add up to; the order of events does not matter.
function public.sum_payments(p_tenant uuid, p_payment_ids bigint[])
  returns void;

-- Tells everybody who waits for these goods that they are there.
function public.tell_back_in_stock(p_levels inventory_levels[])
  returns void;

-- Tells customers that the payment of their orders failed.
function public.tell_failed_payments(p_tenant uuid, p_order_ids bigint[])
  returns void;

-- The dedupe keys of what a contact is told of an open ticket.
function public.ticket_alert_keys(p_ticket_id bigint, p_contact_id bigint)
  returns text[];

-- Writes the events of customers' inboxes to shop_events.
function public.trg_customer_notifications_events()
  returns trigger;

-- Keeps what begun fulfilments deliver (42501), and units within their lines (23514).
function public.trg_fulfillment_items_guard()
  returns trigger;

-- Enqueues the jobs of new fulfilments.
function public.trg_fulfillments_enqueue()
  returns trigger;

-- Refuses illegal states of a fulfilment (P0STT) and changes of its fixed columns (42501).
function public.trg_fulfillments_guard()
  returns trigger;

-- Writes order_state_history for fulfilments.
function public.trg_fulfillments_history()
  returns trigger;

-- Stock leaves and the order advances when fulfilments change their state.
function public.trg_fulfillments_progress()
  returns trigger;

-- Counts failed attempts in order_metrics.
function public.trg_fulfillments_retries()
  returns trigger;

-- Copies a changed low-stock threshold to the levels of its item.
function public.trg_inventory_items_threshold()
  returns trigger;

-- Refuses writers other than the ledger (42501) and promises beyond the stock and the policy (P0INV).
function public.trg_inventory_levels_guard()
  returns trigger;

-- A promise begins reserved (P0STT), or split off one of the same (42501).
function public.trg_inventory_reservations_guard()
  returns trigger;

-- Writes changes of promises to the ledger and refuses illegal ones (P0STT, 42501).
function public.trg_inventory_reservations_ledger()
  returns trigger;

-- Enqueues the jobs of new notices.
function public.trg_notification_queue_enqueue()
  returns trigger;

-- Applies changes of placed orders' lines: stock, sums, fulfilments, refunds. P0STT, P0VAL.
function public.trg_order_changes_apply()
  returns trigger;

-- Keeps orders.error_count.
function public.trg_order_errors_count()
  returns trigger;

-- Keeps what an error says (42501).
function public.trg_order_errors_guard()
  returns trigger;

-- Tells admins of errors that need a person.
function public.trg_order_errors_notify()
  returns trigger;

-- Opens the tickets of errors, and resolves them with the last error of their cause.
function public.trg_order_errors_ticket()
  returns trigger;

-- A new hold stops its order; the release of the last lets it go on.
function public.trg_order_holds_apply()
  returns trigger;

-- A hold only changes by its release (42501).
function public.trg_order_holds_guard()
  returns trigger;

-- Keeps the lines of placed orders and what they are of (42501).
function public.trg_order_items_fixed()
  returns trigger;

-- Refuses changes of the lines of placed orders (P0STT, 42501), and sums and currencies that do not fit (23514).
function public.trg_order_items_guard()
  returns trigger;

-- Reserves the stock of new lines; P0INV.
function public.trg_order_items_reserve()
  returns trigger;

-- Writes the events of orders, payments, fulfilments, shipments and returns to shop_events.
function public.trg_order_state_history_events()
  returns trigger;

-- Refuses a new address once goods are with somebody (P0STT).
function public.trg_orders_address()
  returns trigger;

-- What follows when orders change their state: stock, fulfilments, jobs, notices.
function public.trg_orders_effects()
  returns trigger;

-- Refuses illegal states of an order (P0STT) and changes of its fixed columns (42501).
function public.trg_orders_guard()
  returns trigger;

-- Writes order_state_history for orders.
function public.trg_orders_history()
  returns trigger;

-- Logs changes of an order's buyer and address.
function public.trg_orders_log()
  returns trigger;

-- Keeps order_metrics from changes of state.
function public.trg_orders_metrics()
  returns trigger;

-- Takes and gives back money when orders change their state, whoever changes it.
function public.trg_orders_money()
  returns trigger;

-- Marks a transaction in which an order needs money to move.
function public.trg_orders_money_mark()
  returns trigger;

-- Confirms orders that wait for nothing else.
function public.trg_orders_paid()
  returns trigger;

-- Takes the money of orders that are paid by wallet, and uses their promotion codes.
function public.trg_orders_placed()
  returns trigger;

-- Refuses orders whose lines do not add up (23514).
function public.trg_orders_total()
  returns trigger;

-- Moves payments, refunds and orders to where the events of providers say they are.
function public.trg_payment_events_apply()
  returns trigger;

-- Refuses payments in another currency (23514) and writers other than payment_events (42501).
function public.trg_payments_guard()
  returns trigger;

-- Tells customers what became of their payments.
function public.trg_payments_notify()
  returns trigger;

-- Keeps promotions.redeemed.
function public.trg_promo_redemptions_count()
  returns trigger;

-- Refuses writers of promotions.redeemed other than promo_redemptions (42501).
function public.trg_promotions_guard()
  returns trigger;

-- Enqueues the jobs of refunds by outside providers, and gives wallets their money back.
function public.trg_refunds_enqueue()
  returns trigger;

-- Writes the events of refunds to shop_events.
function public.trg_refunds_events()
  returns trigger;

-- Refuses refunds of more than was captured (23514) and writers other than payment_events (42501).
function public.trg_refunds_guard()
  returns trigger;

-- Tells customers that they have money back.
function public.trg_refunds_notify()
  returns trigger;

-- Refuses changes of append-only tables (42501).
function public.trg_refuse_change()
  returns trigger;

-- Refuses to delete what archived_orders does not hold (42501).
function public.trg_refuse_loss()
  returns trigger;

-- Units of returns: no more than left (P0VAL); lines, order and stock follow what came.
function public.trg_return_items_apply()
  returns trigger;

-- Refuses units of a return at the wrong time (P0STT) and their going back (42501).
function public.trg_return_items_guard()
  returns trigger;

-- Refuses illegal states of a return (P0STT) and changes of its fixed columns (42501).
function public.trg_returns_guard()
  returns trigger;

-- Writes order_state_history for returns.
function public.trg_returns_history()
  returns trigger;

-- Tells customers what becomes of their returns.
function public.trg_returns_notify()
  returns trigger;

-- Keeps tracking_schedule: who is asked for and when.
function public.trg_shipments_follow()
  returns trigger;

-- Refuses illegal and backward states of a shipment (P0STT), and changes of what it is (42501).
function public.trg_shipments_guard()
  returns trigger;

-- Writes order_state_history for shipments.
function public.trg_shipments_history()
  returns trigger;

-- Tells customers where their parcels are.
function public.trg_shipments_notify()
  returns trigger;

-- Fulfilments follow their shipments.
function public.trg_shipments_progress()
  returns trigger;

-- Exceptions, losses and returns of parcels become tickets and notices.
function public.trg_shipments_trouble()
  returns trigger;

-- Notifies whoever waits for events of shops.
function public.trg_shop_events_wake()
  returns trigger;

-- Applies new ledger rows to inventory_levels.
function public.trg_stock_movements_apply()
  returns trigger;

-- Refuses illegal states of a transfer (P0STT) and changes of what it carries (42501).
function public.trg_stock_transfers_guard()
  returns trigger;

-- Tells who is on duty of tickets from the severity that he wants on, and of what becomes of them.
function public.trg_tickets_alert()
  returns trigger;

-- Enqueues the jobs of tickets that changed.
function public.trg_tickets_enqueue()
  returns trigger;

-- Writes the events of tickets to shop_events.
function public.trg_tickets_events()
  returns trigger;

-- Shipments are where their furthest tracking event says, in whatever order events came.
function public.trg_tracking_events_apply()
  returns trigger;

-- Applies a new entry to its wallet, or refuses it (P0WAL).
function public.trg_wallet_entries_apply()
  returns trigger;

-- Makes the payment_events of wallet payments and refunds.
function public.trg_wallet_entries_settle()
  returns trigger;

-- Refuses writers other than wallet_entries (42501).
function public.trg_wallets_guard()
  returns trigger;

-- Has events read for endpoints.
function public.trg_webhook_endpoints_feed()
  returns trigger;

-- Records an error of an order, holds the order and tells its customer that it takes longer.
function public.trouble_order(p_tenant uuid, p_order_id bigint, p_fulfillment_id bigint, p_category text, p_severity text, p_code text, p_message text)
  returns void;

-- Ends notices like the one that carries this token; false: no notice does.
function public.unsubscribe(p_token uuid)
  returns boolean;

-- Takes a nonce of a signed request; false if it was used before.
function public.use_nonce(p_key_id text, p_nonce text, p_keep_seconds double precision, p_tenant uuid DEFAULT current_tenant_id())
  returns boolean;

-- Lets fulfilments begin whose goods are there by now; answers how many.
function public.wake_fulfillments(p_tenant uuid, p_order_ids bigint[])
  returns integer;

-- Has lanes of endpoints looked at now, by their deliver_webhook jobs.
function public.wake_webhooks(p_tenant uuid, p_endpoint_ids bigint[], p_lanes smallint[])
  returns void;

-- What a customer has in a currency; 0 without a wallet.
function public.wallet_balance(p_tenant uuid, p_customer_id bigint, p_currency text)
  returns bigint;

-- When a lane of an endpoint has something to send next; null: nothing waits.
function public.webhook_due_at(p_tenant uuid, p_endpoint_id bigint, p_lane smallint)
  returns timestamp with time zone;

-- Cancels the fulfilments of lines that did not begin, with their jobs.
function public.withdraw_fulfillments(p_tenant uuid, p_order_id bigint, p_order_item_ids bigint[])
  returns void;

-- Places orders whose keys are claimed, all in one go; internal to create_order, place_orders.
function public.write_orders(p_orders jsonb, p_keys text[], p_request_hashes bytea[], p_traceparents text[], p_places integer[], p_tenant uuid)
  returns TABLE(place integer, response jsonb, problems jsonb);

-- What goes on in each queue or with each kind; internal to the descriptors.
function queue.activity(p_by text)
  returns TABLE(name text, limits jsonb, jobs jsonb, backlog numeric, oldest_ready_seconds double precision, completed_per_minute double precision, failed_per_minute double precision, failure_share double precision, workers bigint, worker_names text[]);

-- Makes the edges of jobs that were just inserted; internal to queue.insert_flow.
function queue.add_dependencies(p_jobs jsonb, p_ids bigint[], p_inserted boolean[], p_prefix text)
  returns void;

-- What a front door has to know of service levels and quotas; takes what it let in since.
function queue.admission(p_sent jsonb DEFAULT '[]'::jsonb)
  returns jsonb;

-- Wakes all workers, and says who told nobody and is not done; internal, called by the workers.
function queue.after_watch(p_queues text[])
  returns text[];

-- Until when a worker counts as alive, also one of the release before.
function queue.alive_until(p_worker queue.workers)
  returns timestamp with time zone;

-- A worker gives a sign of life and looks after the fleet; internal, called by the workers.
function queue.beat(p_worker_id bigint, p_resting boolean, p_watching boolean, p_look boolean)
  returns TABLE(alive boolean, eldest boolean, rank integer, workers integer, busy boolean, again_in_ms bigint, cancelled bigint[], now_ms bigint, chores boolean, told boolean, ready boolean, rescue boolean, sweep boolean, next_due_ms bigint);

-- A worker begins to look for new jobs without being told; internal, called by the workers.
function queue.begin_watch(p_worker_id bigint)
  returns text[];

-- One batch of cancel, retry, move, prioritise or delete over the jobs that fit a filter.
function queue.bulk(p_action text, p_filter jsonb, p_after bigint DEFAULT 0, p_limit integer DEFAULT 200, p_queue text DEFAULT NULL::text, p_priority smallint DEFAULT NULL::smallint)
  returns TABLE(matched integer, changed integer, last_id bigint);

-- Which jobs a bulk change may touch at all; internal to queue.bulk and queue.count_bulk.
function queue.bulk_states(p_action text)
  returns TABLE(source text, condition text);

-- Cancels a waiting or running job: cancelled, cancelling, or null when there is none unfinished.
function queue.cancel(p_job_id bigint)
  returns text;

-- Cancels the job that holds a unique key: cancelled, cancelling, or null when nobody holds it.
function queue.cancel_by_unique_key(p_key text)
  returns text;

-- Cancels jobs that do not run; answers those that others wait for; internal.
function queue.cancel_unstarted(p_job_ids bigint[], p_state text, p_errors text[])
  returns bigint[];

-- Cancels jobs whose predecessor failed; answers those that others wait for; internal.
function queue.cancel_waiting(p_job_ids bigint[], p_causes bigint[], p_outcome text)
  returns bigint[];

-- Cancels all unfinished jobs that edges join with a job; answers how many.
function queue.cancel_workflow(p_job_id bigint)
  returns integer;

-- queue.claim_next for workers of the release before; internal.
function queue.claim(p_worker_id bigint, p_queues text[], p_kinds text[], p_max_attempts smallint[], p_limit integer)
  returns TABLE(job_id bigint, attempt integer, forgiven integer, max_attempts smallint, priority smallint, queue text, kind text, args jsonb, group_key text, trace_context text, run_at timestamp with time zone, created_at timestamp with time zone, claimed_at timestamp with time zone);

-- Leases up to p_limit ready jobs to a worker; internal, called by the workers.
function queue.claim_next(p_worker_id bigint, p_queues text[], p_kinds text[], p_max_attempts smallint[], p_limit integer, p_known_queues text[] DEFAULT '{}'::text[], p_known_ranks smallint[] DEFAULT '{}'::smallint[], p_known_lines text[] DEFAULT '{}'::text[], p_known_order_at timestamp with time zone[] DEFAULT '{}'::timestamp with time zone[], p_known_job_ids bigint[] DEFAULT '{}'::bigint[])
  returns TABLE(job_id bigint, attempt integer, forgiven integer, max_attempts smallint, priority smallint, queue text, kind text, args jsonb, group_key text, trace_context text, run_at timestamp with time zone, created_at timestamp with time zone, claimed_at timestamp with time zone, rank smallint, line text, order_at timestamp with time zone, look_again_ms bigint);

-- Completes attempts whose lease is still held and answers their job ids; internal.
function queue.complete(p_worker_id bigint, p_job_ids bigint[], p_attempts integer[], p_releases boolean DEFAULT true)
  returns bigint[];

-- Completes attempts, keeps their results, enqueues what follows; internal.
function queue.complete_and_follow(p_worker_id bigint, p_job_ids bigint[], p_attempts integer[], p_results text[], p_follow_ups text[])
  returns bigint[];

-- Completes an attempt in the caller's transaction, or raises P0LSE: the lease was lost.
function queue.complete_in(p_worker_id bigint, p_job_id bigint, p_attempt integer, p_releases boolean DEFAULT true)
  returns void;

-- Completes attempts with results and follow-ups, or says why not; internal.
function queue.complete_with(p_worker_id bigint, p_job_ids bigint[], p_attempts integer[], p_results text[], p_follow_ups text[])
  returns TABLE(job_id bigint, refusal text);

-- How many jobs queue.bulk would touch, counted up to a limit.
function queue.count_bulk(p_action text, p_filter jsonb, p_limit bigint DEFAULT 1000000)
  returns bigint;

-- Creates the history partition of one day; internal to queue.maintain_partitions.
function queue.create_partition(p_parent text, p_name text, p_day date)
  returns void;

-- Writes down the schedules that a worker's kinds have by their policy; internal.
function queue.declare_schedules(p_schedules jsonb)
  returns void;

-- Deletes edges, waits and data of jobs whose history was dropped; internal.
function queue.drop_traces(p_before timestamp with time zone)
  returns void;

-- Tells those who wait for jobs that these have ended; internal.
function queue.end_dependencies(p_job_ids bigint[], p_outcome text)
  returns void;

-- Whoever enqueues tells again; internal, called by the workers.
function queue.end_watch(p_queues text[])
  returns void;

-- Ends the watches of dead workers and wakes those who live; internal.
function queue.end_watches(p_worker_id bigint DEFAULT NULL::bigint)
  returns boolean;

-- Ends idle transactions that lock jobs of dead workers; internal to queue.rescue.
function queue.end_zombies()
  returns boolean;

-- How attempts ended lately, oldest first, for people who watch.
function queue.ended_since(p_since timestamp with time zone, p_queue text DEFAULT NULL::text, p_kind text DEFAULT NULL::text, p_limit integer DEFAULT 1000)
  returns TABLE(ended_at timestamp with time zone, started_at timestamp with time zone, job_id bigint, queue text, kind text, attempt integer, worker_id bigint, outcome text, error text);

-- Enqueues one job in the caller's transaction; answers its id and whether it is new.
function queue.enqueue(p_kind text, p_args jsonb DEFAULT '{}'::jsonb, p_queue text DEFAULT NULL::text, p_priority smallint DEFAULT NULL::smallint, p_run_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_max_attempts smallint DEFAULT NULL::smallint, p_unique_key text DEFAULT NULL::text, p_unique_scope text DEFAULT NULL::text, p_group_key text DEFAULT NULL::text, p_trace_context text DEFAULT NULL::text, p_after bigint[] DEFAULT NULL::bigint[], p_on_failure text DEFAULT NULL::text, p_unique_period interval DEFAULT NULL::interval, p_replace text[] DEFAULT NULL::text[])
  returns TABLE(job_id bigint, inserted boolean);

-- Enqueues jobs without keys and groups, given by columns; answers their ids in order.
function queue.enqueue_columns(p_args jsonb[], p_kinds text[], p_queues text[], p_priorities smallint[], p_run_ats timestamp with time zone[], p_max_attempts smallint[], p_trace_contexts text[])
  returns bigint[];

-- Enqueues up to 10000 jobs in the caller's transaction; answers position, job_id, inserted.
function queue.enqueue_many(p_jobs jsonb)
  returns TABLE("position" integer, job_id bigint, inserted boolean);

-- Enqueues jobs without keys and groups, fast; null when it cannot. Internal to the enqueues.
function queue.enqueue_plain(p_args jsonb[], p_kinds text[], p_queues text[], p_priorities smallint[], p_run_ats timestamp with time zone[], p_max_attempts smallint[], p_trace_contexts text[])
  returns bigint[];

-- Lets parked jobs go on whose event did not come in time; internal to queue.promote.
function queue.expire_waits(p_limit integer)
  returns void;

-- Why a job is not running, and when it can be expected to: one row for each obstacle.
function queue.explain(p_job_id bigint)
  returns TABLE(reason text, detail text, until timestamp with time zone, estimate timestamp with time zone);

-- Refuses what an attempt without a lease wrote; trigger of queue.job_data, at the commit.
function queue.fence_job_data()
  returns trigger;

-- What stands in a job's way that lies in the fleet; internal to queue.explain.
function queue.fleet_obstacles(p_job queue.jobs)
  returns TABLE(reason text, detail text, until timestamp with time zone);

-- All problems with edges, periods and replacement of jobs about to be enqueued; internal.
function queue.flow_problems(p_jobs jsonb, p_prefix text)
  returns jsonb;

-- queue.release_groups for groups whose jobs have ended already; internal.
function queue.free_groups(p_group_keys text[])
  returns void;

-- Whether JSON holds a number whose size is beyond a double (1.797e308).
function queue.has_huge_number(p_args jsonb)
  returns boolean;

-- What a priority is worth in waiting time in a queue with ageing, else 0; internal.
function queue.head_start(p_queue text, p_priority smallint)
  returns interval;

-- queue.beat for workers of the release before; internal.
function queue.heartbeat(p_worker_id bigint)
  returns TABLE(alive boolean, eldest boolean, cancelled bigint[]);

-- A worker that rested has claimed: from now on it is missed soon; internal to queue.claim.
function queue.hold_leases(p_worker_id bigint)
  returns void;

-- Inserts well-formed jobs with edges, periods or replacement; internal to queue.enqueue.
function queue.insert_flow(p_jobs jsonb, p_prefix text)
  returns TABLE("position" integer, job_id bigint, inserted boolean);

-- Inserts well-formed jobs; internal to queue.enqueue and queue.enqueue_many, which check them.
function queue.insert_jobs(p_jobs jsonb)
  returns TABLE("position" integer, job_id bigint, inserted boolean);

-- Whether a worker finds new jobs of a queue without a notification; internal to queue.wake.
function queue.is_watched(p_queue text)
  returns boolean;

-- One job for people, whatever its state, with all its attempts as JSON; no row when unknown.
function queue.job(p_job_id bigint)
  returns TABLE(job_id bigint, kind text, queue text, state text, priority smallint, args jsonb, attempt integer, forgiven integer, max_attempts smallint, run_at timestamp with time zone, created_at timestamp with time zone, claimed_at timestamp with time zone, finished_at timestamp with time zone, worker_id bigint, worker text, unique_key text, unique_scope text, group_key text, trace_context text, cancel_requested boolean, last_error text, attempts jsonb);

-- A filter of jobs as a condition on one of their three tables; internal to list, count and bulk.
function queue.job_condition(p_filter jsonb, p_source text)
  returns text;

-- Progress, checkpoint, result, edges and waits of a job, for people; always one row.
function queue.job_details(p_job_id bigint)
  returns TABLE(percent smallint, message text, checkpoint jsonb, result jsonb, updated_at timestamp with time zone, after jsonb, before jsonb, waits jsonb);

-- All problems of jobs about to be enqueued, as [{field, code, message}]; [] when there are none.
function queue.job_problems(p_jobs jsonb, p_prefix text DEFAULT 'jobs[%s].'::text)
  returns jsonb;

-- Every kind: what its workers say about it, its jobs by state, its rates, who serves it.
function queue.kind_descriptors()
  returns TABLE(kind text, descriptor jsonb, registered_at timestamp with time zone, paused boolean, limits jsonb, jobs jsonb, oldest_ready_seconds double precision, completed_per_minute double precision, failed_per_minute double precision, failure_share double precision, workers bigint, worker_names text[]);

-- How attempts ended in the last seconds, by queue, kind and outcome, from the newest history.
function queue.lately(p_seconds integer DEFAULT 60)
  returns TABLE(queue text, kind text, outcome text, ended bigint, seconds double precision);

-- The kind itself if it stands in a line of its own, else an empty text; internal.
function queue.line_of(p_kind text)
  returns text;

-- The lines of these queues that have ready jobs, with the first of each; internal.
function queue.lines(p_queues text[])
  returns TABLE(queue text, rank smallint, line text, order_at timestamp with time zone, job_id bigint);

-- A page of the jobs that fit a filter, newest first, as {jobs, next}; p_before is the last next.
function queue.list_jobs(p_filter jsonb DEFAULT '{}'::jsonb, p_before bigint DEFAULT NULL::bigint, p_limit integer DEFAULT 50)
  returns jsonb;

-- Creates the history partitions of the coming days and drops those past their retention.
function queue.maintain_partitions(p_keep_finished interval DEFAULT '7 days'::interval, p_keep_attempts interval DEFAULT '30 days'::interval, p_ahead_days integer DEFAULT 3)
  returns text[];

-- When the next job is due that waits for a time, or null; internal.
function queue.next_due_at()
  returns timestamp with time zone;

-- A running job begins to wait for an event from outside, or learns what came; internal.
function queue.open_wait(p_worker_id bigint, p_job_id bigint, p_attempt integer, p_name text, p_named boolean, p_timeout_ms bigint)
  returns TABLE(outcome text, token text, payload jsonb);

-- Puts the jobs of a kind into a line of their own; internal.
function queue.own_line(p_kind text)
  returns void;

-- What stands in a job's way that lies in the job itself; internal to queue.explain.
function queue.own_obstacles(p_job queue.jobs)
  returns TABLE(reason text, detail text, until timestamp with time zone);

-- Stops all claims from a queue, fleet-wide and at once.
function queue.pause(p_queue text)
  returns void;

-- Stops all claims of a kind, fleet-wide and at once.
function queue.pause_kind(p_kind text)
  returns void;

-- Stops a schedule, fleet-wide and at once; false when there is none such.
function queue.pause_schedule(p_schedule text)
  returns boolean;

-- Gives waiting jobs their place in line anew, after queue, kind or priority changed; internal.
function queue.place_in_line(p_job_ids bigint[])
  returns void;

-- Makes due scheduled jobs ready; answers how many and when the next is due; internal.
function queue.promote(p_limit integer, p_tell boolean)
  returns TABLE(promoted integer, next_in_ms bigint);

-- Makes due scheduled jobs ready, for workers of the release before; internal.
function queue.promote_due(p_limit integer)
  returns TABLE(promoted integer, next_in_ms bigint);

-- Every queue: its settings, its jobs by state, its rates, who serves it, when it is drained.
function queue.queue_descriptors()
  returns TABLE(queue text, paused boolean, ageing_seconds double precision, max_wait_ms bigint, max_waiting bigint, limits jsonb, jobs jsonb, oldest_ready_seconds double precision, completed_per_minute double precision, failed_per_minute double precision, failure_share double precision, drained_in_seconds double precision, workers bigint, worker_names text[]);

-- The rank that a priority means in a queue: 0 where it ages; internal.
function queue.rank_of(p_queue text, p_priority smallint)
  returns smallint;

-- Registers a worker process and answers its id; internal.
function queue.register_worker(p_name text, p_version text, p_queues text[], p_kinds text[], p_concurrency integer, p_heartbeat_ms integer)
  returns bigint;

-- Registers a worker process with the descriptors of its kinds and answers its id; internal.
function queue.register_worker(p_name text, p_version text, p_queues text[], p_kinds text[], p_concurrency integer, p_heartbeat_ms integer, p_descriptors jsonb)
  returns bigint;

-- Makes the next blocked jobs of each group ready where the group has free places; internal.
function queue.release_groups(p_group_keys text[])
  returns void;

-- Lets waiting jobs go on and wakes their workers; internal.
function queue.release_waiting(p_job_ids bigint[])
  returns void;

-- Removes a schedule; false when there is none such.
function queue.remove_schedule(p_schedule text)
  returns boolean;

-- Gives the holder of a unique key the arguments and time of a later enqueue; internal.
function queue.replace_job(p_job_id bigint, p_job jsonb)
  returns boolean;

-- Declares silent workers dead and puts their jobs back; answers the jobs; internal.
function queue.rescue()
  returns TABLE(job_id bigint, queue text, kind text, fate text);

-- Lets workers claim from a paused queue again.
function queue.resume(p_queue text)
  returns void;

-- Lets workers claim a paused kind again.
function queue.resume_kind(p_kind text)
  returns void;

-- Lets a paused schedule tick again, from now on; false when there is none such.
function queue.resume_schedule(p_schedule text)
  returns boolean;

-- An event came, its job goes on: resumed, already, expired, early, or null (unknown token).
function queue.resume_wait(p_token text, p_payload jsonb DEFAULT NULL::jsonb)
  returns text;

-- Puts a dead job back with all its attempts anew; false when there is no such dead job.
function queue.retry(p_job_id bigint)
  returns boolean;

-- How many jobs of a line the limits let a claim take, and when to look again; internal.
function queue.room(p_queue text, p_line text, p_limit integer)
  returns TABLE(room integer, look_again_at timestamp with time zone);

-- Enqueues a schedule's job now, besides its ticks; answers the job, null without a schedule.
function queue.run_schedule(p_schedule text)
  returns bigint;

-- Writes progress, checkpoint or result of a running job, fenced by its lease; internal.
function queue.save_job_data(p_worker_id bigint, p_job_id bigint, p_attempt integer, p_percent smallint DEFAULT NULL::smallint, p_message text DEFAULT NULL::text, p_checkpoint jsonb DEFAULT NULL::jsonb, p_result jsonb DEFAULT NULL::jsonb)
  returns void;

-- All problems of a schedule about to be written, as [{field, code, message}]; [] without any.
function queue.schedule_problems(p_schedule queue.schedules)
  returns jsonb;

-- Puts kinds that some worker of their queue does not know into lines of their own; internal.
function queue.separate_kinds()
  returns text[];

-- What one step of priority is worth in waiting time in a queue; null: strict priorities.
function queue.set_ageing(p_queue text, p_step interval)
  returns void;

-- Limits jobs at once and starts per second of a queue, kind, group or key, fleet-wide.
function queue.set_limit(p_scope text, p_name text, p_max_running integer DEFAULT NULL::integer, p_per_second double precision DEFAULT NULL::double precision, p_burst integer DEFAULT NULL::integer)
  returns void;

-- Sets how many unfinished jobs and how many jobs a minute a sender may have; nulls end it.
function queue.set_quota(p_sender text, p_max_waiting bigint DEFAULT NULL::bigint, p_max_per_minute integer DEFAULT NULL::integer)
  returns void;

-- Sets at which predicted wait and at how many waiting jobs the front door of a queue refuses.
function queue.set_service_level(p_queue text, p_max_wait_ms bigint DEFAULT NULL::bigint, p_max_waiting bigint DEFAULT NULL::bigint)
  returns void;

-- Ends attempts that did not complete and says what became of their jobs; internal.
function queue.settle(p_worker_id bigint, p_job_ids bigint[], p_attempts integer[], p_outcomes text[], p_delays_ms bigint[], p_errors text[])
  returns TABLE(job_id bigint, attempt integer, fate text);

-- Takes tokens for claimed jobs out of their buckets; internal.
function queue.spend(p_queue text, p_line text, p_jobs integer)
  returns void;

-- Marks a worker as draining or stopped; internal.
function queue.stop_worker(p_worker_id bigint, p_draining boolean)
  returns void;

-- Releases groups that have blocked jobs and free places; internal, called by the workers.
function queue.sweep_groups()
  returns void;

-- Takes tokens from a key's bucket: 0, or the milliseconds until they will be there.
function queue.take_tokens(p_key text, p_tokens integer DEFAULT 1)
  returns bigint;

-- Enqueues the job of a schedule's newest tick unless somebody did; for workers of the release before.
function queue.tick(p_schedule text, p_kind text, p_queue text, p_every_ms bigint)
  returns TABLE(job_id bigint, next_in_ms bigint);

-- Enqueues the jobs of a schedule's due ticks unless somebody did, and moves it on; internal.
function queue.tick_schedule(p_schedule text, p_revision bigint, p_seen timestamp with time zone, p_ticks timestamp with time zone[], p_next timestamp with time zone)
  returns TABLE(moved boolean, job_id bigint, revision bigint, paused boolean, next_tick_at timestamp with time zone, now_at timestamp with time zone);

-- The tokens in a bucket at a time; internal.
function queue.tokens_at(p_limit queue.limits, p_at timestamp with time zone)
  returns double precision;

-- A time from text; null when it is not one.
function queue.try_timestamptz(p_text text)
  returns timestamp with time zone;

-- Which of these attempts are still leased to the worker; internal.
function queue.uncommitted(p_worker_id bigint, p_job_ids bigint[], p_attempts integer[])
  returns bigint[];

-- Makes or changes a schedule that belongs to no kind's policy; answers its revision.
function queue.upsert_schedule(p_schedule text, p_kind text, p_expression text DEFAULT NULL::text, p_zone text DEFAULT 'UTC'::text, p_every interval DEFAULT NULL::interval, p_dst text DEFAULT 'auto'::text, p_missed text DEFAULT 'once'::text, p_catch_up_max integer DEFAULT 100, p_args jsonb DEFAULT '{}'::jsonb, p_queue text DEFAULT 'default'::text, p_priority smallint DEFAULT (0)::smallint, p_group_key text DEFAULT NULL::text)
  returns bigint;

-- Notifies workers of inserted jobs; trigger of queue.jobs.
function queue.wake()
  returns trigger;

-- Keys of the advisory locks of queue.is_watched; internal.
function queue.wake_key(p_what text, p_queue text)
  returns bigint;

-- Wakes the workers of queues; internal, called by the one that watches them.
function queue.wake_others(p_queues text[])
  returns void;

-- Wakes the workers of queues with ready jobs, should a notification have been lost; internal.
function queue.wake_ready()
  returns boolean;

-- The queues of a worker that it may watch for all; internal, called by the workers.
function queue.watchable(p_worker_id bigint)
  returns text[];
