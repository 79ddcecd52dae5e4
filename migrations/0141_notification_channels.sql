-- Notices on every channel that a person wants: preferences, quiet hours, suppressed addresses,
-- what channels report, notices inside the shop, admins, templates of a shop's own.
-- Locks: access exclusive on notification_queue, for a moment: nullable columns and a constant
--   default rewrite no row, and its checks are not valid until 0143.
-- The previous release: writes and sends the rows that it knew. It can't send on a channel that it
--   does not have: such a row waits for its next attempt, by a worker of this release.

alter table notification_queue
  add column customer_id bigint,
  add column contact_id bigint,
  add column event text not null default '',
  add column not_before timestamptz,
  add column sending_since timestamptz,
  add column unknown_attempts smallint not null default 0,
  add column provider text,
  add column error_code text,
  add column delivered_at timestamptz,
  add column unsubscribe_token uuid,
  drop constraint notification_queue_channel_check,
  add constraint notification_queue_channel_check check (channel in (
    'email', 'sms', 'whatsapp', 'in_app', 'push', 'messenger', 'slack', 'pagerduty', 'webhook'))
    not valid,
  add constraint notification_queue_unknown_attempts_check check (unknown_attempts >= 0) not valid;

comment on column notification_queue.customer_id is 'The known customer that it is for.';
comment on column notification_queue.contact_id is 'The admin contact that it is for.';
comment on column notification_queue.event is
  'What tells two events of one type and order apart, e.g. shipment:7; empty: there is only one.';
comment on column notification_queue.not_before is
  'Not sent earlier: the recipient''s quiet hours end then.';
comment on column notification_queue.sending_since is
  'Since when an attempt is under way or ended without anybody knowing how.';
comment on column notification_queue.unknown_attempts is
  'Attempts of which nobody knows whether the channel took them.';
comment on column notification_queue.provider is 'Who took it: smtp, twilio, …';
comment on column notification_queue.error_code is 'The channel''s own code of the last failure.';
comment on column notification_queue.delivered_at is 'When its receipt says that it arrived.';
comment on column notification_queue.unsubscribe_token is
  'Lets who got it unsubscribe without logging in; made when it is sent.';
comment on column notification_queue.channel is
  'How it is sent: email, sms, whatsapp, in_app, …; slack, pagerduty, webhook for admins.';
comment on column notification_queue.notification_type is
  'Which of notification_kinds; names its template.';
comment on column notification_queue.skip_reason is
  'Why it is not sent: no_address, suppressed, muted, superseded, digest.';

create table notification_kinds (
  notification_type text not null,
  audience text not null,
  is_essential boolean not null,
  keeps_quiet_hours boolean not null,
  description text not null,
  constraint notification_kinds_pkey primary key (notification_type),
  constraint notification_kinds_audience_check check (audience in ('customer', 'admin'))
);

comment on table notification_kinds is 'Every kind of notice there is. Shared by all shops.';
comment on column notification_kinds.notification_type is 'Its name, and its templates''.';
comment on column notification_kinds.audience is 'customer or admin.';
comment on column notification_kinds.is_essential is
  'Part of the contract: nobody can mute it, and it carries no link to unsubscribe.';
comment on column notification_kinds.keeps_quiet_hours is
  'Whether it waits until quiet hours are over.';
comment on column notification_kinds.description is 'When it is told.';

insert into notification_kinds (
  notification_type, audience, is_essential, keeps_quiet_hours, description)
values
  ('order_confirmed', 'customer', true, false, 'The order is confirmed.'),
  ('payment_receipt', 'customer', true, false, 'A payment was taken.'),
  ('payment_failed', 'customer', true, false, 'A payment failed; how to try again.'),
  ('order_processing', 'customer', false, true, 'An order that will be shipped is worked on.'),
  ('order_shipped', 'customer', false, true, 'A parcel is on its way.'),
  ('order_out_for_delivery', 'customer', false, true, 'A parcel arrives today.'),
  ('order_delivered', 'customer', false, true, 'All of the order has arrived.'),
  ('order_cancelled', 'customer', true, true, 'The order is cancelled.'),
  ('order_refunded', 'customer', true, true, 'Money was given back.'),
  ('order_delayed', 'customer', true, true, 'It takes longer than promised.'),
  ('return_approved', 'customer', true, true, 'Goods may be sent back.'),
  ('return_rejected', 'customer', true, true, 'Goods are not taken back.'),
  ('return_received', 'customer', false, true, 'Goods that were sent back are there.'),
  ('back_in_stock', 'customer', false, true, 'Somebody waited for these goods.'),
  ('low_stock', 'admin', true, false, 'Stock of an item fell to its threshold.'),
  ('order_failure', 'admin', true, false, 'An order needs a person.'),
  ('system_health', 'admin', true, false, 'The fleet does not work as it should.'),
  ('digest', 'admin', true, false, 'What happened since the last digest.');

