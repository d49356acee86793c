"""Deliveries under any order of events, messages, deaths of workers, and moods of the receiver.

Whatever happens, an announced delivery is made or given up, no receiver is hammered, and nothing is
left due. A worker may die at each of its port calls; messages get lost, and come twice.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from larder.domain.deliveries import GIVE_UP_SECONDS, Attempt, DeliveryStatus
from larder.domain.webhooks import BREAK_AFTER, delivery_of
from larder.services.upkeep.sweepers import sweep_webhook
from larder.services.webhooks.announce import announce
from larder.services.webhooks.deliver import Deliver
from tests.backends.memory import MemoryBackend
from tests.samples import TENANT, a_webhook, an_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from larder.domain.deliveries import Delivery
    from larder.domain.events import Event

OK, DOWN = Attempt(status_code=200), Attempt(error="Timed out.")


class DiedError(BaseException):
    """The worker is gone, without a chance to clean up."""


class Mortal:
    """A port, each call of which may be the worker's last: before it, or after it took effect."""

    def __init__(self, port: Any, world: World) -> None:
        self._port = port
        self._world = world

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*arguments: Any, **named: Any) -> Any:
            self._world.step()
            answer = method(*arguments, **named)
            self._world.step()
            return answer

        return call


@dataclass
class World:
    """A project with one webhook, whose messages are delivered as the test says.

    `moods`: whether the receiver is up, request by request, if the test does not say it otherwise.
    """

    steps_to_live: int | None = None
    up: bool = True
    moods: Iterator[bool] | None = None
    backend: MemoryBackend = field(default_factory=MemoryBackend)
    events: list[Event] = field(default_factory=list)
    made: Counter[str] = field(default_factory=Counter)
    attempts_at: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.webhook = a_webhook(self.backend)
        self.inner = self.backend.webhooks, self.backend.deliveries
        for name in ("webhooks", "deliveries", "wake_ups", "event_bus"):
            port = getattr(self.backend, name)
            setattr(self.backend, name, Mortal(port, self))
        self.wake_ups = self.backend.wake_ups._port  # type: ignore[attr-defined]
        self.backend.receivers.send = self.send  # type: ignore[method-assign]

    def step(self) -> None:
        if self.steps_to_live is not None:
            self.steps_to_live -= 1
            if self.steps_to_live < 0:
                raise DiedError

    def send(self, url: str, headers: Any, body: bytes) -> Attempt:  # noqa: ARG002
        self.step()
        if self.moods is not None:
            self.up = next(self.moods)
        self.attempts_at.append(int(self.backend.clock()))
        if self.up:
            self.made[headers["webhook-id"]] += 1
        self.step()
        return OK if self.up else DOWN

    def run(self, work: Any, steps: int | None) -> bool:
        """Do some work with so many steps to live; None for a worker that does not die."""
        self.steps_to_live = steps
        try:
            work()
        except DiedError:
            return False
        finally:
            self.steps_to_live = None
        return True

    def announce(self, event: Event) -> None:
        self.backend.make(announce)(TENANT, [event])

    def turn(self) -> None:
        left = iter(range(40))
        self.backend.make(Deliver)(
            TENANT,
            self.webhook.id,
            keep_going=lambda: next(left, None) is not None,
            report=lambda *_: None,
        )

    def sweep(self) -> None:
        for due in list(self.backend.deadlines.due(self.backend.clock())):
            self.backend.make(sweep_webhook)(due)

    def receive(self, steps: int | None = None, *, lost: bool = False) -> None:
        """Take a message. A worker that died leaves it for later, unless it is lost."""
        if not self.wake_ups.messages:
            return
        message = self.wake_ups.messages.pop(0)
        if not lost and not self.run(self.turn, steps):
            self.wake_ups.messages.append(message)

    def all_made(self) -> list[Delivery]:
        return [delivery_of(event, self.webhook) for event in self.events]


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("event"), st.none() | st.integers(0, 12)),
        st.tuples(st.just("again"), st.none() | st.integers(0, 12)),
        st.tuples(st.just("receive"), st.none() | st.integers(0, 40)),
        st.tuples(st.just("lose"), st.none()),
        st.tuples(st.just("twice"), st.none()),
        st.tuples(st.just("up"), st.none()),
        st.tuples(st.just("down"), st.none()),
        st.tuples(st.just("wait"), st.sampled_from([1, 5, 70, 300, 3_600, 43_200])),
        st.tuples(st.just("sweep"), st.none() | st.integers(0, 6)),
    ),
    max_size=40,
)


