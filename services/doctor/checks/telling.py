"""What is checked of who is told and what is judged: subscriptions, places that nobody hears of, limits. Pure."""

from collections.abc import Iterator, Sequence

from services.alert.matching import MATCHERS, fits
from services.doctor.domain import Finding, Unasked, failure, ok, some, unknown, warning
from services.doctor.facts import Limits, Subscriber, Watched

# What the law is about, and what every alert of a breach is of.
JUDGED = "pcv_temperature"
_WHERE = tuple(name for name in MATCHERS if name != "alert_type")


def subscriptions(
    subscribers: Sequence[Subscriber] | Unasked, watched: Sequence[Watched] | Unasked
) -> Iterator[Finding]:
    """Finds subscriptions whose matchers fit no sensor: a name that was mistyped, or a place that was renamed."""
    if isinstance(subscribers, Unasked) or isinstance(watched, Unasked):
        yield _not_asked("subscriptions", subscribers, watched)
        return
    enabled = [each for each in subscribers if each.enabled]
    idle = [each for each in enabled if not any(_is_at(each, one) for one in watched)]
    if idle:
        words = f"{len(idle)} of {len(enabled)} fit no sensor: " + some([_words(each) for each in idle])
        remedy = "PUT /api/v1/subscriptions/ID with names as GET /api/v1/locations/ has them, or DELETE it"
        yield warning("subscriptions", words, remedy)
    elif not enabled:
        words = "nobody is told of anything: no subscription is enabled"
        yield warning("subscriptions", words, "POST /api/v1/subscriptions/, as the README shows")
    else:
        yield ok("subscriptions", f"{len(enabled)} enabled, each fits sensors")


def unheard_places(
    subscribers: Sequence[Subscriber] | Unasked, watched: Sequence[Watched] | Unasked
) -> Iterator[Finding]:
    """Finds places with sensors at which a breach, however bad, would reach nobody."""
    if isinstance(subscribers, Unasked) or isinstance(watched, Unasked):
        yield _not_asked("unheard places", subscribers, watched)
        return
    enabled = [each for each in subscribers if each.enabled]
    if not enabled:  # said already
        return
    places: dict[str, bool] = {}
    for one in watched:
        places[one.loc_id] = places.get(one.loc_id, True) and any(fits(each, one) for each in enabled)
    unheard = [loc_id for loc_id, is_heard in places.items() if not is_heard]
    if unheard:
        words = f"at {len(unheard)} of {len(places)} places a breach would reach nobody: {some(unheard)}"
        remedy = "POST /api/v1/subscriptions/ for them; GET /api/v1/subscriptions/match?factory=... tells who is told"
        yield warning("unheard places", words, remedy)
    else:
        yield ok("unheard places", f"somebody is told of each of {len(places)} places")


def limits(found: Limits | Unasked) -> Iterator[Finding]:
    """Finds that nothing is judged, or that limits leave gaps or overlap."""
    if isinstance(found, Unasked):
        yield unknown("thresholds", found)
        return
    if not found.counts.get(JUDGED):
        words = f"there is none of {JUDGED}: nothing is judged, and nobody is told"
        yield failure("thresholds", words, "POST /api/v1/thresholds/ with the limits of your site")
        return
    for kind, messages in (("gaps", found.gaps), ("overlaps", found.overlaps)):
        if messages:
            words = f"{len(messages)} {kind}: {some([*messages], 2)}"
            yield warning("thresholds", words, "GET /api/v1/thresholds:check; PUT /api/v1/thresholds/ID closes them")
    if not found.gaps and not found.overlaps:
        yield ok("thresholds", ", ".join(f"{count} of {name}" for name, count in sorted(found.counts.items())))


def _not_asked(check: str, *facts: object) -> Finding:
    return unknown(check, next(each for each in facts if isinstance(each, Unasked)))


def _is_at(subscriber: Subscriber, one: Watched) -> bool:
    """Tells whether a subscription is about where a sensor is, whatever it is told of there."""
    return all(getattr(subscriber, name) in {None, getattr(one, name)} for name in _WHERE)


def _words(subscriber: Subscriber) -> str:
    matchers = [f"{name} {value!r}" for name in _WHERE if (value := getattr(subscriber, name)) is not None]
    return f"{subscriber.subscription_id} {subscriber.name!r} ({', '.join(matchers)})"
