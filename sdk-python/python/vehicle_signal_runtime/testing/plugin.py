"""The pytest plugin: the fixtures `broker` and `run_app`, in every test by themselves.

Nothing is loaded until a test uses one of them. They work in plain and in async tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .facts import Model
    from .mock_broker import MockBroker
    from .running import RunApp


@pytest.fixture
def broker_model() -> Model | None:
    """What `broker` knows: the generated model that is installed. Write a fixture of this name
    to give it another, as `MockBroker` takes it."""
    return None


@pytest.fixture
def broker(broker_model: Model | None) -> Iterator[MockBroker]:
    """A fresh `MockBroker`, which signals and apps use until the test ends."""
    from .mock_broker import MockBroker

    with MockBroker(broker_model) as broker:
        yield broker


@pytest.fixture
def run_app(request: pytest.FixtureRequest) -> Iterator[RunApp]:
    """Run a `VehicleApp` beside the test: `run_app(MyApp())` returns when its `on_start` has
    returned or waits for something. It is stopped when the test ends, and what it died of
    is raised."""
    from .running import running_apps

    if "broker" in request.fixturenames:
        # It must outlive the apps, which may use it until they end.
        request.getfixturevalue("broker")
    with running_apps() as run:
        yield run
