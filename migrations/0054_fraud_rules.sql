-- What makes an order suspicious: rules that ops edit, lists of who is not served, and why an order
-- was found suspicious.
-- Locks: none on existing rows; access exclusive on order_settings for a moment, whose new column
--   has a constant default. The foreign key takes share row exclusive on orders for a moment.

alter table order_settings
  add column risk_hold_score smallint not null default 70,
  add constraint order_settings_risk_hold_score_check check (risk_hold_score between 1 and 100);

comment on column order_settings.risk_hold_score is
  'An order with this risk score or more waits for a person before it is confirmed; 70 without a '
  'row.';

create table fraud_rules (
  tenant_id uuid not null default current_tenant_id(),
  rule_code text not null,
  kind text not null,
  params jsonb not null default '{}',
  score smallint not null,
  is_enabled boolean not null default false,
  comment text,
  created_at timestamptz not null default clock_now(),
  updated_at timestamptz not null default clock_now(),
  constraint fraud_rules_pkey primary key (tenant_id, rule_code),
  constraint fraud_rules_rule_code_check check (rule_code ~ '^[a-z][a-z0-9_]{0,63}$'),
  constraint fraud_rules_kind_check check (kind in (
    'high_value', 'velocity_phone', 'velocity_email', 'velocity_ip', 'address_mismatch',
    'blocklist', 'custom')),
  constraint fraud_rules_params_check check (case
    when jsonb_typeof(params) <> 'object' then false
    when kind = 'high_value' then params->>'currency' ~ '^[A-Z]{3}$'
      and jsonb_typeof(params->'at_least') = 'number'
    when kind like 'velocity%' then jsonb_typeof(params->'orders') = 'number'
      and jsonb_typeof(params->'minutes') = 'number'
      and (params->>'minutes')::numeric between 1 and 10080
    when kind = 'address_mismatch'
      then params->>'field' in ('country', 'province', 'city', 'postal_code')
    when kind = 'custom' then jsonb_typeof(params->'at_least') = 'number'
      and params->>'measure' in (
        'units', 'lines', 'discount_percent', 'line_units', 'is_guest', 'is_new_customer')
    else true
  end is true),
  constraint fraud_rules_score_check check (score between 1 and 100),
  constraint fraud_rules_comment_check check (length(comment) <= 1000)
);

comment on table fraud_rules is
  'What makes an order suspicious. screen_orders() adds up the scores of the rules that match '
  'before an order is confirmed; while none is enabled it looks here once and at nothing else.';
comment on column fraud_rules.tenant_id is 'The shop.';
comment on column fraud_rules.rule_code is 'The shop''s own name of the rule.';
comment on column fraud_rules.kind is
  'high_value; velocity_phone, velocity_email, velocity_ip: many orders in a short time; '
  'address_mismatch: billed elsewhere; blocklist; custom: a measure of the order.';
comment on column fraud_rules.params is
  'high_value: {currency, at_least}; velocity_*: {orders, minutes}; address_mismatch: {field}; '
  'custom: {measure, at_least}, the measure being units, lines, line_units (most of one line), '
  'discount_percent, is_guest or is_new_customer (1 or 0).';
comment on column fraud_rules.score is 'What a match adds to the order''s risk score, 1 to 100.';
comment on column fraud_rules.is_enabled is 'Whether it is looked at.';
comment on column fraud_rules.comment is 'What it is for, for people.';
comment on column fraud_rules.created_at is 'When it was made.';
comment on column fraud_rules.updated_at is 'When it last changed.';

create table blocklist (
  tenant_id uuid not null default current_tenant_id(),
  kind text not null,
  value text not null,
  reason text not null,
  expires_at timestamptz,
  created_by text not null default current_user,
  created_at timestamptz not null default clock_now(),
  constraint blocklist_pkey primary key (tenant_id, kind, value),
  constraint blocklist_kind_check
    check (kind in ('phone', 'email', 'email_domain', 'ip', 'customer')),
  constraint blocklist_value_check check (length(value) between 1 and 254),
  constraint blocklist_reason_check check (length(reason) between 1 and 500)
);

