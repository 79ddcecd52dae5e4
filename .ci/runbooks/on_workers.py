"""Faults of workers: too few, dead, stopped, deaf, stuck."""

import os
import signal

from drill import ended, expect, firing, pages, phase, until
from page import Page
from town import SLOW_PHONE


def slow_orders(town, count):
    """Orders that keep whoever takes them busy for a while."""
    return [town.order(SLOW_PHONE) for _ in range(count)]


def jobs_of(town, name):
    """How many jobs a worker has in its hands."""
    return int(town.sql("select count(*) from queue.jobs join queue.workers using (worker_id) "
                        f"where name = '{name}' and jobs.state = 'running'"))


@pages("StevedoreDeadLetterGrowing", "StevedoreJobFailureRateHigh")
def dead_jobs(town):
    """a program enqueued 40 jobs whose arguments are none. The statements told the error and each
    attempt; they can never succeed and were left, and the alert ended by itself."""
    town.sql("select queue.enqueue(p_kind => 'fulfil_order', p_queue => 'fulfilment', p_args => '{\"n\": 1}') "
             "from generate_series(1, 40)")
    yield firing("StevedoreDeadLetterGrowing", "StevedoreJobFailureRateHigh")
    said = town.follow("StevedoreDeadLetterGrowing", "select left(last_error", kind="fulfil_order")
    expect(said, "missing field", "|40|")
    said = town.follow("StevedoreJobFailureRateHigh", "select left(error", kind="fulfil_order")
    expect(said, "missing field", "|40|")
    job = town.sql("select max(job_id) from queue.dead_jobs where args ? 'n'")
    expect(town.follow("StevedoreDeadLetterGrowing", "select * from queue.attempts", job_id=job), job)
    yield ended("StevedoreDeadLetterGrowing", "StevedoreJobFailureRateHigh")


@pages("StevedoreLeasesExpiring", "StevedoreWorkerErrors", "StevedoreWorkerDown")
def killed(town):
    """a worker was killed with SIGKILL while it had more than five jobs in its hands. The
    statements named it, and the kind of what it lost; it was started again."""
    slow_orders(town, 24)
    yield until("jobs in its hands", lambda: jobs_of(town, "hands-1") > 6)
    worker = town.process("hands-1")
    worker.kill()
    yield firing("StevedoreLeasesExpiring", "StevedoreWorkerErrors", "StevedoreWorkerDown")
    expect(town.follow("StevedoreLeasesExpiring", "select name, version"), "hands-1|")
    expect(town.follow("StevedoreLeasesExpiring", "select kind, count"), "fulfil_order|")
    expect(town.follow("StevedoreWorkerDown", "select * from queue.workers"), "hands-1", "dead")
    town.follow("StevedoreWorkerErrors", "stevedore jobs stats")
    town.follow("StevedoreWorkerErrors", "select kind, left")
    town.worker("hands-1", WORKER_CONCURRENCY="16")
    yield ended("StevedoreLeasesExpiring", "StevedoreWorkerErrors", "StevedoreWorkerDown")


@pages("StevedoreFencedWritesRejected")
def stopped(town):
    """the connection over which a worker gives its signs of life hung, while its others went on: the
    server's process behind it was stopped with SIGSTOP. Others were given its jobs, and it finished
    them before it heard that it had lost them. The statement named it, and its log said what was
    refused and why it had been silent; it came back by itself."""
    worker = town.worker("late", WORKER_CONCURRENCY="16", DATABASE_APPLICATION_NAME="late")
    pid = None
    try:
        yield until("scrapes of it", lambda: town.is_scraped("late"))
        # They end after the death of their worker, and before it asks again over another connection.
        slow_orders(town, 24)
        yield until("jobs in its hands", lambda: jobs_of(town, "late") > 2)
        # Not the worker: one that stood still as a whole hears of its death first, and drops its jobs.
        pid = hang_keeper(town)
        yield until("others to have them", lambda: jobs_of(town, "late") == 0)
        yield firing("StevedoreFencedWritesRejected")
        page = Page.of("StevedoreFencedWritesRejected")
        for line in ("the lease was lost", "heartbeat failed"):
            yield until(f"{line!r} in its log", lambda said=page.code(line, {}): said in town.log("late"))
        expect(town.follow("StevedoreFencedWritesRejected", "select name, version"), "late|")
    finally:
        if pid:
            os.kill(pid, signal.SIGCONT)
        # If it stayed, it would work in the drills that come.
        worker.stop()
        town.forget("late")
    yield ended("StevedoreFencedWritesRejected")


