-- Raises P0VAL for one field: DETAIL is [{field, code, message}], as order_problems() answers.
create or replace function refuse_field(p_field text, p_code text, p_message text)
returns void
language plpgsql
as $$
begin
  raise exception '% %', p_field, p_message
    using errcode = 'P0VAL', detail = jsonb_build_array(jsonb_build_object(
      'field', p_field, 'code', p_code, 'message', p_message))::text;
end
$$;

comment on function refuse_field(text, text, text) is
  'Raises P0VAL with DETAIL [{field, code, message}].';
