-- A new fulfilment is a new fulfil_order job, in the same transaction.
create or replace function trg_fulfillments_enqueue()
returns trigger
language plpgsql
as $$
begin
  perform enqueue_fulfillments(n.tenant_id, array_agg(n.fulfillment_id))
  from new_rows as n
  group by n.tenant_id;
  return null;
end
$$;

comment on function trg_fulfillments_enqueue() is 'Enqueues the jobs of new fulfilments.';

-- After the trg_fulfillments_1_… of the history; fulfillment_items are there by then, too, since
-- create_fulfillments() writes both in one statement.
create or replace trigger trg_fulfillments_2_enqueue
after insert on fulfillments
referencing new table as new_rows
for each statement execute function trg_fulfillments_enqueue();
