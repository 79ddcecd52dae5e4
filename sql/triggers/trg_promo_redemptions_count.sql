-- Each use counts on its promotion, and no more once it is given back. More than there may be is
-- refused by promotions_redeemed_check, whoever writes. A use is given back once, and else stays.
create or replace function trg_promo_redemptions_count()
returns trigger
language plpgsql
as $$
begin
  if tg_op = 'UPDATE' then
    if old.returned_at is not null or new.returned_at is null
      or (new.tenant_id, new.promo_redemption_id, new.promotion_id, new.order_id,
          new.customer_key, new.currency, new.discount_amount)
        is distinct from (old.tenant_id, old.promo_redemption_id, old.promotion_id, old.order_id,
          old.customer_key, old.currency, old.discount_amount)
    then
      raise exception 'the use of a promotion can only be given back, once'
        using errcode = '42501';
    end if;
  elsif new.returned_at is not null then
    raise exception 'a use starts used' using errcode = '42501';
  end if;
  update promotions
  set redeemed = redeemed + case tg_op when 'INSERT' then 1 else -1 end
  where tenant_id = new.tenant_id
    and promotion_id = new.promotion_id;
  return new;
end
$$;

comment on function trg_promo_redemptions_count() is 'Keeps promotions.redeemed.';

create or replace trigger trg_promo_redemptions_count
before insert or update on promo_redemptions
for each row execute function trg_promo_redemptions_count();

create or replace trigger trg_promo_redemptions_delete
before delete or truncate on promo_redemptions
for each statement execute function trg_refuse_change();
