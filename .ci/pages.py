"""Opens each page for people in Chromium and looks whether it is there.

usage: pages.py PATH_OF_STEVEDORE FOLDER_FOR_SCREENSHOTS
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

STEVEDORE, SCREENSHOTS = sys.argv[1], pathlib.Path(sys.argv[2])
DEMO_DEADLINE_S = 180
PAGE_DEADLINE_S = 90
# Path, and what a reader must find there.
PAGES = {
    "/api/docs/": ["Place an order", "/v1/jobs/batch", "Cancel an order"],
    "/api/problems": ["out_of_stock", "validation_failed"],
    "/track/NOBODYS": ["There is no parcel with this number"],
    "/console/sign-in": ["API key with the scope admin"],
    "/v1/unsubscribe/x": ["Stop these messages"],
}


def demo(folder):
    """A fleet that stays; answers its process and its report."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    out = folder / "out"
    with out.open("w") as stdout, (folder / "log").open("w") as stderr:
        command = [STEVEDORE, "demo", "--keep", "--json", "--orders", "20", "--workers", "1"]
        running = subprocess.Popen(command, stdout=stdout, stderr=stderr, env=environment)
    end = time.monotonic() + DEMO_DEADLINE_S
    while running.poll() is None and time.monotonic() < end:
        lines = out.read_text().splitlines()
        if lines and lines[-1].startswith("{"):
            return running, json.loads(lines[-1])
        time.sleep(0.2)
    running.kill()
    sys.exit(f"the demo did not come up:\n{(folder / 'log').read_text()[-3000:]}")


def browse(url, profile, *arguments):
    """What Chromium says about a page after its scripts had ten seconds of its time."""
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        f"--user-data-dir={profile}", "--window-size=1280,2400", "--virtual-time-budget=10000",
        "--enable-logging=stderr", *arguments, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=PAGE_DEADLINE_S)


def check(base, path, expected, profile):
    dom = browse(base + path, profile, "--dump-dom")
    missing = [text for text in expected if text not in dom.stdout]
    errors = [line for line in dom.stderr.splitlines() if "CONSOLE" in line and "rror" in line]
    picture = SCREENSHOTS / f"{path.strip('/').replace('/', '-')}.png"
    browse(base + path, profile, f"--screenshot={picture}")
    for text in missing:
        print(f"PROBLEM {path} does not show {text!r}")
    for line in errors:
        print(f"PROBLEM {path}: {line}")
    print(f"{path}: {len(dom.stdout)} bytes of page, {picture.stat().st_size} of picture")
    return not missing and not errors


SCREENSHOTS.mkdir(parents=True, exist_ok=True)
with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    running, report = demo(folder)
    try:
        good = [check(report["api_url"], *page, folder / "profile") for page in PAGES.items()]
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(timeout=60)
sys.exit(0 if all(good) else 1)
