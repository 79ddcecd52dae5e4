"""Faults of the database, of its sessions, and of what is in it."""

import datetime
import json
import ssl
import subprocess
import threading
import http.server

from drill import ended, expect, firing, pages, phase, until
from page import Page
from town import quietly


@pages("StevedoreHeldTransaction", "StevedoreLongTransaction")
def held(town):
    """a console began a transaction, changed a row and was left alone. The statements named its
    session and whom it blocked; it was ended."""
    town.sql("create table notes (n integer); insert into notes values (1)")
    _, pid = console = town.session("console")
    console[0].run("begin")
    console[0].run("update notes set n = 2")
    waiter = town.busy("waiter", "update notes set n = 3")
    yield firing("StevedoreHeldTransaction", "StevedoreLongTransaction")
    expect(town.follow("StevedoreHeldTransaction", "select pid, usename"), pid, "console")
    expect(town.follow("StevedoreHeldTransaction", "select pid, pg_blocking_pids"),
           f"{waiter}|{{{pid}}}")
    expect(town.follow("StevedoreLongTransaction", "select pid, usename"), pid)
    town.follow("StevedoreHeldTransaction", "select pg_terminate_backend", pid=pid)
    yield ended("StevedoreHeldTransaction", "StevedoreLongTransaction")


@pages("StevedoreConnectionsNearLimit")
def crowd(town):
    """another program opened connections until 85 % of the server's were taken. The statement named
    it, and its sessions were ended."""
    used, limit = map(int, town.sql(
        "select count(*), current_setting('max_connections')::integer from pg_stat_activity"
        " where backend_type = 'client backend'").split("|"))
    for _ in range(int(0.85 * limit) - used):
        town.session("crowd")
    yield firing("StevedoreConnectionsNearLimit")
    said = town.follow("StevedoreConnectionsNearLimit", "select usename, application_name")
    expect(said.splitlines()[0], "crowd")
    every = "(pid) from pg_stat_activity where application_name = 'crowd'"
    town.sql(Page.of("StevedoreConnectionsNearLimit").code("select pg_terminate_backend", {"pid": "PID"})
             .replace("(PID);", every))
    yield ended("StevedoreConnectionsNearLimit")


@pages("StevedoreLockWaits")
def locked(town):
    """a session held a row and seven others wanted it. The statement named the one at the head of
    the line; ending it let the others go on."""
    town.sql("create table prices (n integer); insert into prices values (1)")
    holder, pid = town.session("holder")
    holder.run("begin")
    holder.run("update prices set n = 2")
    for _ in range(7):
        town.busy("waiter", "update prices set n = 3")
    yield firing("StevedoreLockWaits")
    line = town.follow("StevedoreLockWaits", "select b.pid")
    expect(line, f"{pid}|postgres|holder|idle in transaction")
    town.follow("StevedoreHeldTransaction", "select pg_terminate_backend", pid=pid)
    yield ended("StevedoreLockWaits")


@pages("StevedoreSlowStatements")
def slow(town):
    """four sessions asked for something that takes minutes. The statement named them, and they were
    cancelled."""
    pids = [town.busy("report", "select pg_sleep(300)") for _ in range(4)]
    yield firing("StevedoreSlowStatements")
    expect(town.follow("StevedoreSlowStatements", "select pid, usename"), "pg_sleep", *pids)
    town.follow("StevedoreSlowStatements", "select relname")
    for pid in pids:
        town.follow("StevedoreLockWaits", "select pg_cancel_backend", pid=pid)
    yield ended("StevedoreSlowStatements")


