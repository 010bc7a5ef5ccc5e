"""What apps written for Velocitas call, on top of `vehicle_signal_runtime`.

The packages `sdv`, `velocitas_sdk` and `vehicle` only name what is here; new apps need none of
it. It is loaded when one of them is imported. What differs from the original:

- A signal without a value has the value None; nothing stands in for a missing one.
- `subscribe` raises at once what cannot heal (an unknown signal, a missing permission). It waits
  while there is no broker, and goes on by itself after a loss.
- An exception in a callback is logged with its traceback, and the subscription goes on.
- `timestamp` is a `datetime` in UTC, or None.
- An exception in `on_start` ends the app with its traceback.
"""
