"""Who is told what and when: stories of one alert."""

import pytest

from services.alert.domain import CLEARED
from tests.alert.notify.story import Story
from tests.support.notifying import NOW, minutes, silence, subscription


def test_a_raised_alert_is_told_once_however_often_one_looks():
    assert Story(subscription()).event(0, "raised").at(1).at(2).heard == [(0, "S1", "raised", "red")]


@pytest.mark.parametrize(
    ("matchers", "told"),
    [
        ({}, True),
        ({"plant": "울산", "factory": "제1공장", "building": "A동", "floor": 1, "area": "도장"}, True),
        ({"plant": "부산"}, False),
        ({"factory": "제2공장"}, False),
        ({"building": "B동"}, False),
        ({"floor": 0}, False),
        ({"area": "조립"}, False),
        ({"sensor_id": "S-2"}, False),
        ({"alert_type": "no_data"}, False),
        ({"alert_type": "threshold", "sensor_id": "S-1"}, True),
        ({"min_level": "critical"}, False),
        ({"min_level": "red"}, True),
        ({"enabled": False}, False),
    ],
)
def test_a_subscription_is_told_of_what_fits_every_matcher(matchers, told):
    assert bool(Story(subscription(**matchers)).event(0, "raised").heard) is told


def test_a_floor_zero_is_a_matcher_and_not_a_wildcard():
    assert Story(subscription(floor=0), floor=0).event(0, "raised").heard
    assert not Story(subscription(floor=0), floor=None).event(0, "raised").heard


def test_levels_are_told_as_they_change():
    story = Story(subscription(), alert_level="yellow").event(0, "raised")
    story.event(1, "level_up", "orange").event(2, "level_up", "critical").event(3, "level_down", "orange")
    causes = [(cause, level) for _, _, cause, level in story.heard]
    assert causes == [("raised", "yellow"), ("level_up", "orange"), ("level_up", "critical"), ("level_down", "orange")]
    assert [t.before for made in story.plans for t in made.tellings] == [None, "yellow", "orange", "critical"]


def test_the_level_that_one_wants_to_know_is_told_as_raised_when_it_is_reached():
    story = Story(subscription(min_level="red"), alert_level="yellow").event(0, "raised").event(1, "level_up", "orange")
    assert story.heard == []
    assert story.event(2, "level_up", "red").heard == [(2, "S1", "raised", "red")]


def test_that_it_fell_below_is_told_once_and_a_new_rise_again():
    story = Story(subscription(min_level="red")).event(0, "raised")
    story.event(1, "level_down", "orange").event(2, "level_down", "yellow").event(3, "level_up", "orange")
    assert [heard[2:] for heard in story.heard] == [("raised", "red"), ("level_down", "orange")]
    assert story.event(4, "level_up", "red").heard[2:] == [(4, "S1", "level_up", "red")]


def test_the_end_is_told_to_those_who_were_told_and_want_it():
    one, two, three = subscription(1), subscription(2, notify_clear=False), subscription(3, min_level="critical")
    story = Story(one, two, three).event(0, "raised").event(1, "cleared", state=CLEARED)
    assert [heard[1:3] for heard in story.heard] == [("S1", "raised"), ("S2", "raised"), ("S1", "cleared")]
    assert story.known == {}, "nothing is kept of what is over"


def test_an_end_that_comes_in_two_events_is_told_once():
    story = Story(subscription()).event(0, "raised")
    story.happens("resolved", state=CLEARED).happens("cleared").at(1)
    assert [heard[2] for heard in story.heard] == ["raised", "cleared"]


def test_what_happened_while_nobody_planned_is_told_in_order():
    story = Story(subscription(), alert_level="yellow").happens("raised").happens("level_up", "red")
    story.happens("cleared", state=CLEARED).at(30)
    told = [("raised", "yellow"), ("level_up", "red"), ("cleared", "red")]
    assert [heard[2:] for heard in story.heard] == told
    assert len({t.occasion for made in story.plans for t in made.tellings}) == 3


@pytest.mark.parametrize("event_type", ["acknowledged", "commented", "recovering", "reactivated", "notified"])
def test_what_is_no_news_to_those_who_were_told_is_not_told(event_type):
    assert len(Story(subscription()).event(0, "raised").event(1, event_type).heard) == 1


def test_several_subscriptions_of_one_address_give_one_message():
    same = {"recipient": "http://127.0.0.1/same"}
    story = Story(subscription(1, **same), subscription(2, **same, factory="제1공장"), subscription(3))
    story.event(0, "raised").event(1, "cleared", state=CLEARED)
    assert [heard[1:3] for heard in story.heard] == [
        ("S1", "raised"), ("S3", "raised"), ("S1", "cleared"), ("S3", "cleared"),
    ]  # fmt: skip


