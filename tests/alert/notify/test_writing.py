"""What messages say, and the forms in which they are sent."""

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from services.alert.notify.formats import html_text, plain_text, webhook_body
from services.alert.notify.links import Links
from services.alert.notify.planning import Telling
from services.alert.notify.texts import LANGUAGES
from services.alert.notify.writing import Count, Digest, Part
from tests.alert.notify.conftest import WRITING
from tests.support.notifying import NOW, alert, subscription

CAUSES = ("raised", "level_up", "level_down", "cleared", "repeated", "escalated")


def written(language="ko", cause="raised", before=None, **fields):
    words = replace(subscription(), language=language)
    return WRITING.telling(Telling(words, alert(**fields), cause, "1", 1, before))


@pytest.mark.parametrize(
    ("language", "cause", "subject"),
    [
        ("ko", "raised", "[경고] 울산 제1공장 A동 1층 도장 체감온도 기준 초과 (35.3℃)"),
        ("ko", "level_up", "[경고] 울산 제1공장 A동 1층 도장 체감온도 기준 초과 (35.3℃): 주의 → 경고 상승"),
        ("ko", "level_down", "[경고] 울산 제1공장 A동 1층 도장 체감온도 기준 초과 (35.3℃): 주의 → 경고 하강"),
        ("ko", "cleared", "[해제] 울산 제1공장 A동 1층 도장 체감온도 기준 초과 (35.3℃)"),
        ("ko", "repeated", "[경고] 울산 제1공장 A동 1층 도장 체감온도 기준 초과 (35.3℃): 지속 중"),
        ("ko", "escalated", "[경고] 울산 제1공장 A동 1층 도장 체감온도 기준 초과 (35.3℃): 확인되지 않음"),
        ("en", "raised", "[Warning] 울산 제1공장 A동 floor 1 도장: perceived temperature beyond the limit (35.3℃)"),
        ("en", "level_up",
         "[Warning] 울산 제1공장 A동 floor 1 도장: perceived temperature beyond the limit (35.3℃), up from Caution"),
    ],
)  # fmt: skip
def test_the_first_line_says_level_place_and_value(language, cause, subject):
    assert written(language, cause, "orange").subject == subject


@pytest.mark.parametrize(
    ("value", "limit", "asked"),
    [
        (31.0, 31.0, "제560조제2항"),
        (32.9, 31.0, "제560조제2항"),
        (33.0, 33.0, "제560조제3항"),
        (35.0, 35.0, "매시간 15분"),
        (38.0, 38.0, "긴급조치 작업"),
        # Held at its level a little below the limit, it still asks for what the level asks for.
        (34.7, 35.0, "매시간 15분"),
        # A limit of one's own does not make the law begin earlier.
        (30.0, 28.0, None),
        (33.5, 28.0, "제560조제3항"),
    ],
)
def test_what_the_law_asks_for_goes_by_the_perceived_temperature(value, limit, asked):
    advice = written(measured_value=value, threshold_min=limit).advice
    assert (asked in advice) if asked else advice is None


@pytest.mark.parametrize(
    "fields",
    [
        {"threshold_type": "temperature"},
        {"threshold_type": "humidity"},
        {"alert_type": "no_data", "threshold_type": None, "measured_value": None, "threshold_min": None},
        {"alert_type": "manual", "threshold_type": None, "measured_value": None, "threshold_min": None},
    ],
)
def test_the_law_asks_for_nothing_where_no_perceived_temperature_is_at_stake(fields):
    assert written(**fields).advice is None


def test_a_cleared_alert_asks_for_nothing():
    assert written(cause="cleared").advice is None


def test_times_are_those_of_the_site():
    facts = dict(written(state="CLEARED", cause="cleared", clear_time=NOW + timedelta(minutes=90)).facts)
    assert facts["발생 시각"] == "2026-07-15 14:00:00 KST"
    assert facts["해제 시각"] == "2026-07-15 15:30:00 KST"


