"""PostgreSQL servers of our own over TCP, and a pooler before one of them."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

DEADLINE_S = 60
# What a server needs so that others can follow it; durable, since losses are what is looked for.
SETTINGS = {
    "wal_level": "replica",
    "max_wal_senders": "10",
    "max_connections": "200",
    "hot_standby_feedback": "on",
    "wal_receiver_status_interval": "1s",
    "shared_buffers": "64MB",
}


def wait_for(what, condition, deadline_s=DEADLINE_S):
    """Asks until there is an answer."""
    end = time.monotonic() + deadline_s
    while not (answer := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"no {what} within {deadline_s} s")
        time.sleep(0.2)
    return answer


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def account():
    """PostgreSQL does not run as root."""
    if os.getuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class Server:
    """One PostgreSQL."""

    def __init__(self, bin_folder, data, host="127.0.0.1"):
        self.bin, self.data, self.host = pathlib.Path(bin_folder), data, host
        self.port = free_port()

    @classmethod
    def create(cls, bin_folder, data, settings=None, host="127.0.0.1"):
        server = cls(bin_folder, data, host)
        server.tool("initdb", "--username=postgres", "--auth=trust", "--no-sync",
                    "--no-instructions", "--locale=C.UTF-8", "--encoding=UTF8",
                    f"--pgdata={data}")
        with open(data / "pg_hba.conf", "a") as hba:
            hba.write("host all all 10.0.0.0/8 trust\nhost replication all 10.0.0.0/8 trust\n")
        server.configure(SETTINGS | (settings or {}))
        server.start()
        return server

    def tool(self, name, *arguments, **options):
        """Runs one of PostgreSQL's programs as the account that owns the files."""
        ran = subprocess.run([self.bin / name, *map(str, arguments)], capture_output=True,
                             text=True, cwd="/", **account(), **options)
        if ran.returncode:
            raise RuntimeError(f"{name} {' '.join(map(str, arguments))}: {ran.stderr}{ran.stdout}")
        return ran.stdout

    def configure(self, settings):
        with open(self.data / "postgresql.auto.conf", "a") as file:
            for name, value in settings.items():
                file.write(f"{name} = '{value}'\n")

    def start(self):
        self.tool("pg_ctl", "start", "--wait", f"--pgdata={self.data}", f"--log={self.data}.log",
                  f"--options=-p {self.port} -c listen_addresses={self.host} "
                  "-c unix_socket_directories=''")

    def stop(self, mode="fast"):
        if (self.data / "postmaster.pid").exists():
            self.tool("pg_ctl", "stop", "--wait", f"--mode={mode}", f"--pgdata={self.data}")

    def kill(self):
        """As a machine that loses its power."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True,
                                  text=True).stdout.split()
        for one in [pid, *map(int, children)]:
            try:
                os.kill(one, signal.SIGKILL)
            except ProcessLookupError:
                pass
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def promote(self):
        self.tool("pg_ctl", "promote", "--wait", f"--pgdata={self.data}")

    def follower(self, data, name="standby"):
        """A hot standby, by pg_basebackup and the stream."""
        standby = Server(self.bin, data, self.host)
        source = f"host={self.host} port={self.port} user=postgres"
        self.tool("pg_basebackup", "--checkpoint=fast", "--wal-method=stream", "--no-sync",
                  f"--pgdata={data}", f"--dbname={source}")
        standby.configure({"primary_conninfo": f"{source} application_name={name}"})
        (data / "standby.signal").touch()
        if owner := account():
            os.chown(data / "standby.signal", owner["user"], owner["group"])
        standby.start()
        return standby

    def url(self, user="postgres", database="postgres"):
        return f"postgres://{user}@{self.host}:{self.port}/{database}"

    def sql(self, text, user="postgres"):
        """The answer as lines; fields are separated by |."""
        return self.tool("psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only",
                         "--set=ON_ERROR_STOP=1", f"--command={text}", self.url(user)).strip()

    def run_file(self, path):
        text = pathlib.Path(path).read_text()
        self.tool("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", self.url(),
                  input=text)

    def wait_until_caught_up(self, primary):
        sent = primary.sql("select pg_current_wal_flush_lsn()")
        wait_for("standby that has caught up", lambda: self.sql(
            f"select pg_last_wal_replay_lsn() >= '{sent}'::pg_lsn") == "t")


class Pooler:
    """A PgBouncer in front of a server."""

    def __init__(self, program, folder, server, mode="transaction", more=""):
        self.port = free_port()
        folder.mkdir()
        self.config = folder / "pgbouncer.ini"
        self.server, self.mode, self.more = server, mode, more
        self.write()
        if account():
            shutil.chown(folder, account()["user"])
        self.log = open(folder / "log", "w")
        self.running = subprocess.Popen([*program, str(self.config)], stdout=self.log,
                                        stderr=self.log, cwd="/", **account())
        wait_for("pooler", self.is_up)

    def write(self):
        self.config.write_text(f"""
[databases]
postgres = host={self.server.host} port={self.server.port} dbname=postgres user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
auth_type = any
pool_mode = {self.mode}
max_client_conn = 500
ignore_startup_parameters = options,extra_float_digits
admin_users = postgres
{self.more}
""")

    def reload(self):
        """Reads its file again: the way to another server."""
        self.write()
        self.running.send_signal(signal.SIGHUP)

    def is_up(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def url(self, user="postgres"):
        return f"postgres://{user}@127.0.0.1:{self.port}/postgres"

    def stop(self):
        # Its clients are not waited for: SIGTERM does since 1.23, and before it knew no SIGQUIT,
        # which a shell's background jobs ignore.
        self.running.kill()
        self.running.wait(timeout=DEADLINE_S)
        self.log.close()
