"""What axe finds on a page that keeps people from using it. Its script comes in a wheel, so that Node is not needed."""

from axe_playwright_python.async_playwright import Axe

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
IMPACTS = ("serious", "critical")


async def violations(page, impacts=IMPACTS):
    """Returns, in words, each place on a page that does not keep to WCAG 2.2 AA, of the worst impacts."""
    # What only WCAG 2.2 asks for is left out by axe until it is told.
    rules = {"target-size": {"enabled": True}}
    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": TAGS}, "rules": rules}
    found = (await Axe().run(page, options=options)).response["violations"]
    return [
        f"{rule['impact']} {rule['id']}: {rule['help']}, at {_place(node)}\n{node['failureSummary']}\n{rule['helpUrl']}"
        for rule in found
        if rule["impact"] in impacts
        for node in rule["nodes"]
    ]


def _place(node):
    """The selector of a node; one within a frame or a shadow has several."""
    return " ".join(" ".join(part) if isinstance(part, list) else part for part in node["target"])