def test_one_address_by_two_channels_is_two_recipients():
    mail = subscription(2, channel="email", recipient="a@example.com")
    hook = subscription(1, recipient="a@example.com")
    assert len(Story(hook, mail).event(0, "raised").heard) == 2


def test_late_readings_page_once_when_the_danger_turns_out_to_last():
    story = Story(subscription(), quiet=True, alert_level="yellow").event(0, "raised").event(1, "level_up", "red")
    assert story.heard == []
    assert story.event(2, "live", quiet=False).heard == [(2, "S1", "raised", "red")]


def test_late_readings_that_are_planned_together_with_the_live_one_page_once():
    story = Story(subscription(), quiet=True, alert_level="yellow").happens("raised").happens("level_up", "red")
    assert story.happens("live", quiet=False).at(0).heard == [(0, "S1", "raised", "red")]


def test_a_danger_that_was_over_before_it_was_known_is_not_told():
    story = Story(subscription(), quiet=True).event(0, "raised").event(1, "cleared", state=CLEARED)
    assert story.heard == []


# Escalation and repetition.


def test_an_escalation_comes_after_its_minutes_and_not_before():
    story = Story(subscription(escalation_minutes=10)).event(0, "raised").until(9.99)
    assert story.heard == []
    assert story.until(60).heard == [(10, "S1", "escalated", "red")]


def test_an_acknowledged_alert_is_not_escalated():
    story = Story(subscription(escalation_minutes=10)).event(0, "raised")
    assert story.event(5, "acknowledged", acknowledge_time=NOW + minutes(5)).until(60).heard == []


def test_an_escalation_counts_from_when_its_level_was_reached():
    story = Story(subscription(escalation_minutes=10, min_level="red"), alert_level="orange").event(0, "raised")
    assert story.event(5, "level_up", "red").until(60).heard == [(15, "S1", "escalated", "red")]


def test_a_cleared_alert_is_not_escalated_and_its_end_not_told_to_those_who_knew_nothing():
    story = Story(subscription(escalation_minutes=10)).event(0, "raised").event(9, "cleared", state=CLEARED)
    assert story.until(60).heard == []


def test_steps_of_an_escalation_are_told_one_after_the_other():
    first, second = subscription(1, escalation_minutes=5), subscription(2, escalation_minutes=15)
    story = Story(subscription(3), first, second).event(0, "raised").until(60)
    assert story.heard == [(0, "S3", "raised", "red"), (5, "S1", "escalated", "red"), (15, "S2", "escalated", "red")]


def test_it_is_told_again_until_somebody_takes_care():
    story = Story(subscription(repeat_minutes=10)).event(0, "raised").until(25)
    story.event(25, "acknowledged", acknowledge_time=NOW + minutes(25)).until(60)
    assert [heard[::2] for heard in story.heard] == [(0, "raised"), (10, "repeated"), (20, "repeated")]


def test_a_new_level_begins_the_interval_anew():
    story = Story(subscription(repeat_minutes=10)).event(0, "raised").event(7, "level_up", "critical").until(17)
    assert [heard[::2] for heard in story.heard] == [(0, "raised"), (7, "level_up"), (17, "repeated")]


def test_while_it_recovers_nothing_is_repeated_and_after_that_again():
    story = Story(subscription(repeat_minutes=10)).event(0, "raised").event(5, "recovering", state="RECOVERING")
    story.until(30).event(30, "reactivated", state="ACTIVE").until(35)
    assert [heard[::2] for heard in story.heard] == [(0, "raised"), (30, "repeated")]


def test_two_of_one_address_that_are_due_together_repeat_once():
    same = {"recipient": "http://127.0.0.1/same", "repeat_minutes": 10}
    story = Story(subscription(1, **same), subscription(2, **same)).event(0, "raised").until(10)
    assert [heard[::2] for heard in story.heard] == [(0, "raised"), (10, "repeated")]


def test_a_subscription_that_was_disabled_is_told_no_more():
    story = Story(subscription(repeat_minutes=10)).event(0, "raised")
    story.subscriptions = [subscription(repeat_minutes=10, enabled=False)]
    assert len(story.until(60).event(60, "cleared", state=CLEARED).heard) == 1
    assert story.known == {}


# Silences and shelves.


def test_what_is_active_when_a_silence_ends_is_told_then():
    story = Story(subscription(), silences=[silence()]).event(10, "raised").until(59.9)
    assert story.heard == []
    assert story.until(60).heard == [(60, "S1", "raised", "red")]


