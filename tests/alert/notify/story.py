"""Plays what happens to an alert through the planning, as the planner does with its tables."""

from dataclasses import replace

from services.alert.notify.planning import Happening, plan
from tests.support.notifying import NOW, alert, minutes


class Story:
    """One alert, who is told of it, and what they were told: (minute, name, cause, level)."""

    def __init__(self, *subscriptions, silences=(), **fields):
        self.alert = replace(alert(), **({"alert_level": "red", "event_seq": 0} | fields))
        self.subscriptions = list(subscriptions)
        self.silences = list(silences)
        self.known = {}
        self.heard = []
        self.plans = []
        self._waiting = []

    def happens(self, event_type, level=None, minute=0, **fields):
        """Something happens and is not planned for yet."""
        seq = self.alert.event_seq + 1
        self.alert = replace(self.alert, alert_level=level or self.alert.alert_level, event_seq=seq, **fields)
        now = NOW + minutes(minute)
        event = Happening(seq, event_type, self.alert.state, self.alert.alert_level, None, now)
        self._waiting.append(event)
        return self

    def at(self, minute):
        """Plans at a minute for what happened, or because it is time."""
        now = NOW + minutes(minute)
        made = plan(
            self.alert, self._waiting, self.known, subscriptions=self.subscriptions, silences=self.silences, now=now
        )
        self._waiting = []
        for key, value in made.told.items():
            self.known[key] = value
        self.known = {key: value for key, value in self.known.items() if value is not None}
        if made.unshelved:
            self.alert = replace(self.alert, shelved_until=None, shelved_level=None)
        self.heard += [(minute, t.subscription.name, t.cause, t.alert.alert_level) for t in made.tellings]
        self.plans.append(made)
        return self

    def event(self, minute, event_type, level=None, **fields):
        """Something happens and is planned for at once."""
        return self.happens(event_type, level, minute, **fields).at(minute)

    def until(self, minute):
        """Lets time pass: plans whenever somebody is due."""
        while True:
            due = [t.due_time for t in self.known.values() if t.due_time is not None]
            if not due or min(due) > NOW + minutes(minute):
                return self
            next_minute = (min(due) - NOW) / minutes(1)
            before = dict(self.known)
            self.at(next_minute)
            assert self.known != before, f"planned for nothing at {next_minute}: it would be planned for over and over"
