"""What a drill is, and how many of them go on at once.

A drill is a generator: it makes a fault, yields what it waits for, looks, does what the page says, and
yields again. The loop below goes round all of a phase and lets those go on whose wait is over.
"""

import contextlib
import inspect
import time
import traceback

# For one wait, of which the longest are for the sampler (5 s, when the fleet idles 20 s) and a window.
DEADLINE_S = 90
PAUSE_S = 0.3

PHASES = []


class Wait:
    def __init__(self, what, is_over, alerts=()):
        self.what, self.is_over, self.alerts = what, is_over, alerts


def firing(*alerts):
    return Wait(f"{', '.join(alerts)} to fire", lambda now: now >= set(alerts), alerts)


def ended(*alerts):
    return Wait(f"{', '.join(alerts)} to end", lambda now: not now & set(alerts))


def until(what, condition):
    return Wait(what, lambda _: condition())


def phase(*drills):
    """Those go on at once; no two of them may be about the same alert."""
    PHASES.append(drills)


def pages(*alerts):
    """Says whose pages a drill follows. Its documentation becomes part of them."""

    def mark(drill):
        drill.alerts = alerts
        return drill

    return mark


def expect(said, *words):
    """What a page's statement must show."""
    for word in words:
        if str(word) not in said:
            raise AssertionError(f"no {word!r} in:\n{said}")


def said_of(drill):
    return " ".join(inspect.getdoc(drill).split())


class Run:
    """A drill on its way."""

    def __init__(self, drill, town):
        self.drill, self.steps = drill, drill(town)
        self.fired, self.problem, self.is_done = set(), None, False
        self.wait = Wait("its turn", lambda _: True)
        self.since = self.start = time.monotonic()

    def look(self, now):
        try:
            if self.wait.is_over(now):
                self.fired |= set(self.wait.alerts)
                self.wait, self.since = next(self.steps), time.monotonic()
            elif time.monotonic() - self.since > DEADLINE_S:
                raise TimeoutError(f"waited {DEADLINE_S} s for {self.wait.what}")
        except StopIteration:
            self.end()
        except Exception:
            self.end(traceback.format_exc(limit=-3))

    def end(self, problem=None):
        missing = set(self.drill.alerts) - self.fired
        if not problem and missing:
            problem = f"never looked for {missing}"
        self.problem, self.is_done = problem, True
        self.took_s = time.monotonic() - self.start
        with contextlib.suppress(Exception):
            self.steps.close()


def run_phase(drills, town):
    """How many pages were followed to the end; a line for each."""
    alerts = {alert for drill in drills for alert in drill.alerts}
    # What the phase before has left ends by itself.
    end = time.monotonic() + DEADLINE_S
    while (early := town.alerts() & alerts) and time.monotonic() < end:
        time.sleep(PAUSE_S)
    for alert in early:
        print(f"{alert}: PROBLEM, it fires before anything was done")
    runs = [Run(drill, town) for drill in drills]
    while not all(run.is_done for run in runs):
        now = town.alerts()
        for run in runs:
            if not run.is_done:
                run.look(now)
        time.sleep(PAUSE_S)
    town.close_sessions()
    for run in runs:
        for alert in run.drill.alerts:
            outcome = f"followed, {run.took_s:.0f} s" if not run.problem else "PROBLEM"
            print(f"{alert}: {outcome}", flush=True)
        if run.problem:
            print(f"{run.drill.__name__}: {run.problem}", flush=True)
    return sum(len(set(run.drill.alerts) - early) for run in runs if not run.problem)
