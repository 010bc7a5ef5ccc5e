"""The tree of the generated model, `vehicle_signal_model`, in nodes of existing apps."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from .. import Signal, generated
from ..model import vehicle
from . import model as nodes
from .deprecation import warn

__all__ = ["Branch", "root_class"]

INSTANCE = "the instance itself, `Seat.Row1.Pos2` or `Seat.Row(1).Pos(2)`"


class Branch(nodes.Model):
    """A branch of the generated model. Its children are attributes, made when first touched.

    A child goes by its name in the model, and also by the one that the generated model gives
    it where Python cannot hold that: `getattr(branch, "class")` and `branch.class_`. Of
    instances with numbers there is also a call: `Row(1)` is `Row1`.
    """

    def __init__(self, below: generated.Branch, name: str, parent: nodes.Node | None) -> None:
        super().__init__(parent)
        self.name = name
        self._below = below
        #: Each child that was touched, by every name it goes by.
        self._nodes: dict[str, Any] = {}
        self._known_labels: dict[str, Any] | None = None

    def __getattr__(self, name: str) -> Any:
        # What begins so is never a node, but Python asking for something of its own.
        if name.startswith("_"):
            raise AttributeError(name)
        node = self._child(name)
        if node is not None:
            return node
        if any(label.removeprefix(name).isdigit() for label in self._labels()):
            return partial(self._numbered, name)
        raise AttributeError(f"the model has no node '{self.get_path()}.{name}'")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._labels()]

    def element_at(self, *selectors: int | str) -> Any:
        """The node of an instance, by one number or name for each dimension; IndexError when
        there is none."""
        warn("element_at", INSTANCE)
        return self._element(selectors)

    def element(self, *selectors: int | str) -> Any:
        """The same as `element_at`."""
        warn("element", INSTANCE)
        return self._element(selectors)

    def _element(self, selectors: tuple[int | str, ...]) -> Any:
        node = self
        for selector in selectors:
            node = node._instance(selector)
        return node

    def _instance(self, selector: int | str) -> Any:
        """The child of this name, or the one whose name ends with this number."""
        wanted = re.escape(selector) if isinstance(selector, str) else rf"\D+0*{selector}"
        found = [label for label in self._labels() if re.fullmatch(wanted, label)]
        if len(found) != 1:
            known = ", ".join(self._labels())
            raise IndexError(f"{self.get_path()} has no instance {selector!r}, only {known}")
        return self._child(found[0])

    def _numbered(self, name: str, number: int) -> Any:
        node = self._child(f"{name}{number}")
        if node is None:
            raise IndexError(f"the model has no node '{self.get_path()}.{name}{number}'")
        return node

    def _child(self, name: str) -> Any:
        if name not in self._nodes:
            below = self._find(name)
            if below is None:
                return None
            label = _label(below)
            node = self._nodes.get(label)
            self._nodes[name] = self._nodes[label] = node or _node(below, label, self)
        return self._nodes[name]

    def _find(self, name: str) -> Any:
        """The generated node of this name; a name of the model comes before an attribute."""
        attribute = getattr(self._below, name, None)
        if not isinstance(attribute, (generated.Branch, Signal)):
            attribute = None
        if attribute is not None and _label(attribute) == name:
            return attribute
        return self._labels().get(name, attribute)

    def _labels(self) -> dict[str, Any]:
        """Every generated node below this branch, by its name in the model."""
        if self._known_labels is None:
            self._known_labels = {_label(node): node for node in self._below._children()}
        return self._known_labels


def root_class() -> Callable[..., Branch]:
    """The class of the model's root, named like it: `Vehicle`."""

    class Root(Branch):
        """The root of the vehicle's model."""

        def __init__(self, name: str = vehicle.path) -> None:
            super().__init__(vehicle, name, None)

    Root.__name__ = Root.__qualname__ = type(vehicle).__name__
    Root.__module__ = "vehicle"
    return Root


def _label(node: generated.Branch | Signal[Any]) -> str:
    """A node's name in the model, which Python may not be able to hold."""
    return node.path.rpartition(".")[2]


def _node(below: Any, label: str, parent: Branch) -> nodes.Node:
    if isinstance(below, generated.Branch):
        return Branch(below, label, parent)
    element, _, array = below.datatype.partition("[")
    name = f"DataPoint{element.capitalize()}{'Array' if array else ''}"
    # A struct has no class of its own.
    kind: type[nodes.DataPoint[Any]] = getattr(nodes, name, nodes.DataPoint)
    return kind(label, parent)
