"""Wires what tells people: subscriptions, silences, notifications, the planner and the sender."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from montrg.alert.v1 import (
    notification_service_pb2_grpc,
    silence_service_pb2_grpc,
    subscription_service_pb2_grpc,
)

from services.alert.notify.claims import Claims
from services.alert.notify.figures import NotificationFigures
from services.alert.notify.handler import NotificationHandler
from services.alert.notify.mail import MailChannel
from services.alert.notify.planner import Planner
from services.alert.notify.repository import SqlNotifications
from services.alert.notify.sender import Channel, Sender
from services.alert.notify.service import NotificationUseCases
from services.alert.notify.settings import read_settings
from services.alert.notify.stories import Stories
from services.alert.notify.upkeep import keep_up
from services.alert.notify.webhook import WebhookChannel
from services.alert.notify.writing import Writing
from services.alert.silences.handler import SilenceHandler
from services.alert.silences.repository import SqlSilences
from services.alert.silences.service import SilenceUseCases
from services.alert.subscriptions.domain import EMAIL, WEBHOOK
from services.alert.subscriptions.handler import SubscriptionHandler
from services.alert.subscriptions.repository import SqlSubscriptions
from services.alert.subscriptions.service import Places, SubscriptionUseCases
from services.common.clock import system_clock
from services.common.interceptors import database_is_away
from services.common.server import Context
from services.common.tasks import background


@asynccontextmanager
async def notifying(context: Context, server: grpc.aio.Server, places: Places) -> AsyncIterator[None]:
    """Adds the three servicers, plans and sends until the block ends; figures tell of what waits."""
    context.add_sampler(NotificationFigures(context.database).sample)
    settings = read_settings(context.environment)
    zone = context.environment.zone("SITE_TZ", "Asia/Seoul")
    writing = Writing(settings.links, zone)
    webhooks = WebhookChannel(settings)
    channels: dict[str, Channel] = {WEBHOOK: webhooks, EMAIL: MailChannel(settings, system_clock)}
    grace_s = context.settings.grace_s
    sender = Sender(Claims(context.database), channels, database_is_away, system_clock, grace_s=grace_s)
    stories = Stories(context.database, database_is_away)
    planner = Planner(context.settings.database_url, writing, system_clock, sender.wake)
    notifications = NotificationUseCases(SqlNotifications(context.database), sender, writing, system_clock)
    silences = SqlSilences(context.database)
    subscriptions = SubscriptionUseCases(
        SqlSubscriptions(context.database),
        silences,
        places,
        notifications,
        system_clock,
        mail_is_set_up=settings.smtp is not None,
        networks=settings.networks,
    )
    notification_service_pb2_grpc.add_NotificationServiceServicer_to_server(NotificationHandler(notifications), server)
    subscription_service_pb2_grpc.add_SubscriptionServiceServicer_to_server(SubscriptionHandler(subscriptions), server)
    silence_handler = SilenceHandler(SilenceUseCases(silences, system_clock, zone.key), system_clock)
    silence_service_pb2_grpc.add_SilenceServiceServicer_to_server(silence_handler, server)
    upkeep = keep_up(context.database, settings.kept_days, system_clock, database_is_away)
    try:
        async with background(planner.run(), sender.run(), stories.run(), upkeep):
            yield
    finally:
        await webhooks.close()