def test_what_is_over_before_a_silence_ends_is_never_told():
    story = Story(subscription(), silences=[silence()]).event(10, "raised").event(20, "cleared", state=CLEARED)
    assert story.until(90).heard == []
    assert story.known == {}


def test_who_was_told_before_a_silence_hears_of_the_end_after_it():
    story = Story(subscription(), silences=[silence(start_time=NOW + minutes(5))]).event(0, "raised")
    story.event(10, "cleared", state=CLEARED).until(90)
    assert [heard[::2] for heard in story.heard] == [(0, "raised"), (60, "cleared")]


def test_a_level_above_the_silence_breaks_through():
    story = Story(subscription(), alert_level="orange", silences=[silence(max_level="orange")]).event(0, "raised")
    assert story.event(5, "level_up", "red").until(50).heard == [(5, "S1", "raised", "red")]


def test_silences_that_follow_each_other_hold_until_the_last_ends():
    both = [silence(), silence(silence_id=2, start_time=NOW + minutes(30), end_time=NOW + minutes(90))]
    assert Story(subscription(), silences=both).event(10, "raised").until(120).heard == [(90, "S1", "raised", "red")]


def test_a_silence_that_is_taken_back_tells_at_the_next_look():
    story = Story(subscription(), silences=[silence()]).event(10, "raised")
    story.silences = []
    assert story.at(20).heard == [(20, "S1", "raised", "red")]


def test_a_repetition_is_held_by_a_silence_and_comes_when_it_ends():
    story = Story(subscription(repeat_minutes=10), silences=[silence(start_time=NOW + minutes(5))]).event(0, "raised")
    assert [heard[::2] for heard in story.until(69).heard] == [(0, "raised"), (60, "repeated")]


def test_an_escalation_is_held_by_a_silence_and_comes_when_it_ends():
    story = Story(subscription(escalation_minutes=10), silences=[silence()]).event(0, "raised").until(90)
    assert story.heard == [(60, "S1", "escalated", "red")]


def test_the_plan_names_the_silence_that_holds_now():
    story = Story(subscription(), silences=[silence()]).event(10, "raised").until(60)
    assert [made.silenced and made.silenced.silence_id for made in story.plans] == [1, None]


def test_a_shelf_holds_until_it_ends():
    story = Story(subscription(), shelved_until=NOW + minutes(30)).event(0, "raised").until(90)
    assert story.heard == [(30, "S1", "raised", "red")]


def test_a_higher_level_ends_a_shelf_and_a_lower_one_does_not():
    shelf = {"shelved_until": NOW + minutes(30), "shelved_level": "red"}
    story = Story(subscription(), **shelf).event(0, "raised").event(5, "level_down", "orange")
    assert story.heard == []
    story.event(6, "level_up", "critical")
    assert story.heard == [(6, "S1", "raised", "critical")]
    assert [made.unshelved for made in story.plans] == [False, False, True]


def test_a_level_that_was_reached_before_the_shelf_does_not_end_it_when_it_comes_back():
    story = Story(subscription()).event(0, "raised").event(1, "level_down", "orange")
    story.event(2, "shelved", shelved_until=NOW + minutes(60), shelved_level="red")
    story.event(5, "level_up", "red").event(6, "level_down", "yellow").event(7, "level_up", "red")
    assert not any(made.unshelved for made in story.plans)
    assert story.event(8, "level_up", "critical").plans[-1].unshelved
    assert [heard[::2] for heard in story.heard] == [(0, "raised"), (1, "level_down"), (8, "level_up")]


def test_a_level_that_rose_before_the_shelf_does_not_end_it():
    story = Story(subscription()).event(0, "raised").happens("level_up", "critical")
    story.happens("shelved", shelved_until=NOW + minutes(30), shelved_level="critical").at(1)
    assert not story.plans[-1].unshelved
    assert [heard[::2] for heard in story.until(60).heard] == [(0, "raised"), (30, "level_up")]


def test_the_end_of_a_shelved_alert_is_told_at_once_to_those_who_knew_of_it():
    story = Story(subscription()).event(0, "raised").event(1, "shelved", shelved_until=NOW + minutes(30))
    assert story.event(5, "cleared", state=CLEARED).heard[1:] == [(5, "S1", "cleared", "red")]


def test_a_new_subscription_hears_of_what_happens_next():
    story = Story().event(0, "raised")
    story.subscriptions = [subscription()]
    assert story.event(4, "commented").at(4).heard == []
    assert story.event(5, "level_up", "critical").heard == [(5, "S1", "raised", "critical")]
