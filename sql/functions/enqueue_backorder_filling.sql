-- Units are free at levels for which somebody waits: a job gives them to who waits longest. A job
-- and not the movement itself, since filling locks orders, which come before levels; meanwhile
-- nobody else can be promised these units (trg_inventory_levels_guard).
create or replace function enqueue_backorder_filling(p_levels inventory_levels[])
returns void
language plpgsql volatile
as $$
begin
  perform from queue.enqueue_many((
    select jsonb_agg(jsonb_build_object(
      'kind', 'fill_backorders',
      'queue', 'maintenance',
      'unique_key', format('fill_backorders:%s:%s', l.inventory_item_id, l.location_id),
      'unique_scope', 'waiting',
      'run_at', greatest(l.release_at, clock_now()),
      'args', jsonb_build_object(
        'tenant_id', l.tenant_id,
        'inventory_item_id', l.inventory_item_id,
        'location_id', l.location_id)))
    from unnest(p_levels) as l));
end
$$;

comment on function enqueue_backorder_filling(inventory_levels[]) is
  'Enqueues the filling of the backorders of levels that have free units.';
