-- Raises P0PRM: a promotion does not hold. DETAIL [{field, code, message}], like P0VAL.
create or replace function refuse_promo(p_field text, p_code text, p_message text)
returns void
language plpgsql
as $$
begin
  raise exception '% %', p_field, p_message
    using errcode = 'P0PRM', detail = jsonb_build_array(jsonb_build_object(
      'field', p_field, 'code', p_code, 'message', p_message))::text;
end
$$;

comment on function refuse_promo(text, text, text) is
  'Raises P0PRM with DETAIL [{field, code, message}].';
