"""Checks what Dockerfile and docker-compose.yml name, and lays out the build context.

usage: containers.py FOLDER PROGRAM    (an empty folder for the context; the program, built, with
its list of sources beside it)
"""

import pathlib
import re
import shutil
import subprocess
import sys

import yaml

import names

# What is said of a build, and no setting.
BUILD = {"REVISION", "VERSION"}
problems = []


def check_settings(compose):
    """Whatever is set is read, and whatever is read can be set."""
    known = names.settings()
    passed = set()
    for name, service in compose["services"].items():
        for variable in service.get("environment") or {}:
            passed.add(variable)
            if not names.FOREIGN.match(variable) and not names.is_known(variable, known):
                problems.append(f"docker-compose.yml: {name} sets {variable}, which nothing reads")
    for variable in sorted(known - passed):
        if not names.PRIVATE.match(variable):
            problems.append(f"docker-compose.yml passes {variable} on to nobody")
    dockerfile = pathlib.Path("Dockerfile").read_text()
    for variable in re.findall(r"\b((?:STEVEDORE|DATABASE|WORKER)_[A-Z_]+)=", dockerfile):
        if variable not in known | {"STEVEDORE_REVISION"} and not names.FOREIGN.match(variable):
            problems.append(f"Dockerfile sets {variable}, which nothing reads")


def check_variables(text):
    """Each ${VARIABLE} is explained in .env.example, which sets nothing that goes nowhere."""
    used = set(re.findall(r"\$\{([A-Z_]+)", text))
    passed_on = set(re.findall(r"^\s+([A-Z_]+):\s*$", text, re.M))
    example = pathlib.Path(".env.example").read_text()
    explained = set(re.findall(r"^#? ?([A-Z_]+)=", example, re.M))
    for name in sorted(used - explained - BUILD):
        problems.append(f".env.example does not mention {name}")
    for name in sorted(explained - used - passed_on - {"COMPOSE_PROFILES"}):
        problems.append(f".env.example sets {name}, which docker-compose.yml does not use")


def check_services(compose):
    services = compose["services"]
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./") and not pathlib.Path(source).exists():
                problems.append(f"docker-compose.yml: {name} mounts {source}, which is not there")
            if not source.startswith("./") and source not in compose["volumes"]:
                problems.append(f"docker-compose.yml: {name}: volume {source} is not declared")
        image = service.get("image", "")
        if ":" not in image or image.endswith(":latest"):
            problems.append(f"docker-compose.yml: {name}: image {image!r} names no version")
        if not service.get("deploy", {}).get("resources") and name != "migrate":
            problems.append(f"docker-compose.yml: {name} has no memory limit")
        check_dependencies(name, service, services)


def check_dependencies(name, service, services):
    """Who is waited for exists, can be healthy if that is asked, and comes up without a profile."""
    for other, how in (service.get("depends_on") or {}).items():
        if other not in services:
            problems.append(f"docker-compose.yml: {name} waits for {other}, which is not there")
            continue
        # The image's own health check counts for ours.
        can_be_healthy = "healthcheck" in services[other] or "build" in services[other]
        if how["condition"] == "service_healthy" and not can_be_healthy:
            problems.append(f"docker-compose.yml: {name} waits for the health of {other}")
        if services[other].get("profiles") and how.get("required", True):
            problems.append(f"docker-compose.yml: {name} needs {other}, which only a profile starts")


def check_without_profiles(compose):
    """What a plain `up` starts names no service that it does not start."""
    optional = {name for name, one in compose["services"].items() if one.get("profiles")}
    for name, service in compose["services"].items():
        if name in optional:
            continue
        for variable, value in (service.get("environment") or {}).items():
            for other in optional:
                if re.search(rf"\b{other}\b", str(value or "")):
                    problems.append(f"docker-compose.yml: {name}: {variable} names {other}")