def hang_keeper(town):
    """Stops the process behind the connection of the worker's signs of life, between two of them, or
    others would wait for its locks. Answers its process id."""
    its = "from pg_stat_activity where application_name = 'late' and query ilike '%queue.beat(%'"
    [pid] = map(int, town.sql(f"select pid {its}").split())
    for _ in range(20):
        os.kill(pid, signal.SIGSTOP)
        if town.sql(f"select state {its} and pid = {pid}") == "idle":
            return pid
        os.kill(pid, signal.SIGCONT)
    raise AssertionError("it is never idle")


@pages("StevedoreListenerDisconnected")
def deaf(town):
    """the role of a worker was allowed fewer connections than it had, and the one that it listens
    on was ended. Its log said that it does not hear; it heard again as soon as the role was allowed
    more."""
    town.sql("create role cut login in role stevedore_worker")
    town.worker("deaf", DATABASE_URL=town.url("cut"), WORKER_QUEUES="maintenance")
    yield until("scrapes of it", lambda: town.is_scraped("deaf"))
    town.sql("alter role cut connection limit 1; select pg_terminate_backend(pid) from pg_stat_activity "
             "where usename = 'cut' and query ilike 'listen%'")
    yield firing("StevedoreListenerDisconnected")
    yield until("its log to say so", lambda: "not hearing of new jobs" in town.log("deaf"))
    expect(town.log("deaf"), "listener")
    expect(town.follow("StevedoreListenerDisconnected", "select count(*)"), "|")
    town.sql("alter role cut connection limit -1")
    yield ended("StevedoreListenerDisconnected")
    town.process("deaf").stop()
    town.forget("deaf")


@pages("StevedoreJobRunningTooLong", "StevedoreWorkersSaturated", "StevedoreWorkerDrainStuck")
def stuck(town):
    """a table of `analytics` was locked, and two jobs that compute it anew took both slots of a
    worker and did not end. The statements named them; another worker was started beside it, the
    jobs were cancelled, and as that did not end them the worker was told to stop, which it did not;
    told again, it ended."""
    holder, _ = town.session("holder")
    holder.run("begin")
    holder.run("lock table analytics.order_days in access exclusive mode")
    settings = {"WORKER_QUEUES": "reports", "WORKER_CONCURRENCY": "2", "WORKER_GRACE": "5m",
                "DATABASE_STATEMENT_TIMEOUT": "5m"}
    worker = town.worker("reports-1", **settings)
    town.sql("select queue.enqueue(p_kind => 'refresh_analytics', p_queue => 'reports') "
             "from generate_series(1, 2)")
    yield firing("StevedoreJobRunningTooLong", "StevedoreWorkersSaturated")
    said = town.follow("StevedoreJobRunningTooLong", "select j.job_id")
    jobs = [line.split("|")[0] for line in said.splitlines() if "|reports-1|" in line]
    if len(jobs) != 2:
        raise AssertionError(said)
    town.worker("reports-2", **settings)
    yield ended("StevedoreWorkersSaturated")
    for job in jobs:
        town.follow("StevedoreJobRunningTooLong", "select queue.cancel", job_id=job)
    worker.tell_to_stop()
    yield firing("StevedoreWorkerDrainStuck")
    expect(town.follow("StevedoreWorkerDrainStuck", "select j.job_id"), *jobs)
    worker.tell_to_stop()
    yield until("its end", lambda: worker.running.poll() is not None)
    town.forget("reports-1")
    holder.close()
    yield ended("StevedoreWorkerDrainStuck", "StevedoreJobRunningTooLong")
    town.process("reports-2").stop()
    town.forget("reports-2")


