"""What a language has to have words for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """The words of one language. Those in braces are filled in.

    Attributes:
        levels: the word of each level.
        causes: the first line of a message for each cause, with {level}, {place}, {what} and, for a change of level,
            {before}.
        types: what is the matter, by the alert's type; `threshold` has {metric}.
        metrics: the name of each metric.
        labels: the names of the facts.
        advice: what is asked for from a perceived temperature on, by descending temperature.
        floor: a floor, with {floor}.
        basement: a floor below the ground, with {floor} counted downwards.
        digest: the first line of a digest, with {count} and the gravest {level}.
        over: the word for alerts that are cleared, in place of a level.
        count: how many alerts have a level, with {level} and {count}.
        more: says that {count} alerts are not named.
        item: a line of a digest, with {level}, {subject} and {time}.
        stopped: the first line where readings are judged no more, with {level} and {since}.
        stopped_advice: what is to be done then.
        resumed: the first line where they are judged again, with {since} and {until}.
        resumed_note: what becomes of what was measured meanwhile.
        test: the first line of a test message, with {name}.
        test_advice: what a test message says.
    """

    levels: Mapping[str, str]
    causes: Mapping[str, str]
    types: Mapping[str, str]
    metrics: Mapping[str, str]
    labels: Mapping[str, str]
    advice: Sequence[tuple[float, str]]
    floor: str
    basement: str
    digest: str
    over: str
    count: str
    more: str
    item: str
    stopped: str
    stopped_advice: str
    resumed: str
    resumed_note: str
    test: str
    test_advice: str
