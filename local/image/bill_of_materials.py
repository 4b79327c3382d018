"""The image's bill of materials (CycloneDX), from what is found inside of the image and not from what was asked for."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any, TypedDict
from urllib.parse import quote

# Runs inside of the image, and prints an Inventory.
INVENTORY = """
import json, os, pathlib, shutil, site, subprocess, sys
from importlib.metadata import distributions

def size(path):
    if path.is_symlink() or path.is_file():
        return path.lstat().st_size
    return sum(size(each) for each in path.iterdir())

packages = []
for found in distributions(path=site.getsitepackages()):
    about = found.metadata
    packages.append({
        "name": about["Name"], "version": found.version,
        "license": about.get("License-Expression") or about.get("License") or "",
    })
system = ""
if shutil.which("dpkg-query"):
    form = "${Package} ${Version} ${Architecture}\\n"
    system = subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True, check=True).stdout
release = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release") if "=" in line)
folder = pathlib.Path(site.getsitepackages()[0])
print(json.dumps({
    "python": sys.version.split()[0],
    "packages": sorted(packages, key=lambda each: each["name"].lower()),
    "system": [line.split() for line in system.splitlines()],
    "release": [release.get(key, "").strip('"') for key in ("ID", "VERSION_ID")],
    "sizes": {path.name: size(path) for path in folder.iterdir()},
}))
"""
_LONGEST_LICENSE = 80  # more is a whole text, not a name


class Package(TypedDict):
    """An installed Python package."""

    name: str
    version: str
    license: str


class Inventory(TypedDict):
    """What is in an image."""

    python: str
    packages: list[Package]
    system: list[list[str]]  # name, version, architecture
    release: list[str]  # of the base: its id and version
    sizes: dict[str, int]  # bytes below site-packages


def bill_of_materials(inventory: Inventory, image: str, version: str) -> dict[str, Any]:
    """The CycloneDX document."""
    distribution, release = inventory["release"]
    components = [_library("pkg:generic", "python", inventory["python"])]
    components += [_package(each) for each in inventory["packages"]]
    components += [
        _library(f"pkg:deb/{distribution}", name, found, f"?arch={architecture}&distro={distribution}-{release}")
        for name, found, architecture in inventory["system"]
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {"type": "container", "bom-ref": image, "name": image, "version": version},
        },
        "components": components,
    }


def _package(package: Package) -> dict[str, Any]:
    name = re.sub(r"[-_.]+", "-", package["name"]).lower()
    library = _library("pkg:pypi", name, package["version"])
    words = package["license"].strip()
    named = words and len(words) <= _LONGEST_LICENSE and "\n" not in words
    return library | ({"licenses": [{"license": {"name": words}}]} if named else {})


def _library(kind: str, name: str, version: str, qualifiers: str = "") -> dict[str, Any]:
    address = f"{kind}/{name}@{quote(version, safe='.:~-')}{qualifiers}"
    return {"type": "library", "bom-ref": address, "name": name, "version": version, "purl": address}
