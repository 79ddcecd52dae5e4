-- Raises P0STT, the one way in which an illegal change of state is refused.
-- DETAIL is {"axis", "from", "to"} for programs; the message is for people.
create or replace function refuse_transition(
  p_axis text, p_from text, p_to text, p_message text default null
)
returns void
language plpgsql
as $$
begin
  raise exception using
    errcode = 'P0STT',
    message = coalesce(p_message, format('%s %s can not become %s',
      case p_axis when 'fulfillment' then 'a fulfilment that is'
        when 'order' then 'an order that is' else format('a %s that is', p_axis) end,
      coalesce(p_from, 'new'), p_to)),
    detail = jsonb_build_object('axis', p_axis, 'from', p_from, 'to', p_to)::text;
end
$$;

comment on function refuse_transition(text, text, text, text) is
  'Raises P0STT with DETAIL {axis, from, to}.';
