"""Conditions: as expressions and as text, on a signal, on a branch and on joined signals."""

from __future__ import annotations

import pytest
from harness import Broker, until

from vehicle_signal_runtime import (
    Actuator,
    Condition,
    InvalidCondition,
    PermissionDenied,
    Reading,
    Sensor,
    Snapshot,
    UnknownSignal,
    join,
    use_broker,
)
from vehicle_signal_runtime.generated import Branch, StringEnum
from vehicle_signal_runtime.testing import MockBroker

SEAT = Actuator[int]("Vehicle.Cabin.Seat.Row1.DriverSide.Position", "uint16", min=0)
HEIGHT = Actuator[int]("Vehicle.Cabin.Seat.Row1.DriverSide.Height", "uint16", min=0)
SPEED = Sensor[float]("Vehicle.Speed", "float")
OPEN = Actuator[bool]("Vehicle.Body.Hood.IsOpen", "boolean")


class Mode(StringEnum):
    """An enum as models have them."""

    ECO = "ECO"


def test_expressions_are_shown_as_the_text_that_means_the_same() -> None:
    """Whole expressions, with the signals they name."""
    mode = Sensor[Mode]("Vehicle.Mode", "string", enum=Mode)
    shown = {
        SPEED > 50: "Vehicle.Speed > 50",
        SPEED >= 0.5: "Vehicle.Speed >= 0.5",
        SPEED > 50: "Vehicle.Speed > 50",
        (SPEED < 1) | (OPEN == True): (  # noqa: E712
            "Vehicle.Speed < 1 OR Vehicle.Body.Hood.IsOpen = true"
        ),
        ~((SEAT != 3) & (SEAT <= HEIGHT)): (
            f"NOT ({SEAT.path} != 3 AND {SEAT.path} <= {HEIGHT.path})"
        ),
        SPEED.between(1, 2.5) & (mode == Mode.ECO): (
            "Vehicle.Speed BETWEEN 1 AND 2.5 AND Vehicle.Mode = 'ECO'"
        ),
    }
    for condition, text in shown.items():
        assert str(condition) == text
        assert str(Condition.parse(text)) == text
    assert (~((SEAT != 3) & (SEAT <= HEIGHT))).signals == [SEAT.path, HEIGHT.path]
    assert repr(SPEED > 50) == 'Condition("Vehicle.Speed > 50")'


def test_signals_stay_keys_of_dictionaries() -> None:
    """Though `==` of two signals is a condition."""
    same = Sensor[float]("Vehicle.Speed", "float")
    found = {SPEED: "one", same: "other"}
    assert found[SPEED] == "one" and found[same] == "other"
    assert isinstance(same == SPEED, Condition)
    assert (SPEED == None) is False  # noqa: E711


def test_a_condition_is_no_truth() -> None:
    """`and`, `not` and chained comparisons would silently mean something else."""
    for mistake in (
        lambda: SPEED > 1 and SPEED < 2,
        lambda: not SPEED > 1,
        lambda: 1 < SPEED < 2,
        lambda: bool(SEAT == HEIGHT),
    ):
        with pytest.raises(TypeError, match=r"combine it with & \| ~"):
            mistake()
    with pytest.raises(TypeError, match="not supported between instances of 'Sensor' and 'list'"):
        SPEED > [1]  # type: ignore[operator]  # noqa: B015


def test_a_text_that_is_no_condition_is_refused_where_it_is_given() -> None:
    """With the column, and what could stand there."""
    message = (
        "^column 17 of the condition: expected a signal, a number, a text in quotes, true, "
        r"false, NOT or \(, found its end$"
    )
    with pytest.raises(InvalidCondition, match=message):
        SPEED.where("Vehicle.Speed > ")
    with pytest.raises(ValueError, match="more than 64 levels"):
        condition = SPEED > 1
        for _ in range(100):
            condition = ~(condition & (SPEED < 2))
    with pytest.raises(InvalidCondition, match="nan cannot be compared"):
        float("nan") < SPEED  # noqa: B015
    with pytest.raises(TypeError, match="a condition or its text, not 5"):
        SPEED.where(5)  # type: ignore[arg-type]


async def test_a_signal_comes_when_the_condition_holds(broker: str) -> None:
    """Only then, and also when it is another signal that makes it hold."""
    await SEAT.publish(1)
    await HEIGHT.publish(0)
    seen: list[int | None] = []
    subscription = await SEAT.where((HEIGHT > 10) & (SEAT < 100)).subscribe(
        lambda reading: seen.append(reading.value)
    )
    await SEAT.publish(2)
    await HEIGHT.publish(11)
    await until(lambda: seen == [2])
    await SEAT.publish(3)
    await SEAT.publish(100)
    await SEAT.publish(4)
    await HEIGHT.publish(10)
    await SEAT.publish(5)
    await HEIGHT.publish(12)
    await until(lambda: seen == [2, 3, 4, 5])
    subscription.unsubscribe()


