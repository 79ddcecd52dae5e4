-- What a variant is as goods. $1 tenant, $2 variant, $3 grams, $4 to $6 sides in millimetres,
-- $7 HS code, $8 origin, $9 description and $10 value for customs; null: the shop's default.
update product_variants
set
  weight_g = $3,
  length_mm = $4,
  width_mm = $5,
  height_mm = $6,
  hs_code = $7,
  origin_country = $8,
  customs_description = $9,
  customs_value = $10,
  updated_at = clock_now()
where tenant_id = $1
  and variant_id = $2
