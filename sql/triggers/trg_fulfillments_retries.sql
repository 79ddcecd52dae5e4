-- Counts failed attempts of fulfilments in order_metrics. Fires only where one was counted on the
-- fulfilment itself.
create or replace function trg_fulfillments_retries()
returns trigger
language plpgsql
as $$
begin
  update order_metrics
  set retry_count = retry_count + new.failures - old.failures, updated_at = clock_now()
  where tenant_id = new.tenant_id
    and order_id = new.order_id;
  return null;
end
$$;

comment on function trg_fulfillments_retries() is 'Counts failed attempts in order_metrics.';

create or replace trigger trg_fulfillments_3_retries
after update on fulfillments
for each row
when (new.failures > old.failures)
execute function trg_fulfillments_retries();
