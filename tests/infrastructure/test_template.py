import subprocess
import sys
from pathlib import Path


def test_cfn_lint_has_nothing_to_say_of_the_template(template_file: Path) -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    said = subprocess.run(
        [linter, "--non-zero-exit-code", "informational", template_file], capture_output=True, text=True
    )
    assert (said.returncode, said.stdout) == (0, ""), said.stdout + said.stderr
