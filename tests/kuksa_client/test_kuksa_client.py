"""The stock Kuksa client (kuksa-client, PyPI) against our broker, sync and async.

Any model with the signals below will do, played by the mock.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest
from kuksa_client.grpc import (
    Datapoint,
    DataType,
    EntryType,
    Field,
    Metadata,
    MetadataField,
    SubscribeEntry,
    View,
    VSSClient,
    VSSClientError,
)
from kuksa_client.grpc.aio import VSSClient as AsyncClient

SPEED = "Vehicle.Speed"
VIN = "Vehicle.VehicleIdentification.VIN"
WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
DOOR = "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen"
TRUNK = "Vehicle.Body.Trunk.Rear.IsLocked"

TIMEOUT = 10.0


Address = tuple[str, int]


@pytest.fixture
def client(address: Address) -> Iterator[VSSClient]:
    with VSSClient(*address) as client:
        yield client


def become(client: VSSClient, path: str, value: object) -> None:
    """Waits until a signal has the value."""
    end = time.monotonic() + TIMEOUT
    while client.get_current_values([path])[path].value != value:
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def test_the_server_says_who_it_is(client: VSSClient) -> None:
    """GetServerInfo, which the client asks for at every start."""
    info = client.get_server_info()
    assert info is not None
    assert info.name == "vehicle-edge"
    assert info.version
    assert client.authorize("any token is fine on loopback") == "Authenticated"


def test_values_are_there_from_the_start(client: VSSClient) -> None:
    """Several at once, each with its time."""
    values = client.get_current_values([SPEED, VIN])
    assert 0.0 <= values[SPEED].value < 300.0
    assert len(values[VIN].value) == 17
    assert abs(values[SPEED].timestamp.timestamp() - time.time()) < 60


def test_a_current_value_that_was_set_is_read_back(client: VSSClient) -> None:
    """The mock leaves a value alone that somebody else set."""
    client.set_current_values({SPEED: Datapoint(42.5)})
    assert client.get_current_values([SPEED])[SPEED].value == 42.5
    time.sleep(0.5)
    assert client.get_current_values([SPEED])[SPEED].value == 42.5


def test_a_target_comes_true(client: VSSClient) -> None:
    """A target set by v1 reaches the mock, a v2 provider, and becomes the current value."""
    for position in (40, 70):
        client.set_target_values({WINDOW: Datapoint(position)})
        become(client, WINDOW, position)
        assert client.get_target_values([WINDOW])[WINDOW].value == position


def test_a_subscriber_gets_the_first_value_and_each_change(client: VSSClient) -> None:
    """Through v2."""
    client.set_current_values({SPEED: Datapoint(1.0)})
    seen = []
    for updates in client.subscribe_current_values([SPEED, VIN], timeout=TIMEOUT):
        if not seen:
            assert set(updates) == {SPEED, VIN}
        seen.append(updates[SPEED].value)
        if len(seen) == 3:
            break
        client.set_current_values({SPEED: Datapoint(1.0 + len(seen))})
    assert seen == [1.0, 2.0, 3.0]


def test_a_branch_can_be_subscribed_to(client: VSSClient) -> None:
    """The client lists the branch and subscribes to its leaves."""
    branch = DOOR.rsplit(".", 1)[0]
    for updates in client.subscribe_current_values([branch], timeout=TIMEOUT):
        assert {DOOR, WINDOW} <= set(updates)
        break


def test_a_subscriber_to_targets_is_the_provider(client: VSSClient, address: Address) -> None:
    """Claims the actuator over v2 from the mock, and gets what v1 sets."""
    got: list[bool] = []
    claimed = threading.Event()

    def provide() -> None:
        with VSSClient(*address) as provider:
            claimed.set()
            for updates in provider.subscribe_target_values([TRUNK], timeout=TIMEOUT):
                got.append(updates[TRUNK].value)
                if len(got) == 2:
                    return

    thread = threading.Thread(target=provide, daemon=True)
    before = client.get_current_values([TRUNK])[TRUNK].value
    thread.start()
    claimed.wait(TIMEOUT)
    # The claim takes effect some time after the call began; the mock plays until then.
    end = time.monotonic() + TIMEOUT
    while thread.is_alive() and time.monotonic() < end:
        client.set_target_values({TRUNK: Datapoint(not before)})
        time.sleep(0.05)
    thread.join(TIMEOUT)
    assert got == [not before, not before]


def test_targets_can_be_followed_over_v1(client: VSSClient) -> None:
    """Any number may follow; the first answer has no value where there was no target."""
    client.set_target_values({DOOR: Datapoint(False)})
    entry = SubscribeEntry(DOOR, View.FIELDS, (Field.ACTUATOR_TARGET,))
    targets = []
    for updates in client.subscribe([entry], timeout=TIMEOUT):
        targets += [update.entry.actuator_target.value for update in updates]
        if len(targets) == 2:
            break
        client.set_target_values({DOOR: Datapoint(True)})
    assert targets == [False, True]


def test_metadata_says_all_about_a_signal(client: VSSClient) -> None:
    """Types, units and bounds, whole and by field."""
    metadata = client.get_metadata([SPEED, WINDOW, VIN])
    speed, window = metadata[SPEED], metadata[WINDOW]
    assert (speed.data_type, speed.entry_type) == (DataType.FLOAT, EntryType.SENSOR)
    assert speed.unit == "km/h"
    assert speed.description
    assert (window.data_type, window.entry_type) == (DataType.UINT8, EntryType.ACTUATOR)
    assert (window.value_restriction.min, window.value_restriction.max) == (0, 100)
    assert metadata[VIN].entry_type == EntryType.ATTRIBUTE
    assert metadata[VIN].value_restriction is None
    assert client.get_metadata([SPEED], MetadataField.UNIT)[SPEED].unit == "km/h"


def test_wildcards_find_branches_and_leaves(client: VSSClient) -> None:
    """v1 Get with a branch, one level and all levels."""
    branch = DOOR.rsplit(".", 1)[0]
    whole = client.get_current_values([branch])
    assert {DOOR, WINDOW} <= set(whole)
    level = client.get_current_values([f"{branch}.*"])
    assert DOOR in level
    assert WINDOW not in level
    assert set(client.get_current_values([f"{branch}.**"])) == set(whole)
    between = client.get_current_values(["Vehicle.Cabin.Door.*.*.IsOpen"])
    assert DOOR in between
    assert all(path.endswith(".IsOpen") for path in between)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"Vehicle.Nothing": Datapoint(1)}, "Vehicle.Nothing"),
        ({WINDOW: Datapoint(101)}, "maximum 100"),
    ],
)
def test_what_is_wrong_is_refused(
    client: VSSClient, value: dict[str, Datapoint], words: str
) -> None:
    """With an error of the client's own, whose text says what is wrong."""
    with pytest.raises(VSSClientError) as error:
        client.set_current_values(value)
    assert words in str(error.value)


