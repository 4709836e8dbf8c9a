"""What takes too long is interrupted, once; what is done in time never is."""

import time
from threading import Event, Thread

from checkdam.storage.watchdog import Watchdog


def test_what_takes_too_long_is_interrupted_in_the_order_of_the_limits() -> None:
    dog = Watchdog()
    told: list[str] = []
    first, second = Event(), Event()

    def work(name: str, seconds: float, ended: Event) -> None:
        def interrupt() -> None:
            told.append(name)
            ended.set()

        with dog.limit(seconds, interrupt):
            ended.wait(20)

    threads = [Thread(target=work, args=("slow", 0.3, second)), Thread(target=work, args=("soon", 0.1, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["soon", "slow"]


def test_what_is_done_in_time_is_left_alone() -> None:
    dog = Watchdog()
    told: list[str] = []
    for _ in range(1_000):
        with dog.limit(0.05, lambda: told.append("late")):
            pass
    time.sleep(0.15)
    assert told == []
    assert not dog._due
