"""What subscriptions, silences, notifications and the audit trail refuse, as lines of tests/e2e/test_bad_input.py."""

INVALID, NOT_FOUND, PRECONDITION = "INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION"


def subscription(**change):
    return {"subscription": {"channel": "webhook", "recipient": "http://127.0.0.1:9/"} | change}


def silence(**change):
    fields = {"factory": "F", "end_time": "2100-01-01T00:00:00Z", "author": "A", "reason": "R"}
    return {"silence": fields | change}


def _create(made, *blamed):
    rpc = "SubscriptionService.CreateSubscription" if "subscription" in made else "SilenceService.CreateSilence"
    return rpc, made, INVALID, list(blamed)


_AUDIT = [
    ("AuditService.ListAuditRecords", {"limit": -1}, INVALID, ["limit"]),
    ("AuditService.ListAuditRecords", {"skip": -1}, INVALID, ["skip"]),
    *(
        ("AuditService.ListAuditRecords", {"page_token": token}, INVALID, ["page_token"])
        for token in ("forged", "💥\0", "A" * 20_000)
    ),
    *(
        (f"AuditService.{rpc}", fields, INVALID, list(fields)[-1:])
        for rpc in ("ListAuditRecords", "ExportAuditRecords")
        for fields in (
            {"kind": "a\0b"}, {"id": "x" * 101}, {"actor": "a\nb"}, {"factory": "높" * 5_000},
            {"start_time": "2026-07-15T12:00:00Z", "end_time": "2026-07-15T12:00:00Z"},
        )
    ),
    *(("AuditService.GetAuditRecord", {"record_id": word}, NOT_FOUND, []) for word in ("x", "{0}", "é" * 5_000)),
]  # fmt: skip

CASES = [
    *_AUDIT,
    _create({"subscription": {}}, "channel", "recipient"),
    _create(subscription(channel="fax"), "channel"),
    _create(subscription(recipient="ftp://a/"), "recipient"),
    _create(subscription(recipient="http://a:99999/"), "recipient"),
    _create(subscription(recipient="http://[::1/"), "recipient"),
    _create(subscription(recipient="http://u:p@a/"), "recipient"),
    _create(subscription(recipient="http://a/\0"), "recipient"),
    _create(subscription(recipient="http://" + "a" * 20_000), "recipient"),
    _create(subscription(channel="email", recipient="a@b@c"), "recipient"),
    _create(subscription(channel="email", recipient="a@b.kr\nBcc: c@d.kr"), "recipient"),
    _create(subscription(channel="email", recipient="a." * 10_000 + "@b"), "recipient"),
    ("SubscriptionService.CreateSubscription", subscription(channel="email", recipient="a@b.kr"), PRECONDITION, []),
    _create(subscription(name="\0", format="xml", language="fr"), "name", "format", "language"),
    _create(subscription(secret="short"), "secret"),
    _create(subscription(min_level="green", alert_type="fire"), "alert_type", "min_level"),
    _create(subscription(factory="", floor=2**31 - 1, sensor_id="a b"), "factory", "floor", "sensor_id"),
    _create(subscription(escalation_minutes=-1, repeat_minutes=1441, max_per_minute=0),
            "escalation_minutes", "repeat_minutes", "max_per_minute"),
    ("SubscriptionService.ListSubscriptions", {"limit": -1}, INVALID, ["limit"]),
    ("SubscriptionService.ListSubscriptions", {"page_token": "forged"}, INVALID, ["page_token"]),
    ("SubscriptionService.GetSubscription", {"subscription_id": 0}, NOT_FOUND, []),
    ("SubscriptionService.UpdateSubscription", {"subscription_id": 1}, INVALID, ["body"]),
    ("SubscriptionService.UpdateSubscription", {"subscription_id": 1, "update_mask": "colour"}, INVALID,
     ["update_mask"]),
    ("SubscriptionService.UpdateSubscription", {"subscription_id": 1, "update_mask": "channel"}, INVALID, ["channel"]),
    ("SubscriptionService.UpdateSubscription", {"subscription_id": 1, "subscription": {"subscription_id": 2}}, INVALID,
     ["subscription_id"]),
    ("SubscriptionService.UpdateSubscription", {"subscription_id": 999, "subscription": {"name": "x"}}, NOT_FOUND, []),
    ("SubscriptionService.DeleteSubscription", {"subscription_id": 2**31 - 1}, NOT_FOUND, []),
    ("SubscriptionService.EnableSubscription", {"subscription_id": 999}, NOT_FOUND, []),
    ("SubscriptionService.DisableSubscription", {"subscription_id": 999}, NOT_FOUND, []),
    ("SubscriptionService.TestSubscription", {"subscription_id": -1}, NOT_FOUND, []),
    ("SubscriptionService.MatchSubscriptions", {}, INVALID, ["loc_id"]),
    ("SubscriptionService.MatchSubscriptions", {"loc_id": "a b", "sensor_id": "\0", "alert_type": "x", "level": "x"},
     INVALID, ["loc_id", "sensor_id", "alert_type", "level"]),
    ("SubscriptionService.MatchSubscriptions", {"loc_id": "nowhere"}, NOT_FOUND, []),
    _create({"silence": {}}, "author", "reason"),
    _create(silence(author=" ", reason="\0"), "author", "reason"),
    _create(silence(factory=None), "factory"),
    _create(silence(end_time=None), "end_time"),
    _create(silence(end_time="2020-01-01T00:00:00Z"), "end_time"),
    _create(silence(start_time="0001-01-01T00:00:00Z", end_time="9999-12-31T23:59:59Z"), "start_time", "end_time"),
    _create(silence(weekdays="mon,someday", start_of_day="24:00", end_of_day="6"),
            "start_of_day", "end_of_day", "weekdays"),
    _create(silence(start_of_day="22:00"), "start_of_day"),
    _create(silence(zone="Asia/Nowhere", max_level="green"), "max_level", "zone"),
    _create(silence(zone="../../etc/passwd"), "zone"),
    _create(silence(zone="x" * 20_000), "zone"),
    ("SilenceService.ListSilences", {"skip": -1}, INVALID, ["skip"]),
    ("SilenceService.GetSilence", {"silence_id": 0}, NOT_FOUND, []),
    ("SilenceService.UpdateSilence", {"silence_id": 1}, INVALID, ["body"]),
    ("SilenceService.UpdateSilence", {"silence_id": 1, "update_mask": "reason"}, INVALID, ["reason"]),
    ("SilenceService.UpdateSilence", {"silence_id": 999, "silence": {"reason": "x"}}, NOT_FOUND, []),
    ("SilenceService.DeleteSilence", {"silence_id": 999}, NOT_FOUND, []),
    ("NotificationService.ListNotifications", {"state": "lost"}, INVALID, ["state"]),
    ("NotificationService.ListNotifications", {"page_token": "💥"}, INVALID, ["page_token"]),
    ("NotificationService.GetNotification", {"notification_id": 2**31 - 1}, NOT_FOUND, []),
    ("NotificationService.RetryNotification", {"notification_id": 0}, NOT_FOUND, []),
]  # fmt: skip
