-- What a part of a whole bears of an amount: the rounded running sum with it, less the one without.
create or replace function share_of(
  p_amount bigint, p_before numeric, p_part numeric, p_whole bigint
)
returns bigint
language sql immutable
as $$
  select case
    when p_whole = 0 then case when coalesce(p_before, 0) = 0 then p_amount else 0 end
    else floor(p_amount * (coalesce(p_before, 0) + coalesce(p_part, 0)) / p_whole)
      - floor(p_amount * coalesce(p_before, 0) / p_whole)
  end::bigint
$$;

comment on function share_of(bigint, numeric, numeric, bigint) is
  'The share of an amount that a part bears, so that the shares of all parts add up to it.';
