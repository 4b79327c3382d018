"""CloudFormation that creates each resource through the ordinary API of its service, and refuses what it does not know.

moto's own CloudFormation skips unknown types with a warning, ignores many properties and never rolls back.
"""

from local.cloud import Cloud
from local.cloudformation import stacks, templates


def install(cloud: Cloud) -> None:
    """Takes over creating, updating and deleting stacks."""
    templates.install(cloud)
    stacks.install(cloud)
