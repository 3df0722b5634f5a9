"""Alert rules with one thing after another made wrong, each under a name of its own: promtool sees all at once."""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from services.local.monitoring import RULES
from tests.monitoring.promtool import Look, firing_of

# A number or a duration outside of strings; of a product its first number alone.
_NUMBER = re.compile(r'"[^"]*"|(?<![\w.])(?<!\* )(?P<number>\d+(?:\.\d+)?)(?P<unit>[smh]?)\b')
_UNITS_S = {"s": 1, "m": 60, "h": 3600}
AS_IT_IS = "as_it_is"


@dataclass(frozen=True)
class Mutant:
    """A rule, as Prometheus takes it, with one thing made wrong, which its name tells beside that of the alert."""

    original: str
    wrong: str
    rule: dict[str, Any]

    @property
    def name(self):
        """What it is called as an alert."""
        severity = self.rule["labels"]["severity"]
        return f"{self.original}__{'by_label' if '{{' in severity else severity}__{self.wrong}"

    def is_it(self, alert):
        """Tells whether an expected alert is one of the original rule, of which there may be two of one name."""
        severity = self.rule["labels"]["severity"]
        return alert["alertname"] == self.original and ("{{" in severity or alert["severity"] == severity)

    def looks(self, case):
        """What would fire of it at each look at a case, were it as it should be."""
        for at, alerts in case.looks.items():
            own = [alert | {"alertname": self.name} for alert in alerts if self.is_it(alert)]
            yield Look(at, firing_of(f'alertname="{self.name}"'), own)


def mutants(file):
    """Every rule of a file, as it is, and with its `for` or a number made wrong."""
    (group,) = yaml.safe_load((RULES / f"{file}.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]:
        name = rule["alert"]
        if name == "MontrgWatchdog":
            continue  # cases leave it out, since it always fires
        yield Mutant(name, AS_IT_IS, rule)
        if "for" in rule:
            yield Mutant(name, "without_for", {key: value for key, value in rule.items() if key != "for"})
            yield Mutant(name, "for_doubled", rule | {"for": _times(rule["for"][:-1], rule["for"][-1], 2)})
        for wrong, expression in _wrong_numbers(rule["expr"]):
            yield Mutant(name, wrong, rule | {"expr": expression})


def write(found, folder):
    """Writes them into a file of rules, in a group `mutants`, and returns its path."""
    rules = [mutant.rule | {"alert": mutant.name} for mutant in found]
    file = folder / "mutants.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "mutants", "rules": rules}]}), encoding="utf-8")
    return file


def _wrong_numbers(expression):
    """An expression with each of its numbers doubled and halved, and what tells that."""
    numbers = [found for found in _NUMBER.finditer(expression) if float(found["number"] or 0)]
    for count, found in enumerate(numbers, 1):
        for word, factor in (("doubled", 2), ("halved", 0.5)):
            wrong = _times(found["number"], found["unit"], factor)
            text = expression[: found.start()] + wrong + expression[found.end() :]
            yield f"number_{count}_{found[0].replace('.', '_')}_{word}", text


def _times(number, unit, factor):
    return f"{float(number) * factor * _UNITS_S.get(unit, 1):g}{'s' if unit else ''}"
