-- How often a promotion is used is counted by promo_redemptions alone; its code stays what it is.
create or replace function trg_promotions_guard()
returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    if new.redeemed <> 0 then
      raise exception 'a promotion starts unused' using errcode = '42501';
    end if;
    return new;
  end if;
  if (new.tenant_id, new.promotion_id, new.code)
      is distinct from (old.tenant_id, old.promotion_id, old.code)
    or new.redeemed <> old.redeemed and pg_trigger_depth() < 2
  then
    raise exception 'uses of a promotion are counted only through promo_redemptions'
      using errcode = '42501';
  end if;
  new.updated_at := clock_now();
  return new;
end
$$;

comment on function trg_promotions_guard() is
  'Refuses writers of promotions.redeemed other than promo_redemptions (42501).';

create or replace trigger trg_promotions_guard
before insert or update on promotions
for each row execute function trg_promotions_guard();
