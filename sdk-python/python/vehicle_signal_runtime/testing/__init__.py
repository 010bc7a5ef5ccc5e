"""Testing apps without anything running: a broker inside the test's own process.

`MockBroker` is the runtime's own broker, reached by the SDK's own client, without a socket.
With pytest, the fixtures `broker` and `run_app` are there by themselves.
"""

from .mock_broker import Actuation, MockBroker

__all__ = ["Actuation", "MockBroker"]