create table notification_settings (
  tenant_id uuid not null default current_tenant_id(),
  channels text[] not null default '{email}',
  muted_types text[] not null default '{}',
  time_zone text not null default 'UTC',
  quiet_from time,
  quiet_until time,
  order_url text,
  constraint notification_settings_pkey primary key (tenant_id),
  constraint notification_settings_channels_check
    check (channels <@ '{email,sms,whatsapp,in_app}'::text[]),
  constraint notification_settings_time_zone_check
    check (timezone(time_zone, timestamptz '2000-01-01 00:00:00+00') is not null),
  constraint notification_settings_quiet_check check ((quiet_from is null) = (quiet_until is null)),
  constraint notification_settings_order_url_check
    check (order_url ~ '^https?://' and length(order_url) <= 1000)
);

comment on table notification_settings is
  'How a shop tells customers that said nothing else; a shop without a row has the defaults.';
comment on column notification_settings.tenant_id is 'The shop.';
comment on column notification_settings.channels is 'Each event is told on each of these.';
comment on column notification_settings.muted_types is 'What the shop tells nobody.';
comment on column notification_settings.time_zone is 'Whose hours are meant, IANA name.';
comment on column notification_settings.quiet_from is 'When quiet hours begin; null: never.';
comment on column notification_settings.quiet_until is 'When they end.';
comment on column notification_settings.order_url is
  'Where customers see and pay an order; {order_number} in it is replaced.';

create table notification_preferences (
  tenant_id uuid not null default current_tenant_id(),
  customer_id bigint not null,
  channels text[],
  muted_types text[] not null default '{}',
  time_zone text,
  quiet_from time,
  quiet_until time,
  updated_at timestamptz not null default clock_now(),
  constraint notification_preferences_pkey primary key (tenant_id, customer_id),
  constraint notification_preferences_customer_id_fkey
    foreign key (tenant_id, customer_id) references customers (tenant_id, customer_id),
  constraint notification_preferences_channels_check
    check (channels <@ '{email,sms,whatsapp,in_app}'::text[]),
  constraint notification_preferences_time_zone_check
    check (timezone(time_zone, timestamptz '2000-01-01 00:00:00+00') is not null),
  constraint notification_preferences_quiet_check
    check ((quiet_from is null) = (quiet_until is null))
);

comment on table notification_preferences is
  'How a customer wants to be told; what is null is as the shop does it.';
comment on column notification_preferences.tenant_id is 'The shop.';
comment on column notification_preferences.customer_id is 'The customer.';
comment on column notification_preferences.channels is 'Each event is told on each of these.';
comment on column notification_preferences.muted_types is
  'What the customer does not want to hear; what is essential is told nevertheless.';
comment on column notification_preferences.time_zone is 'Whose hours are meant, IANA name.';
comment on column notification_preferences.quiet_from is 'When quiet hours begin.';
comment on column notification_preferences.quiet_until is 'When they end.';
comment on column notification_preferences.updated_at is 'When the row last changed.';

create table notification_suppressions (
  tenant_id uuid not null default current_tenant_id(),
  channel text not null,
  address text not null,
  reason text not null,
  error_code text,
  notification_id bigint,
  created_at timestamptz not null default clock_now(),
  constraint notification_suppressions_pkey primary key (tenant_id, channel, address),
  constraint notification_suppressions_address_check check (address = lower(address)),
  constraint notification_suppressions_reason_check check (reason in (
    'hard_bounce', 'invalid_number', 'stopped', 'complaint', 'opted_out'))
);

comment on table notification_suppressions is
  'Addresses to which nothing is sent any more, until somebody deletes the row.';
comment on column notification_suppressions.tenant_id is 'The shop.';
comment on column notification_suppressions.channel is 'email, sms or whatsapp.';
comment on column notification_suppressions.address is 'In lower case (personal data).';
comment on column notification_suppressions.reason is
  'hard_bounce, invalid_number: nobody is there; stopped, complaint: told so to the channel; '
  'opted_out: unsubscribed, which holds for what is not essential.';