@pytest.mark.parametrize(
    ("value", "shown"), [(33.0, "33.0℃"), (32.05, "32.1℃"), (32.25, "32.3℃"), (-0.04, "0.0℃"), (100.0, "100.0℃")]
)
def test_values_have_one_decimal_rounded_half_up(value, shown):
    assert dict(written(measured_value=value).facts)["측정값"] == f"체감온도 {shown}"


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"floor": -2}, "울산 제1공장 A동 지하 2층 도장"),
        ({"plant": "", "floor": 0}, "제1공장 A동 0층 도장"),
        (dict.fromkeys(("plant", "factory", "building", "floor", "area")), "A-1"),
    ],
)
def test_a_place_is_said_from_the_plant_to_the_area_or_by_its_id(fields, place):
    assert dict(written(**fields).facts)["장소"] == place


def test_a_manual_alert_says_what_the_person_said():
    content = written(alert_type="manual", message="배관 누수", threshold_type=None, measured_value=None)
    assert ("내용", "배관 누수") in content.facts
    assert content.subject == "[경고] 울산 제1공장 A동 1층 도장 수동 경보"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("alert_type", ["threshold", "no_data", "suspect", "manual"])
def test_every_language_has_words_for_everything(language, cause, alert_type):
    content = written(language, cause, "orange", alert_type=alert_type)
    for text in (plain_text(content, language), html_text(content, language)):
        assert content.subject.split(" ", 1)[1] in text
        assert "{" not in text


def test_the_languages_ask_for_the_same():
    assert len({tuple(least for least, _ in words.advice) for words in LANGUAGES.values()}) == 1


def body(form, content, language="ko"):
    return orjson.loads(webhook_body(form, content, language, cause="raised", key="k"))


def test_json_is_for_programs():
    sent = body("json", written())
    assert (sent["idempotency_key"], sent["cause"], sent["level"]) == ("k", "raised", "red")
    (about,) = sent["alerts"]
    assert (about["alert_id"], about["measured_value"], about["factory"]) == (7, 35.25, "제1공장")
    assert about["alert_time"] == "2026-07-15T05:00:00+00:00"


def test_a_gateway_of_a_messenger_gets_a_short_text():
    text = body("text", written())["text"]
    assert text.startswith("[경고] 울산")
    assert text.endswith("자세히: https://montrg.example/api/v1/alerts/7")
    assert len(text) < 400, "a KakaoTalk text template takes 200 to 1,000"


def test_slack_gets_blocks_within_its_bounds_that_nobody_can_put_a_link_into():
    content = written(factory="<!channel> & <https://evil.example|click>" * 10)
    sent = body("slack", content)
    header, fields, *_ = sent["blocks"]
    assert (header["type"], len(header["text"]["text"])) == ("header", 150)
    assert len(fields["fields"]) <= 10
    assert "<!channel>" not in orjson.dumps([sent["text"], fields]).decode()
    assert sent["blocks"][-1]["text"]["text"] == "<https://montrg.example/api/v1/alerts/7|자세히>"


def test_teams_gets_an_adaptive_card():
    (attachment,) = body("teams", written())["attachments"]
    card = attachment["content"]
    assert (attachment["contentType"], card["type"]) == ("application/vnd.microsoft.card.adaptive", "AdaptiveCard")
    assert [part["type"] for part in card["body"]] == ["TextBlock", "FactSet", "TextBlock"]
    assert card["actions"][0]["url"] == "https://montrg.example/api/v1/alerts/7"


def test_nobody_can_put_a_link_into_an_adaptive_card():
    card = body("teams", written(factory="[click](https://evil.example) **now**"))["attachments"][0]["content"]
    title, facts, *_ = card["body"]
    assert r"\[click\](https://evil.example) \*\*now\*\*" in title["text"]
    assert r"\[click\](https://evil.example)" in facts["facts"][0]["value"]