comment on table blocklist is
  'Whom rules of the kind blocklist match: by phone, mail address or its domain, network address, '
  'or customer.';
comment on column blocklist.tenant_id is 'The shop.';
comment on column blocklist.kind is 'phone, email, email_domain, ip or customer.';
comment on column blocklist.value is
  'Lower case; of a customer, the shop''s own id (personal data).';
comment on column blocklist.reason is 'Why.';
comment on column blocklist.expires_at is 'Until when; null: for ever.';
comment on column blocklist.created_by is 'Who wrote it.';
comment on column blocklist.created_at is 'When.';

create table order_risk_reasons (
  tenant_id uuid not null default current_tenant_id(),
  order_id bigint not null,
  rule_code text not null,
  score smallint not null,
  detail text not null,
  created_at timestamptz not null default clock_now(),
  constraint order_risk_reasons_pkey primary key (tenant_id, order_id, rule_code),
  constraint order_risk_reasons_order_id_fkey
    foreign key (tenant_id, order_id) references orders (tenant_id, order_id)
);

comment on table order_risk_reasons is
  'Which rules an order matched when it was screened last: what its risk score is made of.';
comment on column order_risk_reasons.tenant_id is 'The shop.';
comment on column order_risk_reasons.order_id is 'The order.';
comment on column order_risk_reasons.rule_code is 'The rule; it may be gone by now.';
comment on column order_risk_reasons.score is 'What it added.';
comment on column order_risk_reasons.detail is 'Why it matched, in words, without personal data.';
comment on column order_risk_reasons.created_at is 'When the order was screened.';

create table order_sightings (
  tenant_id uuid not null default current_tenant_id(),
  kind text not null,
  value_hash bytea not null,
  order_id bigint not null,
  seen_at timestamptz not null default clock_now(),
  constraint order_sightings_pkey primary key (tenant_id, kind, value_hash, order_id),
  constraint order_sightings_kind_check check (kind in ('phone', 'email', 'ip'))
);

create index order_sightings_seen_at_idx on order_sightings (seen_at);

comment on table order_sightings is
  'Which phone, mail and network addresses orders were seen with, as hashes: what the velocity '
  'rules count. Written while one is enabled, and forgotten after a week.';
comment on column order_sightings.tenant_id is 'The shop.';
comment on column order_sightings.kind is 'phone, email or ip.';
comment on column order_sightings.value_hash is 'SHA-256 of the address with the shop''s id.';
comment on column order_sightings.order_id is 'The order.';
comment on column order_sightings.seen_at is 'When it was screened.';

-- For the only shop of a database: none is enabled, so nothing changes until somebody decides.
insert into fraud_rules (rule_code, kind, params, score, comment)
values
  ('high_value', 'high_value', '{"currency": "GHS", "at_least": 500000}', 40,
    'Orders of 5,000 cedis and more.'),
  ('many_orders_by_phone', 'velocity_phone', '{"orders": 5, "minutes": 60}', 40,
    'More than 5 orders with one phone within an hour.'),
  ('many_orders_by_email', 'velocity_email', '{"orders": 5, "minutes": 60}', 40,
    'More than 5 orders with one mail address within an hour.'),
  ('many_orders_by_ip', 'velocity_ip', '{"orders": 20, "minutes": 60}', 30,
    'More than 20 orders from one network address within an hour.'),
  ('billed_abroad', 'address_mismatch', '{"field": "country"}', 30,
    'Billed to another country than it is sent to.'),
  ('blocked', 'blocklist', '{}', 100, 'Everybody on the blocklist.'),
  ('bulk', 'custom', '{"measure": "units", "at_least": 100}', 30, 'A hundred units and more.');
