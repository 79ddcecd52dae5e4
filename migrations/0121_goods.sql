-- What physical goods weigh and measure, and what customs ask about them; a shop's own defaults.
-- Locks: access exclusive on product_variants and order_settings, for a moment each: nullable
--   columns and constant defaults rewrite no row; the checks are not valid: no row has a value.
-- The previous release: writes none of the new columns; null is what it means.

alter table product_variants
  add column weight_g integer,
  add column length_mm integer,
  add column width_mm integer,
  add column height_mm integer,
  add column hs_code text,
  add column origin_country char(2),
  add column customs_description text,
  add column customs_value bigint,
  add constraint product_variants_weight_g_check check (weight_g > 0) not valid,
  add constraint product_variants_sides_check
    check (length_mm > 0 and width_mm > 0 and height_mm > 0) not valid,
  add constraint product_variants_sides_whole_check
    check (num_nulls(length_mm, width_mm, height_mm) in (0, 3)) not valid,
  add constraint product_variants_hs_code_check check (hs_code ~ '^[0-9]{6,10}$') not valid,
  add constraint product_variants_origin_country_check
    check (origin_country ~ '^[A-Z]{2}$') not valid,
  add constraint product_variants_customs_description_check
    check (length(customs_description) between 1 and 200) not valid,
  add constraint product_variants_customs_value_check check (customs_value >= 0) not valid;

comment on column product_variants.weight_g is
  'Weight of one unit in grams; null: the shop''s default_weight_g.';
comment on column product_variants.length_mm is 'Longest side of one packed unit, millimetres.';
comment on column product_variants.width_mm is 'Second side of one packed unit, millimetres.';
comment on column product_variants.height_mm is 'Shortest side of one packed unit, millimetres.';
comment on column product_variants.hs_code is
  'Harmonised System code for customs, 6 to 10 digits without dots.';
comment on column product_variants.origin_country is
  'Where it was made, ISO 3166-1 alpha-2; null: the shop''s.';
comment on column product_variants.customs_description is
  'What it is, for customs; null: the title.';
comment on column product_variants.customs_value is
  'Value of one unit for customs, minor units of currency; null: the price that was paid.';

alter table order_settings
  add column default_weight_g integer not null default 500,
  add column packaging_weight_g integer not null default 0,
  add column default_length_mm integer not null default 300,
  add column default_width_mm integer not null default 200,
  add column default_height_mm integer not null default 100,
  add column origin_country char(2),
  add column incoterm text not null default 'DAP',
  add constraint order_settings_parcel_check check (
    default_weight_g > 0 and packaging_weight_g >= 0
    and default_length_mm > 0 and default_width_mm > 0 and default_height_mm > 0) not valid,
  add constraint order_settings_origin_country_check
    check (origin_country ~ '^[A-Z]{2}$') not valid,
  add constraint order_settings_incoterm_check check (incoterm in ('DAP', 'DDP')) not valid;

comment on column order_settings.default_weight_g is
  'Grams that a unit without a weight of its own counts for.';
comment on column order_settings.packaging_weight_g is 'Grams of box and filling of each parcel.';
comment on column order_settings.default_length_mm is
  'Box of a parcel whose goods have no sizes: longest side.';
comment on column order_settings.default_width_mm is
  'Box of a parcel whose goods have no sizes: second side.';
comment on column order_settings.default_height_mm is
  'Box of a parcel whose goods have no sizes: shortest side.';
comment on column order_settings.origin_country is
  'Where goods without an origin of their own were made.';
comment on column order_settings.incoterm is
  'Who pays duty abroad: DAP, the customer; DDP, the shop.';