@pages("StevedoreProcessRestarts")
def restarts(town):
    """a worker was killed four times in a row, and started again each time. Its exit code was that
    of a kill; the alert ended when it was left alone."""
    started = f'process_start_time_seconds{{instance="127.0.0.1:{town.port("flaky")}"}}'
    worker, before = town.worker("flaky", WORKER_QUEUES="nothing"), None
    for _ in range(4):
        yield until("scrape of it", lambda: town.ask(started) not in ([], before))
        before = town.ask(started)
        worker.kill()
        if worker.running.returncode != -9:
            raise AssertionError(f"it ended with {worker.running.returncode}")
        worker = town.worker("flaky", WORKER_QUEUES="nothing")
    yield firing("StevedoreProcessRestarts")
    yield ended("StevedoreProcessRestarts")
    worker.stop()
    town.forget("flaky")


@pages("StevedoreQueueOldestReadyJobTooOld", "StevedoreQueueNotDraining", "StevedoreQueueBacklogGrowing",
       "StevedoreJobsStartLate")
def nobody(town):
    """all workers that serve `fulfilment` were killed while 150 orders came in. The statements
    showed what waits and that nobody serves it; workers were started, and then told of what had
    started late."""
    for name in ("hands-1", "hands-2"):
        town.process(name).kill()
    for number in range(150):
        town.order()
        if number % 15 == 0:
            yield until("the next", lambda: True)
    yield firing("StevedoreQueueOldestReadyJobTooOld", "StevedoreQueueNotDraining",
                 "StevedoreQueueBacklogGrowing")
    expect(town.follow("StevedoreQueueOldestReadyJobTooOld", "select * from queue.stats"),
           "fulfilment|fulfil_order|ready|")
    served = town.follow("StevedoreQueueOldestReadyJobTooOld", "select worker_id, name")
    if "fulfilment" in served or "watch" not in served:
        raise AssertionError(served)
    expect(town.follow("StevedoreQueueNotDraining", "select name, state"), "watch|running")
    expect(town.follow("StevedoreQueueBacklogGrowing", "select kind, jobs"), "fulfil_order|")
    for name in ("hands-1", "hands-2"):
        town.worker(name, WORKER_CONCURRENCY="16")
    yield firing("StevedoreJobsStartLate")
    town.follow("StevedoreJobsStartLate", "select group_key")
    yield ended("StevedoreQueueOldestReadyJobTooOld", "StevedoreQueueNotDraining",
                "StevedoreQueueBacklogGrowing", "StevedoreJobsStartLate")


@pages("StevedoreWorkerFleetDown", "StevedoreMonitorStale", "StevedoreTicksMissed")
def all_stopped(town):
    """all workers were stopped with SIGSTOP, as by a machine that is suspended, and woken again.
    The statements showed that all are silent; the list of schedules showed the one whose ticks had
    passed."""
    town.sql("select queue.upsert_schedule('every-second', 'expire_reservations', p_every => '1 second', "
             "p_missed => 'skip', p_queue => 'maintenance')")
    ticked = "select last_tick_at is not null from queue.schedules where schedule = 'every-second'"
    yield until("its first tick", lambda: town.sql(ticked) == "t")
    workers = ("watch", "hands-1", "hands-2")
    for name in workers:
        town.pause(name)
    yield firing("StevedoreWorkerFleetDown", "StevedoreMonitorStale")
    said = town.follow("StevedoreWorkerFleetDown", "select name, state")
    expect(said, "watch|")
    expect(town.follow("StevedoreMonitorStale", "select worker_id, name"), "watch|")
    town.follow("StevedoreMonitorStale", "explain analyze select * from queue.stats")
    for name in workers:
        town.wake(name)
    yield firing("StevedoreTicksMissed")
    expect(town.follow("StevedoreTicksMissed", "stevedore jobs schedules list"), "every-second")
    expect(town.follow("StevedoreTicksMissed", "select schedule, kind"), "every-second|")
    yield ended("StevedoreWorkerFleetDown", "StevedoreMonitorStale", "StevedoreTicksMissed")


phase(dead_jobs, deaf, stuck, restarts)
phase(killed)
phase(stopped)
phase(nobody)
phase(all_stopped)
