"""What is told of what is in the image."""

from local.image.bill_of_materials import Inventory, bill_of_materials

INVENTORY = Inventory(
    python="3.13.5",
    packages=[
        {"name": "Jinja2", "version": "3.1.6", "license": "BSD-3-Clause"},
        {"name": "typing_extensions", "version": "4.16.0", "license": "A long text\nthat is no name"},
    ],
    system=[["libc6", "2.41-12+deb13u1", "amd64"]],
    release=["debian", "13"],
    sizes={},
)


def test_each_package_is_named_as_its_registry_names_it() -> None:
    document = bill_of_materials(INVENTORY, "evergreen:abc", "0.1.0")
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["component"]["name"] == "evergreen:abc"
    assert [each["purl"] for each in document["components"]] == [
        "pkg:generic/python@3.13.5",
        "pkg:pypi/jinja2@3.1.6",
        "pkg:pypi/typing-extensions@4.16.0",
        "pkg:deb/debian/libc6@2.41-12%2Bdeb13u1?arch=amd64&distro=debian-13",
    ]


def test_a_license_is_told_by_its_name_and_never_as_its_text() -> None:
    document = bill_of_materials(INVENTORY, "evergreen:abc", "0.1.0")
    jinja, extensions = document["components"][1:3]
    assert jinja["licenses"] == [{"license": {"name": "BSD-3-Clause"}}]
    assert "licenses" not in extensions
