-- Raises P0WAL: there is not enough in a wallet, or none. DETAIL: {currency, requested, available}.
create or replace function refuse_wallet(p_currency text, p_requested bigint, p_available bigint)
returns void
language plpgsql
as $$
begin
  raise exception 'not enough in the wallet: % % of % are there', p_currency, p_available,
      p_requested
    using errcode = 'P0WAL', detail = jsonb_build_object(
      'currency', p_currency, 'requested', p_requested, 'available', p_available)::text;
end
$$;

comment on function refuse_wallet(text, bigint, bigint) is
  'Raises P0WAL with DETAIL {currency, requested, available}.';