comment on column notification_suppressions.error_code is 'The channel''s own code.';
comment on column notification_suppressions.notification_id is 'The notice that found it out.';
comment on column notification_suppressions.created_at is 'Since when.';

create table notification_receipts (
  tenant_id uuid not null default current_tenant_id(),
  receipt_id bigint generated by default as identity,
  provider text not null,
  message_id text not null,
  status text not null,
  error_code text,
  occurred_at timestamptz not null,
  received_at timestamptz not null default clock_now(),
  constraint notification_receipts_pkey primary key (tenant_id, receipt_id),
  constraint notification_receipts_fact_key unique (provider, message_id, status),
  constraint notification_receipts_message_id_check check (length(message_id) between 1 and 255),
  constraint notification_receipts_status_check check (length(status) between 1 and 64)
);

create index notification_receipts_received_idx on notification_receipts (received_at);

comment on table notification_receipts is
  'What channels said about messages, each fact once, also before we knew the message.';
comment on column notification_receipts.tenant_id is
  'The shop; the single shop''s, when the message was not known yet.';
comment on column notification_receipts.receipt_id is 'Key; grows in the order of arrival.';
comment on column notification_receipts.provider is 'Who says so: twilio, …';
comment on column notification_receipts.message_id is 'Its own id of the message.';
comment on column notification_receipts.status is 'Its own word.';
comment on column notification_receipts.error_code is 'Its own code.';
comment on column notification_receipts.occurred_at is 'When it happened.';
comment on column notification_receipts.received_at is 'When it was told.';

create table customer_notifications (
  tenant_id uuid not null default current_tenant_id(),
  customer_notification_id bigint generated by default as identity,
  customer_id bigint not null,
  order_id bigint,
  notification_id bigint,
  notification_type text not null,
  title text not null,
  body text not null,
  created_at timestamptz not null default clock_now(),
  read_at timestamptz,
  constraint customer_notifications_pkey primary key (tenant_id, customer_notification_id),
  constraint customer_notifications_customer_id_fkey
    foreign key (tenant_id, customer_id) references customers (tenant_id, customer_id),
  constraint customer_notifications_order_id_fkey
    foreign key (tenant_id, order_id) references orders (tenant_id, order_id),
  -- A notice that is told again is the same row.
  constraint customer_notifications_notification_id_key unique (tenant_id, notification_id),
  constraint customer_notifications_title_check check (length(title) between 1 and 300),
  constraint customer_notifications_body_check check (length(body) <= 20000)
);

create index customer_notifications_customer_id_idx
  on customer_notifications (tenant_id, customer_id, customer_notification_id);
create index customer_notifications_unread_idx on customer_notifications (tenant_id, customer_id)
  where read_at is null;
create index customer_notifications_created_idx on customer_notifications (created_at);

comment on table customer_notifications is 'What a customer reads inside the shop.';
comment on column customer_notifications.tenant_id is 'The shop.';
comment on column customer_notifications.customer_notification_id is 'Key; grows with time.';
comment on column customer_notifications.customer_id is 'Whose it is.';
comment on column customer_notifications.order_id is 'The order that it is about.';
comment on column customer_notifications.notification_id is 'The notice that wrote it.';
comment on column customer_notifications.notification_type is 'Which of notification_kinds.';
comment on column customer_notifications.title is 'One line.';
comment on column customer_notifications.body is 'Plain text.';
comment on column customer_notifications.created_at is 'When it was told.';
comment on column customer_notifications.read_at is 'When it was first read.';

create table stock_subscriptions (
  tenant_id uuid not null default current_tenant_id(),
  subscription_id bigint generated by default as identity,
  inventory_item_id bigint not null,
  customer_id bigint,
  email text not null,
  locale text not null default 'en',
  created_at timestamptz not null default clock_now(),
  notified_at timestamptz,
  constraint stock_subscriptions_pkey primary key (tenant_id, subscription_id),
  constraint stock_subscriptions_inventory_item_id_fkey
    foreign key (tenant_id, inventory_item_id)
    references inventory_items (tenant_id, inventory_item_id),
  constraint stock_subscriptions_customer_id_fkey
    foreign key (tenant_id, customer_id) references customers (tenant_id, customer_id),
  constraint stock_subscriptions_email_check check (length(email) between 3 and 254),
  constraint stock_subscriptions_locale_check check (length(locale) between 2 and 35)
);

create unique index stock_subscriptions_open_key
  on stock_subscriptions (tenant_id, inventory_item_id, lower(email))
  where notified_at is null;

