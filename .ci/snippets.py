"""Runs the snippets of a page and counts the jobs that each makes: snippets.py PAGE STEVEDORE

Before a fenced block stands how many jobs it enqueues: <!-- enqueues: 1 -->. DATABASE_URL names a
database with the queue. SQL goes through psql, console through bash, Python and PHP through theirs.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

PAGE, STEVEDORE = sys.argv[1:3]
URL = os.environ["DATABASE_URL"]
BLOCK = re.compile(r"<!-- enqueues: (\d+) -->\n```(\w+)\n(.*?)^```$", re.M | re.S)


def run(command, **options):
    done = subprocess.run(command, text=True, capture_output=True, timeout=60, **options)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def psql():
    beside = os.path.join(os.environ.get("STEVEDORE_POSTGRES_BIN", ""), "psql")
    return shutil.which("psql") or (beside if os.access(beside, os.X_OK) else sys.exit("no psql"))


def sql(text):
    return run([psql(), URL, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", text])


def dsn():
    """The database as PDO knows it."""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(URL).query)
    name = urllib.parse.urlsplit(URL).path.lstrip("/")
    return f"pgsql:host={query['host'][0]};port={query['port'][0]};dbname={name};user=postgres"


def has_php():
    if not shutil.which("php"):
        return False
    return "pdo_pgsql" in run(["php", "-m"])


def runner_of(language, code, folder, environment):
    if language == "sql":
        return lambda: sql(code)
    if language == "console":
        return lambda: run(["bash", "-euc", code], env=environment)
    name = {"python": "snippet.py", "php": "snippet.php"}[language]
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(code)
    program = {"python": sys.executable, "php": "php"}[language]
    return lambda: run([program, path], env=environment)


def jobs():
    return int(sql("select count(*) from queue.jobs"))


def main():
    key = run([STEVEDORE, "keys", "create", "--name", "snippets", "--scope", "jobs:write", "--json"])
    token = re.search(r'"token":\s*"([^"]+)"', key).group(1)
    api = subprocess.Popen(
        [STEVEDORE, "api", "--bind", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        address = re.search(r"http://\S+", api.stdout.readline()).group(0)
        environment = os.environ | {
            "STEVEDORE_URL": address.rstrip("/"),
            "STEVEDORE_KEY": token,
            "PDO_DSN": dsn(),
        }
        with open(PAGE, encoding="utf-8") as file:
            blocks = BLOCK.findall(file.read())
        ran = 0
        with tempfile.TemporaryDirectory() as folder:
            for expected, language, code in blocks:
                if language == "php" and not has_php():
                    print("snippet in php: no PHP with PDO for PostgreSQL here, left out")
                    continue
                before = jobs()
                runner_of(language, code, folder, environment)()
                made = jobs() - before
                if made != int(expected):
                    sys.exit(f"this snippet made {made} jobs, not {expected}:\n{code}")
                print(f"snippet in {language}: {made} jobs")
                ran += 1
        if ran < 6:
            sys.exit(f"only {ran} snippets ran")
    finally:
        api.terminate()
        api.wait(20)


main()
