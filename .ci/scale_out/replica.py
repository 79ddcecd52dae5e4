"""Analysts on a hot standby, while the shop is busy."""

from fleet import Buyers, assert_books_balance, create_server
from servers import wait_for

ORDERS = 150
SHOP = "00000000-0000-0000-0000-000000000001"


def drill(stage):
    server = create_server(stage.bin, stage.folder)
    stage.at_end(server.stop)
    fleet = stage.fleet()
    fleet.open_shop(server)
    server.sql(f"""
        create role kofi login in role stevedore_analyst;
        alter role kofi set stevedore.tenant_id = '{SHOP}';
        alter role kofi set search_path = analytics;
        alter role kofi set statement_timeout = '30s'""")
    standby = server.follower(stage.folder / "standby")
    stage.at_end(standby.stop)
    views = standby.sql("select viewname from pg_views where schemaname = 'analytics'").split()
    if len(views) < 15:
        raise AssertionError(f"only {views} for analysts")

    api = fleet.api("api", server.url())
    for n in (1, 2):
        fleet.worker(f"worker-{n}", server.url(), REFRESH_ANALYTICS_EVERY="1s")
    buyers = Buyers(fleet, [api.url], ORDERS, seconds=6)
    every_view = "; ".join(f"select count(*) from (select * from {view}) as v" for view in views)
    asked = 0
    while len(buyers.acknowledged) < ORDERS and not buyers.gave_up:
        # An error, say of a query that the stream has cancelled, ends the drill.
        standby.sql(every_view, user="kofi")
        asked += len(views)
    buyers.done()
    assert_books_balance(fleet, server, buyers)

    takings = "select coalesce(sum(orders), 0) from revenue_by_day"
    wait_for("analysts' figures", lambda: standby.sql(takings, user="kofi") == str(ORDERS))
    standby.wait_until_caught_up(server)
    fleet.command(standby.url(), "check")
    for writing in ("delete from order_days", "create table mine (x int)"):
        try:
            standby.sql(writing, user="kofi")
        except RuntimeError:
            continue
        raise AssertionError(f"an analyst did: {writing}")
    return (f"{asked} queries of {len(views)} views were answered by the standby while {ORDERS} "
            "orders were placed; their figures agree, and stevedore check works there")
