"""What the image leaves out must not be missed."""

import re
from pathlib import Path

from local.image_modules import LEFT_OUT, left_out

ROOT = Path(__file__).parents[3]
CLIENT = re.compile(r"""boto3\.(?:client|resource)\(\s*["']([a-z0-9-]+)["']""")


def test_the_services_that_a_handler_calls_are_kept() -> None:
    kept = set(re.findall(r"-not -name (\S+)", (ROOT / "container" / "Dockerfile").read_text()))
    sources = [path.read_text() for path in (ROOT / "container").rglob("*.py")]
    called = {service for source in sources for service in CLIENT.findall(source)}
    assert called
    assert called <= kept


def test_a_job_on_the_laptop_misses_the_modules_that_the_image_leaves_out() -> None:
    modules = left_out(ROOT / LEFT_OUT)
    assert {"scipy.stats", "pyarrow.flight"} <= modules
    assert not any("*" in name or "/" in name for name in modules)