async def test_joined_signals_come_when_the_condition_holds(broker: str) -> None:
    """As text, which may name signals that are not joined; and several conditions."""
    await SEAT.publish(1)
    await HEIGHT.publish(0)
    await SPEED.publish(0)
    seen: list[tuple[int | None, int | None]] = []

    def note(snapshot: Snapshot) -> None:
        seen.append((snapshot[SEAT].value, snapshot[HEIGHT].value))
        assert SPEED not in snapshot and len(snapshot) == 2

    selection = join(SEAT, HEIGHT).where("Vehicle.Speed > 50").where(SEAT > 1)
    subscription = await selection.subscribe(note)
    await SPEED.publish(51)
    await SEAT.publish(2)
    await HEIGHT.publish(3)
    await SPEED.publish(50)
    await HEIGHT.publish(4)
    await SPEED.publish(52)
    await until(lambda: seen == [(2, 0), (2, 3), (2, 4)])
    subscription.unsubscribe()


class Driver(Branch):
    """As a generated model has it."""

    @property
    def Position(self) -> Actuator[int]:  # noqa: N802
        return SEAT

    @property
    def Height(self) -> Actuator[int]:  # noqa: N802
        return HEIGHT


async def test_a_branch_gives_each_update_while_the_condition_holds(broker: str) -> None:
    """Not the signals that only the condition names."""
    await SEAT.publish(1)
    await HEIGHT.publish(2)
    await SPEED.publish(0)
    branch = Driver("Vehicle.Cabin.Seat.Row1.DriverSide").where(SPEED > 50)
    async with branch.stream() as stream:
        await SEAT.publish(3)
        await SPEED.publish(51)
        await HEIGHT.publish(4)
        await SEAT.publish(5)
        readings = [await anext(stream) for _ in range(2)]
        assert [(r.path, r.value) for r in readings] == [(HEIGHT.path, 4), (SEAT.path, 5)]


async def test_a_signal_without_a_value_does_not_pass(own_broker: Broker) -> None:
    """Neither the condition nor its opposite holds, until there is one."""
    own_broker.start("--no-mock")
    use_broker(own_broker.address)
    seen: list[Reading[int]] = []
    await SEAT.publish(1)
    one = await SEAT.where(SPEED > 50).subscribe(seen.append)
    other = await SEAT.where(~(SPEED > 50)).subscribe(seen.append)
    snapshots: list[Snapshot] = []
    joined = await join(SEAT, SPEED).subscribe(snapshots.append)
    await SEAT.publish(2)
    await until(lambda: len(snapshots) == 2)
    assert seen == []
    assert not snapshots[-1][SPEED].available and snapshots[-1][SPEED].value is None
    await SPEED.publish(10)
    await until(lambda: [reading.value for reading in seen] == [2])
    for subscription in (one, other, joined):
        subscription.unsubscribe()


async def test_a_condition_names_only_what_the_app_may_read() -> None:
    """Else it would tell what a signal holds without asking for it."""
    grants = {SEAT.path: ["read"]}
    with MockBroker([SEAT, SPEED], grants=grants) as mock:
        mock.publish(SEAT, 1)
        mock.publish(SPEED, 60)
        for condition in (SPEED > 50, "Vehicle.Speed > 50", (SEAT > 0) | (SPEED > 50)):
            with pytest.raises(PermissionDenied, match=r"may not read Vehicle\.Speed"):
                await SEAT.where(condition).subscribe(print)
        async with SEAT.where(SEAT > 0).stream() as stream:
            assert (await anext(stream)).value == 1


async def test_mistakes_are_raised_by_subscribe(broker: str) -> None:
    """A path that is not there, and a comparison that no value could decide."""
    with pytest.raises(UnknownSignal, match=r"Vehicle\.Sped"):
        await SEAT.where("Vehicle.Sped > 50").subscribe(print)
    message = r"^Vehicle\.Speed \(float\) cannot be compared with 'fast' \(a text\)$"
    with pytest.raises(InvalidCondition, match=message):
        await SEAT.where("Vehicle.Speed = 'fast'").subscribe(print)
    with pytest.raises(InvalidCondition, match="no condition by itself"):
        await anext(join(SEAT).where("Vehicle.Speed").stream())
