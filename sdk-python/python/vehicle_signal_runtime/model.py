"""The typed tree of the vehicle's model: `from vehicle_signal_runtime.model import vehicle`.

The tree itself is the package `vehicle_signal_model`, generated from the model.
"""

try:
    from vehicle_signal_model import vehicle  # type: ignore[import-not-found, unused-ignore]
except ModuleNotFoundError as error:
    if error.name != "vehicle_signal_model":
        raise
    raise ImportError(
        "there is no generated vehicle model here: make one with "
        "`vssc generate python MODEL -o DIR`, then `pip install DIR`"
    ) from None

__all__ = ["vehicle"]
