"""Workflow variables in JSONPath states."""

import copy
import re
from typing import Any

from moto.stepfunctions.parser.asl.component.common.query_language import QueryLanguageMode
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringVariableSample
from moto.stepfunctions.parser.asl.utils.json_path import extract_json

from local.seams import Seams

_REFERENCE = re.compile(r"^\$(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<path>.*)$", re.DOTALL)


def install_variables(seams: Seams) -> None:
    """Has `$name` and `$name.path` read the variable that an Assign set."""
    original = StringVariableSample._eval_body

    def read_variable(sample: Any, env: Any) -> None:
        match = _REFERENCE.match(sample.expression)
        if sample.query_language_mode is not QueryLanguageMode.JSONPath or match is None:
            original(sample, env)
            return
        value = env.variable_store.get(match["name"])
        env.stack.append(copy.deepcopy(extract_json(f"${match['path']}", value) if match["path"] else value))

    # moto hands every variable to its JSONata engine, which it ships without.
    seams.replace(StringVariableSample, "_eval_body", read_variable)
