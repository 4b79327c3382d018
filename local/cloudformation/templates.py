"""Reading templates: as JSON where they are JSON, and refusing what the laptop cloud does not have."""

import functools
import json
from typing import Any

from moto.cloudformation import models, parsing, responses, utils
from moto.cloudformation.exceptions import ValidationError

from local.cloud import Cloud
from local.cloudformation.registry import TYPES
from local.cloudformation.resource import Resource
from local.seams import Seams

Template = dict[str, Any]


def refuse_unknown_types(template: Template) -> None:
    """Refuses the template if it has a resource that nothing here can create."""
    unknown = [
        f"{logical_id} of type {resource.get('Type')}"
        for logical_id, resource in template.get("Resources", {}).items()
        if resource.get("Type") not in TYPES
    ]
    if unknown:
        raise ValidationError(
            message=f"Template format error: unrecognized resource types: the laptop cloud cannot create "
            f"{', '.join(unknown)}. Its types are listed in local/cloudformation/services."
        )


def install(cloud: Cloud) -> None:
    """Replaces how moto reads templates."""
    seams = Seams(cloud)
    from_yaml = models.Stack.parse_template

    @functools.lru_cache(maxsize=16)
    def text_of(template: str) -> str:
        # moto parses every template with a pure-Python YAML loader, several times: seconds for a synthesized one
        return template if template.lstrip().startswith("{") else json.dumps(from_yaml(template), default=str)

    def parse(template: str | Template) -> Template:
        if isinstance(template, dict):
            return template
        parsed: Template = json.loads(text_of(template))
        refuse_unknown_types(parsed)
        return parsed

    def parse_change_set(change_set: Any) -> None:
        change_set.template_dict = parse(change_set.template)

    summarize = responses.get_template_summary_response_from_template
    fetch = utils.get_stack_from_s3_url

    def fetch_by_path(template_url: str, account_id: str, partition: str) -> str:
        # The CDK names its template by our own address, which moto takes for a virtual host unless it is localhost.
        return str(fetch(template_url.replace("127.0.0.1", "localhost"), account_id, partition))

    seams.replace(models.Stack, "parse_template", staticmethod(parse))
    seams.replace(models.ChangeSet, "_parse_template", parse_change_set)
    seams.replace(responses, "get_template_summary_response_from_template", lambda body: summarize(text_of(body)))
    seams.replace(responses, "get_stack_from_s3_url", fetch_by_path)
    seams.replace(parsing, "resource_class_from_type", lambda _type: Resource)
