"""The settings that the programs know, and what others may name."""

import pathlib
import re

# Settings of other people's images, and what only our health check reads.
FOREIGN = re.compile(r"^(POSTGRES|GF|MP)_|^STEVEDORE_HEALTH_PORT$")
# What belongs to a terminal or to one process, and to no deployment.
PRIVATE = re.compile(r"^(NO_COLOR|WORKER_NAME|SIMULATOR_.*)$")
SOURCES = ("crates", "enqueue-api", "worker")


def sources():
    """The programs' own files."""
    for folder in SOURCES:
        for path in pathlib.Path(folder).rglob("*.rs"):
            if "target" not in path.parts:
                yield path.read_text()


def settings():
    """Every environment variable that a settings struct reads."""
    found = {name for text in sources() for name in re.findall(r'\benv = "([A-Z0-9_]+)"', text)}
    assert len(found) > 20, f"only found {sorted(found)}"
    return found


def options():
    """Every option with a name of its own."""
    return {name for text in sources() for name in re.findall(r'\blong = "([a-z-]+)"', text)}


def is_known(variable, known):
    """A setting, or the file that holds its value."""
    return variable in known or variable.removesuffix("_FILE") in known