def test_html_shows_what_people_wrote_and_does_not_run_it():
    assert "<script>" not in html_text(written(alert_type="manual", message="<script>alert(1)</script>"), "ko")


def digest(counts, names=()):
    """A digest by (level, whether it is over, how many), with the subjects of those that are named."""
    worst = [Part(name, NOW, [{"alert_id": n}]) for n, name in enumerate(names)]
    return Digest([Count(*count) for count in counts], worst)


def test_links_lead_to_the_dashboard_where_there_is_one_and_to_rest_otherwise():
    shown = replace(WRITING, links=Links("https://rest.example", "https://heat.example"))
    telling = Telling(subscription(), alert(), "raised", "1", 1, None)
    assert WRITING.telling(telling).link == "https://montrg.example/api/v1/alerts/7"
    assert shown.telling(telling).link == "https://heat.example/#/alerts/7"
    many = digest([("red", False, 1)], ["S-0"])
    assert (WRITING.digest(many, "en").link, shown.digest(many, "en").link) == (
        "https://montrg.example/api/v1/alerts/",
        "https://heat.example/#/alerts",
    )
    assert shown.stopped(NOW, "en").link == "https://heat.example/#/alerts"
    assert WRITING.stopped(NOW, "en").link == "https://montrg.example/api/v1/alerts:evaluation"
    assert shown.test(subscription()).link == "https://heat.example/#/settings/subscriptions"


@pytest.mark.parametrize(("count", "named", "last"), [(2, 2, "14:00:00 S-1"), (200, 21, "그 밖에 280건")])
def test_a_digest_counts_by_level_and_names_the_worst_twenty(count, named, last):
    counts = [("red", False, count - 1), ("critical", False, 1), *([("red", True, 100)] if count > 20 else [])]
    content = WRITING.digest(digest(counts, [f"S-{n}" for n in range(count)]), "ko")
    total = sum(number for _, _, number in counts)
    assert (content.subject, content.level) == (f"[위험] 경보 {total}건 모음", "critical")
    facts = [("위험", "위험 1건"), ("경고", f"경고 {count - 1}건"), ("해제", "해제 100건")]
    assert content.facts == facts[: len(counts)]
    assert (len(content.items), content.items[-1]) == (named, last)
    assert [about["alert_id"] for about in content.alerts] == list(range(count))
    assert body("json", content)["count"] == total


def test_a_digest_of_what_is_over_says_so():
    content = WRITING.digest(digest([("red", True, 2), ("yellow", True, 1)], ["S-0"]), "en")
    assert (content.subject, content.level) == ("[Cleared] 3 alerts", "red")
    assert content.items == ["14:00:00 S-0", "and 2 more"]


@pytest.mark.parametrize(
    ("language", "stopped", "resumed"),
    [
        ("ko", "[위험] 2026-07-15 14:00:00 KST부터 측정값이 판정되지 않습니다: 새 경보가 오지 않습니다",
         "[복구] 측정값이 다시 판정됩니다 (중단: 2026-07-15 14:00:00 KST ~ 2026-07-15 14:09:00 KST)"),
        ("en", "[Danger] Readings have not been judged since 2026-07-15 14:00:00 KST: no new alert will come",
         "[Restored] Readings are judged again"
         " (they were not from 2026-07-15 14:00:00 KST to 2026-07-15 14:09:00 KST)"),
    ],
)  # fmt: skip
def test_that_nobody_judges_is_said_with_its_times(language, stopped, resumed):
    begun, over = WRITING.stopped(NOW, language), WRITING.resumed(NOW, NOW + timedelta(minutes=9), language)
    assert (begun.subject, begun.level, over.subject, over.level) == (stopped, "critical", resumed, None)
    assert str(begun.advice) in plain_text(begun, language)
    assert over.items[0] in html_text(over, language)
    assert body("json", begun)["alerts"] == []
