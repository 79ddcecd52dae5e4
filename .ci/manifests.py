"""Checks what docs/deploy has for Kubernetes and for systemd.

usage: manifests.py FOLDER    (an empty folder for units that can be verified)
"""

import pathlib
import re
import subprocess
import sys

import kubernetes_validate
import yaml
from cloudcoil.models.keda import v1alpha1 as keda

import names

KUBERNETES = pathlib.Path("docs/deploy/kubernetes")
SYSTEMD = pathlib.Path("docs/deploy/systemd")
# The oldest that its makers still look after, and the newest that the schemas know.
VERSIONS = ("1.34", "1.37")
# systemd's own measure, 0 (locked in) to 100 (may do everything); most units have above 90.
EXPOSURE_MAX = "15"
problems = []


def problem(where, text):
    problems.append(f"{where}: {text}")


def manifests():
    """Every object, and the file that it is in."""
    for path in sorted(KUBERNETES.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            yield path.name, document


def check_schema(where, document):
    if document["apiVersion"].startswith("kustomize."):
        return
    if document["apiVersion"].startswith("keda.sh/"):
        read = getattr(keda, document["kind"]).model_validate(document)
        kept = read.model_dump(mode="json", by_alias=True, exclude_unset=True)
        for path in lost(document, kept):
            problem(where, f"{document['kind']} has no {path}")
        return
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            problem(where, f"Kubernetes {version}: {error.message}")


def lost(given, kept, path=""):
    """Keys that a model did not know and left out."""
    if isinstance(given, dict):
        for key, value in given.items():
            if key not in kept:
                yield f"{path}.{key}"
            else:
                yield from lost(value, kept[key], f"{path}.{key}")
    elif isinstance(given, list):
        for index, value in enumerate(given):
            yield from lost(value, kept[index], f"{path}[{index}]")


def check_kustomization(objects):
    where, kustomization = next(pair for pair in objects if pair[1]["kind"] == "Kustomization")
    for name in kustomization["resources"]:
        if not (KUBERNETES / name).exists():
            problem(where, f"there is no {name}")
    images = {image["name"] for image in kustomization["images"]}
    for file, container in containers(objects):
        if container["image"] not in images:
            problem(file, f"image {container['image']} is not in {where}")


def pods(objects):
    for where, document in objects:
        if document["kind"] in ("Deployment", "Job"):
            yield where, document, document["spec"]["template"]


def containers(objects):
    for where, _, pod in pods(objects):
        for container in pod["spec"]["containers"]:
            yield where, container


def check_names(objects):
    """Settings, secrets, ports, labels: what is named exists."""
    known = names.settings()
    readme = (KUBERNETES / "README.md").read_text()
    settings = {d["metadata"]["name"]: d for _, d in objects if d["kind"] == "ConfigMap"}
    for name, document in settings.items():
        for variable in document["data"]:
            if not names.is_known(variable, known):
                problem(f"ConfigMap {name}", f"nothing reads {variable}")
    for where, container in containers(objects):
        for source in container.get("envFrom", []):
            kind, name = next((kind, ref["name"]) for kind, ref in source.items())
            if kind == "configMapRef" and name not in settings:
                problem(where, f"no ConfigMap {name}")
            if kind == "secretRef" and name not in readme:
                problem(where, f"README.md does not say how to make the secret {name}")
        for variable in container.get("env", []):
            if not names.is_known(variable["name"], known):
                problem(where, f"nothing reads {variable['name']}")
        ports = {port["name"] for port in container.get("ports", [])}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if probe in container and container[probe]["httpGet"]["port"] not in ports:
                problem(where, f"{probe} asks a port that is not there")
    labels = [pod["metadata"]["labels"] for _, _, pod in pods(objects)]
    deployments = {d["metadata"]["name"] for _, d in objects if d["kind"] == "Deployment"}
    for where, document in objects:
        selector = document.get("spec", {}).get("selector")
        selector = selector and selector.get("matchLabels", selector)
        if selector and not any(selector.items() <= have.items() for have in labels):
            problem(where, f"{document['kind']} selects no pod")
        target = document.get("spec", {}).get("scaleTargetRef")
        if target and target["name"] not in deployments:
            problem(where, f"no Deployment {target['name']} to scale")


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(s|m)", text).groups()
    return int(number) * {"s": 1, "m": 60}[unit]


def check_stopping(where, limits, settings):
    """A process is killed after it had the time that its settings promise."""
    for name, limit in limits.items():
        wanted = ("WORKER_GRACE",) if name.startswith("worker") else (
            "STEVEDORE_API_DRAIN_DELAY", "STEVEDORE_API_SHUTDOWN_GRACE")
        if missing := [setting for setting in wanted if setting not in settings]:
            problem(where, f"{name} has no {', '.join(missing)}")
            continue
        promised = sum(seconds(settings[setting]) for setting in wanted)
        if limit < promised + 5:
            problem(where, f"{name} is killed after {limit} s and may need {promised} s")


def check_metrics(objects):
    """What the autoscalers ask for is exported."""
    exported = pathlib.Path("docs/metrics.md").read_text()
    for path in KUBERNETES.glob("*.yaml"):
        queries = "\n".join(re.findall(r"[qQ]uery: (.*stevedore_.*)", path.read_text()))
        for metric in set(re.findall(r"\bstevedore_[a-z_]+", queries)):
            if f"`{metric}`" not in exported:
                problem(path.name, f"nobody exports {metric}")


def check_kubernetes():
    objects = list(manifests())
    for where, document in objects:
        check_schema(where, document)
    check_kustomization(objects)
    check_names(objects)
    check_metrics(objects)
    settings = {}
    for _, document in objects:
        if document["kind"] == "ConfigMap":
            settings |= document["data"]
    limits = {d["metadata"]["name"]: d["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
              for _, d in objects if d["kind"] == "Deployment"}
    check_stopping("Kubernetes", limits, settings)
    return len(objects)


def check_systemd(folder):
    """Units are good for systemd, tight, and name settings and options that exist."""
    known, options = names.settings(), names.options()
    text = (SYSTEMD / "settings.env").read_text()
    settings = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.M))
    for variable in settings:
        if not names.is_known(variable, known):
            problem("settings.env", f"nothing reads {variable}")
    limits, units = {}, []
    for path in sorted(SYSTEMD.glob("*.service")):
        text = path.read_text()
        for variable in re.findall(r"Environment=([A-Z_]+)=", text):
            if not names.is_known(variable, known):
                problem(path.name, f"nothing reads {variable}")
        loaded = set(re.findall(r"LoadCredential=([A-Z_]+):", text))
        for credential in re.findall(r"=%d/([A-Z_]+)", text):
            if credential not in loaded:
                problem(path.name, f"{credential} is not loaded")
        command = re.search(r"^ExecStart=/usr/local/bin/stevedore (.*)$", text, re.M).group(1)
        for option in re.findall(r"--([a-z-]+)", command):
            if option not in options:
                problem(path.name, f"there is no --{option}")
        if stop := re.search(r"^TimeoutStopSec=(\d+)$", text, re.M):
            limits[command] = int(stop.group(1))
        # verify wants the program to be there; an instance of a template, too.
        unit = folder / path.name.replace("@.", "@8080.")
        unit.write_text(text.replace("/usr/local/bin/stevedore", "/bin/true"))
        units.append(str(unit))
    check_stopping("systemd", limits, settings)
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", *units],
                          capture_output=True, text=True)
    for line in (said.stdout + said.stderr).splitlines():
        problem("systemd-analyze verify", line)
    for unit in units:
        said = subprocess.run(
            ["systemd-analyze", "security", "--offline=yes", "--no-pager",
             f"--threshold={EXPOSURE_MAX}", unit], capture_output=True, text=True)
        if said.returncode:
            problem("systemd-analyze security", said.stdout.splitlines()[-1])
    return len(units)


def main():
    count = check_kubernetes()
    units = check_systemd(pathlib.Path(sys.argv[1]))
    for text in problems:
        print(text)
    print(f"{count} objects for Kubernetes, {units} units for systemd")
    sys.exit(1 if problems else 0)


main()
