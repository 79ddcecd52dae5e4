-- For each channel that somebody wants, the first of it and those that stand in for it (WhatsApp,
-- then SMS, then mail) that can be used: there is an address, and it is not suppressed. When none
-- can, the wanted one with the reason why not. Nobody but known customers has a place in the shop.
--
-- An SQL function, so that it becomes a part of the statement that asks.
create or replace function notice_channels(
  p_tenant uuid,
  p_wanted text[],
  p_email text,
  p_phone text,
  p_customer_id bigint,
  p_is_essential boolean
)
returns table (
  channel text,
  recipient text,
  skip_reason text
)
language sql stable
as $$
  select distinct on (c.place) c.channel, c.recipient, c.skip_reason
  from (
    select
      w.place,
      f.step,
      f.channel,
      a.recipient,
      case
        when a.recipient is null then 'no_address'
        when s.address is not null then 'suppressed'
      end as skip_reason
    from unnest(p_wanted) with ordinality as w (channel, place)
    join (values
      ('email', 1, 'email'),
      ('sms', 1, 'sms'), ('sms', 2, 'email'),
      ('whatsapp', 1, 'whatsapp'), ('whatsapp', 2, 'sms'), ('whatsapp', 3, 'email'),
      ('in_app', 1, 'in_app')
    ) as f (wanted, step, channel) on f.wanted = w.channel
    cross join lateral (
      select case f.channel
        when 'email' then p_email
        when 'in_app' then p_customer_id::text
        -- Only a number with its country is one; anything else might be somebody else's.
        else case when p_phone ~ '^\+[1-9][0-9]{6,14}$' then p_phone end
      end as recipient
    ) as a
    left join notification_suppressions as s
      on s.tenant_id = p_tenant
      and s.channel = f.channel
      and s.address = lower(a.recipient)
      and (s.reason <> 'opted_out' or not p_is_essential)
    where f.channel <> 'in_app'
      or p_customer_id is not null
  ) as c
  order by c.place, c.skip_reason is not null, c.step
$$;

comment on function notice_channels(uuid, text[], text, text, bigint, boolean) is
  'On which channels somebody can be told what he wants to hear there, or why not.';
