"""Tell which of four topics a Dutch passage is about.

    >>> from dutch_topics import load_model                                   # doctest: +SKIP
    >>> load_model().predict(["De wapenstilstand hield geen dag stand."])     # doctest: +SKIP

Importing this package imports neither NumPy nor scikit-learn; they come with the first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import DutchTopicsError, InputError, ModelError, OutputError, SeedError
from .topics import TOPICS

if TYPE_CHECKING:
    from .corpus import load_corpus
    from .model import TopicModel
    from .prediction import Prediction
    from .store import load_model

__all__ = [
    "TOPICS",
    "DutchTopicsError",
    "InputError",
    "ModelError",
    "OutputError",
    "Prediction",
    "SeedError",
    "TopicModel",
    "load_corpus",
    "load_model",
]
_LATER = {
    "Prediction": "prediction",
    "TopicModel": "model",
    "load_corpus": "corpus",
    "load_model": "store",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_LATER[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