def test_a_target_for_a_sensor_is_refused(client: VSSClient) -> None:
    """Only an actuator has one."""
    with pytest.raises(VSSClientError, match="no actuator"):
        client.set_target_values({SPEED: Datapoint(1.0)})


def test_metadata_cannot_be_set(client: VSSClient) -> None:
    """It comes from the model."""
    with pytest.raises(VSSClientError, match="comes from the model"):
        client.set_metadata({SPEED: Metadata(data_type=DataType.UINT8)})


def test_the_async_client_does_the_same(address: Address) -> None:
    """Get, set, metadata, target, subscribe, one after the other."""

    async def drive() -> None:
        async with AsyncClient(*address) as client:
            await client.set_current_values({SPEED: Datapoint(7.0)})
            assert (await client.get_current_values([SPEED]))[SPEED].value == 7.0
            assert (await client.get_metadata([SPEED]))[SPEED].unit == "km/h"
            await client.set_target_values({WINDOW: Datapoint(15)})
            assert (await client.get_target_values([WINDOW]))[WINDOW].value == 15

            seen: list[int] = []
            async for updates in client.subscribe_current_values([WINDOW]):
                seen.append(updates[WINDOW].value)
                if seen[-1] == 90:
                    break
                await client.set_target_values({WINDOW: Datapoint(90)})
            assert seen[-1] == 90
            with pytest.raises(VSSClientError):
                await client.get_current_values(["Vehicle.Nothing"])

    asyncio.run(asyncio.wait_for(drive(), TIMEOUT))


def test_the_async_client_provides_an_actuator(address: Address) -> None:
    """Its stream of targets is a v2 provider; the claim ends with the stream."""

    async def drive() -> None:
        async with AsyncClient(*address) as provider, AsyncClient(*address) as client:
            before = (await client.get_current_values([TRUNK]))[TRUNK].value
            targets = provider.subscribe_target_values([TRUNK])
            first = asyncio.ensure_future(anext(targets))
            while not first.done():
                await client.set_target_values({TRUNK: Datapoint(not before)})
                await asyncio.sleep(0.05)
            assert first.result()[TRUNK].value == (not before)
            await targets.aclose()

    asyncio.run(asyncio.wait_for(drive(), TIMEOUT))
