"""Who acts in the call under way."""

from contextvars import copy_context

import pytest

from services.common.access.current import acting, called_by
from services.common.access.domain import ANONYMOUS, EVERYTHING, Caller, Kind, Role, anybody
from services.common.errors import InvalidInputError


def acted(caller, given):
    def call():
        called_by(caller)
        return acting(given)

    return copy_context().run(call)


def signed_in(name):
    return Caller(Kind.PERSON, name, Role.OPERATOR, EVERYTHING)


def test_without_sign_in_it_is_who_they_say_they_are():
    assert acted(anybody(), "Kim") == "Kim"


def test_whoever_is_signed_in_acts_under_that_name_and_no_other():
    assert acted(signed_in("Kim"), "") == "Kim"
    assert acted(signed_in("Kim"), "Kim") == "Kim"
    with pytest.raises(InvalidInputError, match="signed in as 'Kim'"):
        acted(signed_in("Kim"), "Lee")


def test_a_token_in_the_name_of_nobody_does_not_let_one_act_as_somebody_else():
    with pytest.raises(InvalidInputError):
        acted(signed_in(ANONYMOUS), "Lee")
