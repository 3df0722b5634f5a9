"""The words of the messages, in each language that is known."""

from collections.abc import Mapping
from types import MappingProxyType

from services.alert.notify.texts import en, ko
from services.alert.notify.texts.phrases import Phrases

LANGUAGES: Mapping[str, Phrases] = MappingProxyType({"ko": ko.PHRASES, "en": en.PHRASES})