def act(world: World, action: str, number: int | None) -> None:
    match action:
        case "event":
            event = an_event(world.backend.clock())
            # The stream brings the record again until it went well.
            if not world.run(lambda: world.announce(event), number):
                world.announce(event)
            world.events.append(event)
        case "again" if world.events:
            world.run(lambda: world.announce(world.events[-1]), number)
        case "receive":
            world.receive(number)
        case "lose":
            world.receive(lost=True)
        case "twice" if world.wake_ups.messages:
            world.wake_ups.messages.append(world.wake_ups.messages[0])
        case "up" | "down":
            world.up = action == "up"
        case "wait" if number is not None:
            world.backend.clock.advance(number)
        case "sweep":
            world.run(world.sweep, number)


def settle(world: World, rounds: int, pause: int) -> None:
    """Let queue and sweeper go on for a while, with workers that live."""
    for _ in range(rounds):
        world.sweep()
        for _ in range(len(world.wake_ups.messages)):
            world.receive()
        world.backend.clock.advance(pause)


@given(ACTIONS)
def test_every_delivery_is_made_once_the_receiver_is_up_or_was_given_up(
    actions: list[tuple[str, int | None]],
) -> None:
    world = World()
    for action, number in actions:
        act(world, action, number)

    world.up = True
    settle(world, rounds=150, pause=900)

    webhooks, deliveries = world.inner
    for wanted in world.all_made():
        found = deliveries.get(TENANT, world.webhook.id, wanted.id)
        if found is None:
            # Announced to a webhook that was disabled by then.
            assert not webhooks.list(TENANT)[0].enabled
            continue
        assert found.status is not DeliveryStatus.RETRYING
        if found.status is DeliveryStatus.DELIVERED:
            assert world.made[found.id] >= 1
        else:
            assert found in world.wake_ups.dead
    webhook = webhooks.get(TENANT, world.webhook.id)
    assert webhook is not None
    assert webhook.due_at is None
    assert deliveries.next_due(TENANT, world.webhook.id) is None
    assert world.wake_ups.messages == []


@given(ACTIONS)
def test_without_deaths_and_repetitions_a_delivery_is_made_once(
    actions: list[tuple[str, int | None]],
) -> None:
    world = World()
    for action, number in actions:
        act(world, action, number if action == "wait" else None)
    world.up = True
    settle(world, rounds=150, pause=900)

    assert set(world.made.values()) <= {1}


@given(st.integers(1, 60), st.integers(0, 30))
def test_a_dead_receiver_is_not_hammered(events: int, repeated: int) -> None:
    """However many events there are, and however often its messages come."""
    world = World(up=False)
    for _ in range(events):
        act(world, "event", None)
        act(world, "receive", None)
    for _ in range(repeated):
        act(world, "twice", None)
        act(world, "receive", None)

    assert len(world.attempts_at) <= BREAK_AFTER


@given(st.integers(1, 5))
def test_a_dead_receiver_ends_as_a_disabled_webhook(events: int) -> None:
    world = World(up=False)
    for _ in range(events):
        act(world, "event", None)

    settle(world, rounds=GIVE_UP_SECONDS // 900 + 60, pause=900)

    webhooks, _ = world.inner
    webhook = webhooks.get(TENANT, world.webhook.id)
    assert webhook is not None
    assert not webhook.enabled
    assert webhook.due_at is None
    assert {each.id for each in world.wake_ups.dead} == {each.id for each in world.all_made()}
    assert len(world.attempts_at) <= BREAK_AFTER * events + 40


@given(st.lists(st.booleans(), min_size=1, max_size=12).filter(any), st.integers(1, 40))
def test_a_receiver_that_flaps_gets_everything(moods: list[bool], events: int) -> None:
    """As one behind a load balancer does, some of whose servers are down."""
    world = World(moods=cycle(moods))
    for _ in range(events):
        act(world, "event", None)

    settle(world, rounds=GIVE_UP_SECONDS // 900, pause=900)

    webhooks, deliveries = world.inner
    webhook = webhooks.get(TENANT, world.webhook.id)
    assert webhook is not None
    assert webhook.enabled
    for wanted in world.all_made():
        found = deliveries.get(TENANT, webhook.id, wanted.id)
        assert found is not None
        assert found.status is DeliveryStatus.DELIVERED
    # It asks as often as the receiver's moods demand, and no more.
    assert len(world.attempts_at) <= -(-events // sum(moods)) * len(moods)