@pages("StevedoreDeadlocks")
def deadlock(town):
    """two sessions updated two rows in opposite order. The server's log named both statements, and
    the number grew. The alert ends by itself, some time after the last one."""
    town.sql("create table pairs (n integer); insert into pairs values (1), (2)")
    one, _ = town.session("one")
    one.run("begin")
    one.run("update pairs set n = n where n = 1")
    begin = ["begin", "update pairs set n = n where n = 2"]
    town.busy("other", "update pairs set n = n where n = 1", begin)
    # One of them fails; the server counts it when its transaction ends.
    quietly(one, "update pairs set n = n where n = 2")
    yield firing("StevedoreDeadlocks")
    count = int(town.follow("StevedoreDeadlocks", "select deadlocks").split("|")[0])
    if count < 1:
        raise AssertionError("no deadlock was counted")
    log = town.server.data.with_name(town.server.data.name + ".log").read_text()
    expect(log, "deadlock detected", "update pairs set n = n where n = 1",
           "update pairs set n = n where n = 2")
    yield ended("StevedoreDeadlocks")


@pages("StevedoreTableBloat")
def bloat(town):
    """20,000 keys were written and deleted while a report held its snapshot, so that vacuum could
    remove none of them. The statements named the table and the session; after its end a vacuum by
    hand removed them."""
    report, pid = town.session("report")
    report.run("begin isolation level repeatable read")
    report.run("select 1 from orders limit 1")
    town.sql("""
        insert into idempotency_keys (tenant_id, idempotency_key, endpoint, request_hash, response)
        select tenant_id, 'bloat-' || n, endpoint, request_hash, response
        from (select * from idempotency_keys limit 1) as k, generate_series(1, 20000) as n;
        delete from idempotency_keys where idempotency_key like 'bloat-%'""")
    yield firing("StevedoreTableBloat")
    expect(town.follow("StevedoreTableBloat", "select relname"), "idempotency_keys|")
    expect(town.follow("StevedoreTableBloat", "select 'session '"), f"session {pid}|")
    town.follow("StevedoreLongTransaction", "select pg_terminate_backend", pid=pid)

    def vacuum():
        """Others of this phase hold snapshots, too."""
        town.sql("vacuum idempotency_keys")
        return int(town.sql("select n_dead_tup from pg_stat_user_tables "
                            "where relname = 'idempotency_keys'")) < 10000

    yield until("vacuum that removes them", vacuum)
    yield ended("StevedoreTableBloat")


@pages("StevedoreReplicationSlotInactive")
def slot(town):
    """a slot was left behind without a reader. The statement named it, and it was dropped."""
    town.sql("select pg_create_physical_replication_slot('gone', true)")
    yield firing("StevedoreReplicationSlotInactive")
    expect(town.follow("StevedoreReplicationSlotInactive", "select slot_name"), "gone|physical|f")
    town.follow("StevedoreReplicationSlotInactive", "select pg_drop_replication_slot", slot="gone")
    yield ended("StevedoreReplicationSlotInactive")


@pages("StevedoreReplicationLag")
def standby(town):
    """an analyst's transaction on a standby had read a table that was altered then, so the
    standby's replay stood still. The statement showed what had arrived and not been replayed;
    ending the transaction there let it catch up."""
    town.sql("create table reports (n integer); insert into reports values (1)")
    follower = town.server.follower(town.folder / "standby")
    town.at_end(follower.stop, "immediate")
    follower.configure({"max_standby_streaming_delay": "-1"})
    follower.sql("select pg_reload_conf()")
    follower.wait_until_caught_up(town.server)
    analyst, pid = town.session("analyst", follower)
    analyst.run("begin isolation level repeatable read")
    analyst.run("select * from reports")
    town.sql("alter table reports add column m integer")
    yield firing("StevedoreReplicationLag")
    said = town.follow("StevedoreReplicationLag", "select application_name")
    expect(said, "standby|", "streaming")
    follower.sql(f"select pg_terminate_backend({pid})")
    yield ended("StevedoreReplicationLag")
    follower.stop("immediate")