comment on table stock_subscriptions is
  'Who waits for goods that are out of stock; each is told once, when there are some again.';
comment on column stock_subscriptions.tenant_id is 'The shop.';
comment on column stock_subscriptions.subscription_id is 'Key.';
comment on column stock_subscriptions.inventory_item_id is 'The goods.';
comment on column stock_subscriptions.customer_id is 'The known customer; null: a guest.';
comment on column stock_subscriptions.email is 'Mail address (personal data).';
comment on column stock_subscriptions.locale is 'BCP 47 language.';
comment on column stock_subscriptions.created_at is 'When it was asked for.';
comment on column stock_subscriptions.notified_at is 'When the notice was written.';

create table admin_contacts (
  tenant_id uuid not null default current_tenant_id(),
  contact_id bigint generated by default as identity,
  name text not null,
  channel text not null default 'email',
  address text not null,
  locale text not null default 'en',
  notification_types text[],
  delivery text not null default 'immediate',
  digest_at time not null default '08:00',
  time_zone text not null default 'UTC',
  last_digest_on date,
  is_active boolean not null default true,
  constraint admin_contacts_pkey primary key (tenant_id, contact_id),
  constraint admin_contacts_address_key unique (tenant_id, channel, address),
  constraint admin_contacts_name_check check (length(name) between 1 and 200),
  constraint admin_contacts_channel_check check (channel in (
    'email', 'sms', 'whatsapp', 'slack', 'pagerduty', 'webhook')),
  constraint admin_contacts_address_check check (length(address) between 1 and 1000),
  constraint admin_contacts_delivery_check check (delivery in ('immediate', 'digest')),
  constraint admin_contacts_time_zone_check
    check (timezone(time_zone, timestamptz '2000-01-01 00:00:00+00') is not null)
);

comment on table admin_contacts is 'People of the shop and channels by which they hear of it.';
comment on column admin_contacts.tenant_id is 'The shop.';
comment on column admin_contacts.contact_id is 'Key.';
comment on column admin_contacts.name is 'Who it is.';
comment on column admin_contacts.channel is 'How.';
comment on column admin_contacts.address is 'Where on that channel (personal data).';
comment on column admin_contacts.locale is 'BCP 47 language.';
comment on column admin_contacts.notification_types is 'What to tell; null: everything.';
comment on column admin_contacts.delivery is
  'immediate, or digest: once a day, but for the health of the fleet.';
comment on column admin_contacts.digest_at is 'When on a day.';
comment on column admin_contacts.time_zone is 'Whose day, IANA name.';
comment on column admin_contacts.last_digest_on is 'The day of the last digest.';
comment on column admin_contacts.is_active is 'Whether anything is told.';

create table notification_templates (
  tenant_id uuid not null default current_tenant_id(),
  notification_type text not null,
  channel text not null,
  locale text not null,
  subject text,
  body_text text,
  body_html text,
  content_sid text,
  updated_at timestamptz not null default clock_now(),
  constraint notification_templates_pkey
    primary key (tenant_id, notification_type, channel, locale),
  constraint notification_templates_notification_type_check
    check (notification_type ~ '^[a-z][a-z0-9_]{0,63}$'),
  constraint notification_templates_channel_check
    check (channel in ('email', 'sms', 'whatsapp', 'in_app')),
  constraint notification_templates_locale_check check (length(locale) between 2 and 35),
  constraint notification_templates_size_check
    check (length(subject) <= 500 and length(body_text) <= 50000 and length(body_html) <= 200000),
  constraint notification_templates_content_sid_check
    check (content_sid ~ '^HX[0-9a-fA-F]{32}$')
);

comment on table notification_templates is
  'A shop''s own templates; what is null is taken from the built-in one.';
comment on column notification_templates.tenant_id is 'The shop.';
comment on column notification_templates.notification_type is 'Which of notification_kinds.';
comment on column notification_templates.channel is 'email, sms, whatsapp or in_app.';
comment on column notification_templates.locale is 'BCP 47 language, e.g. fr.';
comment on column notification_templates.subject is 'One line.';
comment on column notification_templates.body_text is 'Plain text.';
comment on column notification_templates.body_html is 'HTML; values are escaped.';
comment on column notification_templates.content_sid is
  'The template at Twilio that WhatsApp approved: 1 name, 2 order, 3 amount, 4 link, 5 reason.';
comment on column notification_templates.updated_at is 'When the row last changed.';
