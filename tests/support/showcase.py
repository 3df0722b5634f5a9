"""A site worth looking at, for pictures: three factories on a hot afternoon, with all that can be the matter."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.support.rest import row

DAYS = 7
# Minutes between two readings of a sensor, of the last day and before.
FRESH_MIN, OLD_MIN = 5, 30
INTERVAL_S = 600
# How much cooler it is twelve hours from now, in °C.
SWING = 5.0
BATCH = 1_000
PLANT = "Ulsan"


@dataclass(frozen=True, slots=True)
class Area:
    """A place with one sensor, and what it has now, in °C and %.

    Attributes:
        rises: for how many minutes it has been that warm; before, it was as warm as a limit below.
        ends: how many minutes ago its sensor fell silent.
        flat: its sensor has told the same for six hours.
    """

    loc_id: str
    factory: str
    building: str
    floor: int
    area: str
    temperature: float
    humidity: float = 50.0
    rises: int = 0
    ends: int = 0
    flat: bool = False

    def at(self, minutes_ago):
        """What its sensor measured, in °C: a day's wave that is highest now, and never twice the same."""
        if self.flat and minutes_ago < 360:
            return self.temperature
        wave = SWING * (1 - math.cos(2 * math.pi * minutes_ago / 1440)) / 2
        weather = 0.8 * math.sin(minutes_ago / 1440 * 2.1) if minutes_ago >= 1440 else 0
        ripple = 0.3 * math.sin(minutes_ago / 17 + len(self.area)) + 0.1 * (minutes_ago // 5 % 3)
        before = 5 if minutes_ago > self.rises > 0 else 0
        return round(self.temperature - wave - weather - before + ripple, 1)


AREAS = (
    Area("press-1", "Press", "B1", 1, "Stamping line 1", 28.4),
    Area("press-2", "Press", "B1", 1, "Stamping line 2", 29.0),
    Area("press-3", "Press", "B1", 1, "Die storage", 26.1),
    Area("press-4", "Press", "B1", 2, "Welding cell A", 31.8, 55),
    Area("press-5", "Press", "B1", 2, "Welding cell B", 32.6, 58, rises=20),
    Area("press-6", "Press", "B1", 2, "Inspection", 27.2),
    Area("press-7", "Press", "B2", 1, "Coil yard", 30.4),
    Area("press-8", "Press", "B2", 1, "Shipping", 29.6, ends=45),
    Area("press-9", "Press", "B2", -1, "Pump room", 25.3),
    Area("paint-1", "도장", "B1", 1, "전처리", 30.2, 62),
    Area("paint-2", "도장", "B1", 1, "상도 부스", 29.1, 60),
    Area("paint-3", "도장", "B1", 1, "하도 부스", 29.5, 60),
    Area("paint-4", "도장", "B1", 2, "건조로 1", 35.6, 58, rises=25),
    Area("paint-5", "도장", "B1", 2, "건조로 2", 33.9, 57, rises=25),
    Area("paint-6", "도장", "B1", 2, "검사장", 28.8),
    Area("paint-7", "도장", "B2", 1, "도료 창고", 25.6),
    Area("paint-8", "도장", "B2", 1, "출하장", 30.0, 55),
    Area("foundry-1", "Foundry", "F1", 1, "Melting furnace", 39.2, 52, rises=25),
    Area("foundry-2", "Foundry", "F1", 1, "Pouring", 36.0, 52, rises=20),
    Area("foundry-3", "Foundry", "F1", 1, "Moulding", 32.2, 52),
    Area("foundry-4", "Foundry", "F1", 2, "Crane cabin", 34.2, 50, rises=20),
    Area("foundry-5", "Foundry", "F1", 2, "Control room", 24.8),
    Area("foundry-6", "Foundry", "F2", 1, "Fettling", 31.0, 52, flat=True),
    Area("foundry-7", "Foundry", "F2", 1, "Heat treatment", 31.4, 53),
    Area("foundry-8", "Foundry", "F2", 1, "Core shop", 29.3),
)

SUBSCRIPTIONS: tuple[dict[str, object], ...] = (
    {"name": "Shift leader", "min_level": "yellow"},
    {"name": "Safety office", "min_level": "orange", "notify_clear": True, "repeat_minutes": 60},
    {"name": "도장 반장", "factory": "도장", "min_level": "yellow", "language": "ko"},
    {"name": "Plant manager", "min_level": "red", "escalation_minutes": 15},
)
SILENCES = (
    {"weekdays": "sat", "start_of_day": "06:00", "end_of_day": "10:00", "factory": "Press", "max_level": "yellow",
     "author": "Kim Minji", "reason": "Weekly cleaning of the presses with hot water"},
    {"weekdays": "mon,wed,fri", "start_of_day": "22:00", "end_of_day": "02:00", "factory": "Foundry", "building": "F2",
     "max_level": "orange", "author": "Park Jun", "reason": "Heat treatment runs with nobody inside"},
)  # fmt: skip


async def fill(site):
    """Makes the places, a week of readings, and what people have set and done."""
    for area in AREAS:
        place = {"loc_id": area.loc_id, "plant": PLANT, "factory": area.factory, "building": area.building}
        await site.change("POST", "location", "locations/", place | {"floor": area.floor, "area": area.area})
        sensor = {"sensor_id": f"{area.loc_id}-a", "loc_id": area.loc_id, "interval_s": INTERVAL_S, "height_m": 1.4}
        await site.change("POST", "location", "sensors/", sensor | {"name": f"{area.area} A"})
    for number, subscription in enumerate(SUBSCRIPTIONS, start=1):
        # Two that name one recipient are told once.
        told = {"channel": "webhook", "recipient": f"{site.told.url}/{number}"}
        await site.change("POST", "alert", "subscriptions/", {**told, **subscription})
    always = {"start_time": (datetime.now(UTC) - timedelta(days=30)).isoformat()}
    for silence in SILENCES:
        await site.change("POST", "alert", "silences/", {**always, **silence})
    # Whoever works in a furnace's heat is told earlier.
    (limit,) = (one for one in await site.get("thresholds", "thresholds/type/pcv_temperature") if one["level"] == "red")
    mapping = {"sensor_id": "foundry-8-a", "threshold_id": limit["threshold_id"], "duration_seconds": 300}
    await site.change("POST", "thresholds", "mappings/", mapping)
    await _measure(site)
    await _care(site)


async def _measure(site):
    now = datetime.now(UTC)
    moments = [*range(DAYS * 1440, 1440, -OLD_MIN), *range(1440, -1, -FRESH_MIN)]
    rows = [
        row(f"{area.loc_id}-a", now - timedelta(minutes=ago), temperature=area.at(ago), humidity=area.humidity)
        for ago in moments
        for area in AREAS
        if ago >= area.ends
    ]
    for begin in range(0, len(rows), BATCH):
        part = rows[begin : begin + BATCH]
        answer = await site.rest.write(*part)
        assert answer.json().get("accepted") == len(part), answer.text


async def _care(site):
    """Two people take care of two alerts."""
    cared_for = {"paint-4", "foundry-2"}
    alerts = await site.until("alert", "alerts/?state=active", lambda found: cared_for <= _red(found).keys())
    alert_of = _red(alerts)
    for loc_id, verb, actor, note in (
        ("paint-4", "acknowledge", "이서연", "작업자 휴게실로 이동, 송풍기 가동"),
        ("paint-4", "comment", "이서연", "냉방기 점검 요청함"),
        ("foundry-2", "acknowledge", "Park Jun", "Crew rotates every 20 minutes, water brought"),
    ):
        answer = await site.rest(
            "POST", "alert", f"/api/v1/alerts/{alert_of[loc_id]}:{verb}", json={"actor": actor, "note": note}
        )
        assert answer.status_code == 200, answer.text


def _red(alerts):
    """Those of this level, by place; what the week raised before is judged on the way to now."""
    return {one["loc_id"]: one["alert_id"] for one in alerts if one["alert_level"] == "red"}
