"""Guessing is slowed down by client and name, in bounded memory, and the owner is not locked out by strangers."""

import pytest

from checkdam.accounts import Throttle, TooManyAttemptsError
from checkdam.accounts import throttle as module


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(clock)


def fail(throttle: Throttle, times: int, client: str = "10.0.0.1", name: str = "ada") -> None:
    for _ in range(times):
        throttle.begin(client, name)


def test_the_sixth_attempt_in_five_minutes_is_refused_and_says_when(throttle: Throttle, clock: Clock) -> None:
    fail(throttle, 5)
    clock.now += 100
    with pytest.raises(TooManyAttemptsError) as caught:
        throttle.begin("10.0.0.1", "ada")
    assert caught.value.retry_after == 200
    clock.now += 199
    with pytest.raises(TooManyAttemptsError):
        throttle.begin("10.0.0.1", "ada")
    clock.now += 2
    throttle.begin("10.0.0.1", "ada")


def test_a_refused_attempt_does_not_prolong_the_wait(throttle: Throttle, clock: Clock) -> None:
    fail(throttle, 5)
    for _ in range(20):
        clock.now += 10
        with pytest.raises(TooManyAttemptsError):
            throttle.begin("10.0.0.1", "ada")
    clock.now += 101
    throttle.begin("10.0.0.1", "ada")


def test_success_forgives(throttle: Throttle) -> None:
    for _ in range(50):
        throttle.begin("10.0.0.1", "ada")
        throttle.succeeded("10.0.0.1", "ada")
    fail(throttle, 4)
    throttle.succeeded("10.0.0.1", "ada")
    fail(throttle, 5)


def test_one_client_cannot_go_through_many_names(throttle: Throttle) -> None:
    for number in range(30):
        throttle.begin("10.0.0.1", f"user{number}")
    with pytest.raises(TooManyAttemptsError):
        throttle.begin("10.0.0.1", "somebody else")
    throttle.begin("10.0.0.2", "somebody else")


def test_many_clients_cannot_guess_one_name_for_ever(throttle: Throttle) -> None:
    for number in range(100):
        throttle.begin(f"10.0.1.{number}", "ada")
    with pytest.raises(TooManyAttemptsError):
        throttle.begin("10.0.2.1", "ada")


def test_a_stranger_who_fails_does_not_lock_the_owner_out(throttle: Throttle) -> None:
    fail(throttle, 5, client="10.0.0.66")
    with pytest.raises(TooManyAttemptsError):
        throttle.begin("10.0.0.66", "ada")
    throttle.begin("10.0.0.1", "ada")


def test_memory_is_bounded(throttle: Throttle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_KEYS", 300)
    for number in range(2000):
        throttle.begin(f"client{number}", f"name{number}")
    assert len(throttle._attempts) <= 303
