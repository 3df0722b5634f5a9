"""The forms that a message is sent in. Pure.

Slack: https://docs.slack.dev/reference/block-kit/blocks; Teams: an Adaptive Card 1.4 as its workflows' webhooks take
it; text: `{"text": ...}`, as gateways of messengers take it.
"""

import html
import re
from typing import Any

import orjson

from services.alert.notify.content import Content
from services.alert.notify.texts import LANGUAGES
from services.alert.subscriptions.domain import JSON, SLACK, TEAMS, TEXT

# What Slack takes: more is refused there.
_SLACK_HEADER, _SLACK_TEXT, _SLACK_FIELDS = 150, 3_000, 10
_MARKS = re.compile(r"[\\`*_\[\]~]")
_TEAMS_COLOURS = {"yellow": "accent", "orange": "warning", "red": "attention", "critical": "attention"}
_HTML_COLOURS = {"yellow": "#b58900", "orange": "#cb4b16", "red": "#dc322f", "critical": "#7b0000"}


def plain_text(content: Content, language: str) -> str:
    """Returns a message as text of several lines."""
    words = LANGUAGES[language]
    lines = [content.subject, *(f"{name}: {value}" for name, value in content.facts), *content.items]
    if content.advice:
        lines.append(f"{words.labels['law']}: {content.advice}")
    return "\n".join([*lines, f"{words.labels['link']}: {content.link}"])


def html_text(content: Content, language: str) -> str:
    """Returns a message as a page of HTML."""
    words = LANGUAGES[language]
    colour = _HTML_COLOURS.get(content.level or "", "#333333")
    rows = "".join(
        f"<tr><th align='left'>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
        for name, value in content.facts
    )
    items = "".join(f"<li>{html.escape(item)}</li>" for item in content.items)
    advice = f"<p><b>{words.labels['law']}</b>: {html.escape(content.advice)}</p>" if content.advice else ""
    link = html.escape(content.link, quote=True)
    return (
        f"<!doctype html><html lang='{language}'><meta charset='utf-8'><body>"
        f"<h2 style='color:{colour}'>{html.escape(content.subject)}</h2><table>{rows}</table><ul>{items}</ul>"
        f"{advice}<p><a href='{link}'>{html.escape(words.labels['link'])}</a></p></body></html>"
    )


def webhook_body(form: str, content: Content, language: str, *, cause: str, key: str) -> bytes:
    """Returns the JSON that a webhook is sent."""
    if form == SLACK:
        return orjson.dumps(_slack(content, language))
    if form == TEAMS:
        return orjson.dumps(_teams(content, language))
    text = plain_text(content, language)
    if form == TEXT:
        return orjson.dumps({"text": text})
    if form == JSON:
        return orjson.dumps(
            {
                "idempotency_key": key,
                "cause": cause,
                "subject": content.subject,
                "level": content.level,
                "text": text,
                "link": content.link,
                "count": content.count,
                "alerts": content.alerts,
            }
        )
    raise ValueError(f"there is no form {form!r}")


def _slack(content: Content, language: str) -> dict[str, Any]:
    words = LANGUAGES[language]
    header = {"type": "plain_text", "text": content.subject[:_SLACK_HEADER], "emoji": False}
    blocks: list[dict[str, Any]] = [{"type": "header", "text": header}]
    if content.facts:
        fields = [{"type": "mrkdwn", "text": f"*{_mrkdwn(name)}*\n{_mrkdwn(value)}"} for name, value in content.facts]
        blocks.append({"type": "section", "fields": fields[:_SLACK_FIELDS]})
    texts = ("\n".join(content.items), content.advice)
    blocks += [_slack_section(_mrkdwn(text)[:_SLACK_TEXT]) for text in texts if text]
    blocks.append(_slack_section(f"<{content.link}|{words.labels['link']}>"))
    return {"text": _mrkdwn(content.subject), "blocks": blocks}


def _slack_section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _mrkdwn(text: str) -> str:
    """Returns a text that names nobody and links nowhere, whatever is in it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _markdown(text: str) -> str:
    """Returns a text that an Adaptive Card shows as it is: a place may not be called a link."""
    return _MARKS.sub(r"\\\g<0>", text)


def _teams(content: Content, language: str) -> dict[str, Any]:
    words = LANGUAGES[language]
    colour = _TEAMS_COLOURS.get(content.level or "", "default")
    title = {
        "type": "TextBlock",
        "text": _markdown(content.subject),
        "size": "large",
        "weight": "bolder",
        "color": colour,
    }
    body: list[dict[str, Any]] = [title | {"wrap": True}]
    if content.facts:
        facts = [{"title": _markdown(name), "value": _markdown(value)} for name, value in content.facts]
        body.append({"type": "FactSet", "facts": facts})
    texts = (*content.items, content.advice)
    body += [{"type": "TextBlock", "text": _markdown(text), "wrap": True} for text in texts if text]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": words.labels["link"], "url": content.link}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}