@pages("StevedoreStockDiscrepancy")
def discrepancy(town):
    """a superuser switched triggers off and wrote a level by hand. `stevedore check` and the
    statements named it and showed that no movement explains it; the level was brought to its
    ledger, and the ledger to what was counted. The pause between two rounds of the sampler was cut
    short."""
    town.sql("set session_replication_role = replica;"
             "update inventory_levels set on_hand = on_hand + 5 where inventory_item_id = "
             "(select inventory_item_id from inventory_items where sku = 'MUG-RED')")
    again = "update fleet_monitor set stock_round_at = '-infinity'"
    town.sql(again)
    yield firing("StevedoreStockDiscrepancy")
    expect(town.follow("StevedoreStockDiscrepancy", "stevedore check", may_fail=True), "MUG-RED")
    expect(town.follow("StevedoreStockDiscrepancy", "select sku"), "MUG-RED|ACC|25|20")
    expect(town.follow("StevedoreStockDiscrepancy", "select m.created_at", sku="MUG-RED"), "received|20")
    town.follow("StevedoreStockDiscrepancy", "begin; set local session_replication_role", sku="MUG-RED")
    town.follow("StevedoreStockDiscrepancy", "select sp_adjust_stock", sku="MUG-RED", location="ACC",
                counted=19)
    town.sql(again)
    yield ended("StevedoreStockDiscrepancy")
    expect(town.command("stevedore check"), "books balance")


@pages("StevedoreApiKeyExpiring")
def key_ends(town):
    """a key was made that ends in three days. The list and the statement named it; a new one was
    made, and the old one revoked."""
    town.key("orders:read", name="leaving", more=["--expires-at", town.in_days(3)])
    yield firing("StevedoreApiKeyExpiring")
    expect(town.follow("StevedoreApiKeyExpiring", "stevedore keys list"), "leaving")
    said = town.follow("StevedoreApiKeyExpiring", "select name, key_id")
    expect(said, "leaving|")
    town.key("orders:read", name="leaving")
    town.follow("StevedoreApiKeyExpiring", "stevedore keys revoke", key_id=said.split("|")[1])
    yield ended("StevedoreApiKeyExpiring")


class Door:
    """A server whose TLS ends soon."""

    def __init__(self, town):
        self.folder, self.port = town.folder, town.port("door")
        self.openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 900 "
                     "-subj /CN=authority -keyout ca.key -out ca.pem")
        self.openssl("req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
                     "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout door.key -out door.csr")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.renew(5)
        handler = type("Handler", (http.server.BaseHTTPRequestHandler,), {
            "do_GET": lambda self: (self.send_response(204), self.end_headers()),
            "log_message": lambda *_: None})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        server.socket = self.context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        town.at_end(server.shutdown)

    def openssl(self, arguments):
        subprocess.run(["openssl", *arguments.split()], cwd=self.folder, check=True, capture_output=True)

    def renew(self, days):
        self.openssl(f"x509 -req -in door.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days {days} "
                     "-copy_extensions copy -out door.pem")
        self.context.load_cert_chain(self.folder / "door.pem", self.folder / "door.key")

    def shown(self):
        """As on the page: what anybody is shown."""
        shown = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-servername", "localhost"],
            stdin=subprocess.DEVNULL, capture_output=True)
        return subprocess.run(["openssl", "x509", "-noout", "-subject", "-enddate"],
                              input=shown.stdout, capture_output=True).stdout.decode()


@pages("StevedoreCertificateExpiring")
def certificate(town):
    """a server showed a certificate that ends in five days, and Prometheus looked at it through the
    blackbox exporter. The query and `openssl` said when it ends; it was renewed and read again."""
    door = Door(town)
    town.beside("blackbox", [
        "prometheus-blackbox-exporter", f"--web.listen-address=127.0.0.1:{town.port('blackbox')}",
        f"--config.file={town.blackbox_config()}"], SSL_CERT_FILE=str(town.folder / "ca.pem"))
    (town.folder / "certificates.json").write_text(
        json.dumps([{"targets": [f"https://localhost:{door.port}"]}]))
    yield firing("StevedoreCertificateExpiring")
    expect(town.follow("StevedoreCertificateExpiring", "min by (instance)"), f"localhost:{door.port}")
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=5)
    expect(door.shown(), "localhost", f"{end:%b} {end.day:2}")
    door.renew(90)
    yield ended("StevedoreCertificateExpiring")
    (town.folder / "certificates.json").write_text("[]")


phase(held, crowd, locked, deadlock, slot, standby, discrepancy, key_ends, certificate)