def check_build_arguments(compose):
    declared = set(re.findall(r"^ARG ([A-Z_]+)", pathlib.Path("Dockerfile").read_text(), re.M))
    for name, service in compose["services"].items():
        for argument in (service.get("build") or {}).get("args", {}):
            if argument not in declared:
                problems.append(f"docker-compose.yml: {name}: Dockerfile has no {argument}")


def check_prometheus(compose):
    """Prometheus scrapes services that exist, on ports that they open."""
    config = yaml.safe_load(pathlib.Path("prometheus.yml").read_text())
    for job in config["scrape_configs"]:
        for source in job.get("dns_sd_configs", []):
            for name in source["names"]:
                if name not in compose["services"]:
                    problems.append(f"prometheus.yml scrapes {name}, which is no service")
                settings = compose["services"][name]["environment"]
                if not any(str(value).endswith(f":{source['port']}") for value in settings.values()):
                    problems.append(f"prometheus.yml: {name} does not listen on {source['port']}")


def lay_out_context(folder):
    """The files of this repository that .dockerignore lets into the build."""
    lines = pathlib.Path(".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        check=True, capture_output=True, text=True,
    ).stdout.split("\0")
    for name in filter(None, listed):
        path = pathlib.Path(name)
        if path.parts[0] in allowed and path.is_file() and not path.name.startswith(".env"):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for source in re.findall(r"^COPY (?:--chmod=\S+ )?([^-. ]\S*) ",
                             pathlib.Path("Dockerfile").read_text(), re.M):
        if not (folder / source).exists():
            problems.append(f"Dockerfile copies {source}, which .dockerignore keeps out")


def sources(program):
    """What rustc read for the program and for the libraries of the workspace. `make test` leaves no list
    for the program as a whole, as `cargo build` does, so the lists of its parts are put together."""
    read = set()
    for listed in program.parent.glob("deps/*.d"):
        built = listed.with_suffix("")
        is_program = built.exists() and built.samefile(program)
        for line in listed.read_text().splitlines():
            output, _, names = line.partition(": ")
            # Tests have lists, too, without a library.
            if output.endswith(".rlib") or is_program and output.endswith(built.name):
                names = re.split(r"(?<!\\)\s+", names)
                read |= {pathlib.Path(name.replace("\\ ", " ")) for name in names if name}
    return read


def check_context(folder, program):
    """Whatever rustc read to build the program, here, is in the context: it can be built from it."""
    here = pathlib.Path.cwd()
    read = {here / path for path in sources(program)}
    # What build scripts wrote is written anew there.
    read = {path for path in read if not path.is_relative_to(program.parent.resolve())}
    # The lists of what was built before may name what has moved since.
    read = {path.relative_to(here) for path in read if path.is_relative_to(here) and path.exists()}
    # What cargo itself, its build scripts and the query macros read is not on the list.
    read |= {path.relative_to(here) for path in here.glob(".sqlx/*.json")}
    read |= {pathlib.Path(name) for name in ("Cargo.lock", ".cargo/config.toml", "sqlx.toml")
             if pathlib.Path(name).exists()}
    if len(read) < 100:
        problems.append(f"the lists beside {program} name {len(read)} sources only")
    for path in sorted(read):
        if not (folder / path).exists():
            problems.append(f".dockerignore keeps {path} out, which the build reads")
    ran = subprocess.run(["cargo", "metadata", "--locked", "--offline", "--format-version=1", "--no-deps",
                          f"--manifest-path={folder}/Cargo.toml"], capture_output=True, text=True)
    if ran.returncode:
        problems.append(f"the build context is no workspace: {ran.stderr}")
    print(f"{len(read)} files that the build reads are in its context")


def main():
    text = pathlib.Path("docker-compose.yml").read_text()
    compose = yaml.safe_load(text)
    check_settings(compose)
    check_variables(text)
    check_services(compose)
    check_without_profiles(compose)
    check_build_arguments(compose)
    check_prometheus(compose)
    folder, program = map(pathlib.Path, sys.argv[1:])
    lay_out_context(folder)
    check_context(folder, program)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
