"""Keep a model in a folder, and open it again only if it is exactly what was kept.

    pipeline.skops   the scikit-learn pipeline, text to probabilities, readable without this package
    slots.npy        the same as arrays that need no parsing (scorer.py): a row for each column
    rows.npy         and an idf and four weights for each row
    config.json      format, topics, thresholds, versions, corpus, training arguments
    vocabulary.txt   the words that training met, one a line
    passages.jsonl   the passages trained on with their labels, one a line
    postings.npy     their words: which passage has which column (neighbours.py)
    ngrams.json      the n-grams that weigh most for and against each topic
    metrics.json     the evaluation of this model
    README.md        the model card
    SHA256SUMS       the sums of these; `sha256sum --check SHA256SUMS` agrees

Sums are checked on the mapped bytes that are then used, before anything is parsed: of what a prediction
needs when the model is opened, of the rest when it is first used. The folder is replaced as a whole, so
that a crash leaves the old model or the new one, and who has the old one open keeps it.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import InputError, ModelError
from .files import sha256
from .model import TopicModel
from .neighbours import POSTING, Neighbourhood
from .ngrams import Ngram
from .scorer import ROW, Scorer, Settings
from .topics import TOPICS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.pipeline import Pipeline

FORMAT = 4  # of the folder; raised when a reader of the old one could not read the new one
SUMS = "SHA256SUMS"
PIPELINE, CONFIG, METRICS, CARD = "pipeline.skops", "config.json", "metrics.json", "README.md"
VOCABULARY, NGRAMS, SLOTS, ROWS = "vocabulary.txt", "ngrams.json", "slots.npy", "rows.npy"
PASSAGES, POSTINGS = "passages.jsonl", "postings.npy"
FILES = (CARD, CONFIG, METRICS, NGRAMS, PASSAGES, PIPELINE, POSTINGS, ROWS, SLOTS, VOCABULARY)
KEPT = {*FILES, SUMS}
# The only types a model may be made of, besides plain Python values. What a file asks for has no say.
TYPES = frozenset(
    {
        "numpy.float64",
        "numpy.ndarray",
        "sklearn.feature_extraction.text.HashingVectorizer",
        "sklearn.feature_extraction.text.TfidfTransformer",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.multiclass.OneVsRestClassifier",
        "sklearn.pipeline.FeatureUnion",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._label.LabelBinarizer",
    }
)
_AGAIN = "train it again with `make train`"
BUILTINS = frozenset({"dict", "list", "tuple", "str", "int", "float", "bool", "NoneType", "type"})


def default_directory() -> Path:
    """Where the model lies: `$DUTCH_TOPICS_MODEL`, or else `models/dutch-topics` of the checkout.

    Where the package is not installed from a checkout, it is that of the current folder.
    """
    if named := os.environ.get("DUTCH_TOPICS_MODEL"):
        return Path(named)
    checkout = Path(__file__).resolve().parents[2]
    root = checkout if (checkout / "pyproject.toml").is_file() else Path()
    return root / "models" / "dutch-topics"


def versions() -> dict[str, str]:
    """The versions of what a model is made with and depends on."""
    from importlib.metadata import version

    return {name: version(name) for name in ("dutch-topics", "scikit-learn", "skops", "numpy")}


def save_model(
    model: TopicModel, metrics: Mapping[str, Any], ngrams: Sequence[Ngram], card: str, directory: Path
) -> None:
    """Write `model` to `directory`, in place of what is there; raises `InputError` if it cannot."""
    from zipfile import ZIP_DEFLATED

    import skops.io

    config = {
        "format": FORMAT,
        "topics": list(TOPICS),
        "thresholds": model.thresholds,
        "precision": model.precision,
        "scorer": model.scorer.settings.to_dict(),
        "versions": versions(),
        **model.config,
    }
    contents = {
        PIPELINE: skops.io.dumps(model.pipeline, compression=ZIP_DEFLATED),
        SLOTS: _to_npy(model.scorer.slots),
        ROWS: _to_npy(model.scorer.rows),
        CONFIG: _to_json(config),
        VOCABULARY: bytes(model.scorer.vocabulary),
        PASSAGES: bytes(model.neighbourhood.passages),
        POSTINGS: _to_npy(model.neighbourhood.postings),
        NGRAMS: _to_json([ngram.to_dict() for ngram in ngrams]),
        METRICS: _to_json(metrics),
        CARD: card.encode(),
    }
    contents[SUMS] = _to_sums({name: sha256(data) for name, data in contents.items()}).encode()
    _replace_directory(directory, contents)


def load_model(directory: str | Path | None = None) -> TopicModel:
    """Open the model in `directory` (see `default_directory`) after checking every byte that it uses.

    Raises `ModelError` where it is missing, incomplete, changed since it was saved, or of another
    format. So do, when first asked for, its attributes `pipeline` and `neighbourhood`; `pipeline` also
    where it was saved by another version of scikit-learn, or is made of anything but `TYPES`.
    """
    directory = default_directory() if directory is None else Path(directory)
    contents = _Contents(directory)
    try:
        config = json.loads(bytes(contents[CONFIG]))
        _check_config(config, directory)
        scorer = Scorer(
            slots=_npy_data(contents[SLOTS], "<i4"),
            rows=_npy_data(contents[ROWS], ROW),
            vocabulary=contents[VOCABULARY],
            settings=Settings.from_dict(config["scorer"]),
        )
        return TopicModel(
            scorer,
            thresholds={topic: float(config["thresholds"][topic]) for topic in TOPICS},
            precision={topic: [float(kept) for kept in config["precision"][topic]] for topic in TOPICS},
            config=config,
            open_pipeline=lambda: _open_pipeline(bytes(contents[PIPELINE]), config, directory),
            open_neighbourhood=lambda: _open_neighbourhood(contents, directory),
        )
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
        SyntaxError,
    ) as error:
        # The sums are right, so somebody made it so.
        raise ModelError(f"{directory}: not a model of this package ({error!r})") from None


def model_sum(directory: Path) -> str:
    """The SHA-256 sum of the sums of the model in `directory`; two models never have the same."""
    return sha256(_map(_there(directory), SUMS))


def check_model(directory: Path) -> None:
    """Raise `ModelError` where any byte of the model in `directory` is not what was saved."""
    contents = _Contents(directory)
    for name in FILES:
        _ = contents[name]
    load_model(directory)


def load_description(directory: str | Path | None = None) -> tuple[dict[str, Any], list[Ngram]]:
    """How the model in `directory` was made, and the n-grams it goes by; raises as `load_model`."""
    directory = default_directory() if directory is None else Path(directory)
    contents = _Contents(directory)
    try:
        config: dict[str, Any] = json.loads(bytes(contents[CONFIG]))
        _check_config(config, directory)
        config["shares"] = {topic: float(config["shares"][topic]) for topic in TOPICS}
        return config, [Ngram(**values) for values in json.loads(bytes(contents[NGRAMS]))]
    except (ValueError, LookupError, TypeError) as error:
        raise ModelError(f"{directory}: not a model of this package ({error!r})") from None


def _check_config(config: Mapping[str, Any], directory: Path) -> None:
    if config["format"] != FORMAT:
        raise ModelError(f"{directory}: format {config['format']}, not {FORMAT}; {_AGAIN}")
    if config["topics"] != list(TOPICS):
        raise ModelError(f"{directory}: its topics are {', '.join(config['topics'])}; {_AGAIN}")


def _open_pipeline(data: bytes, config: Mapping[str, Any], directory: Path) -> Pipeline:
    from zipfile import BadZipFile, ZipFile

    import skops.io
    from sklearn.pipeline import Pipeline

    try:
        made_with, here = config["versions"]["scikit-learn"], versions()["scikit-learn"]
        if made_with != here:
            raise ModelError(
                f"{directory}: saved by scikit-learn {made_with}, this is {here}; "
                f"install scikit-learn=={made_with}, or {_AGAIN}"
            )
        with ZipFile(BytesIO(data)) as archive:
            foreign = _types(json.loads(archive.read("schema.json"))) - TYPES
        if foreign:
            raise ModelError(
                f"{directory}: {PIPELINE} holds {', '.join(sorted(foreign))}, which no model of this "
                "package is made of; do not use it"
            )
        pipeline = skops.io.loads(data, trusted=sorted(TYPES))
        if not isinstance(pipeline, Pipeline):
            raise TypeError(f"{type(pipeline).__name__}, not a Pipeline")
        return pipeline
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, BadZipFile) as error:
        raise ModelError(f"{directory}: not a model of this package ({error!r})") from None


def _open_neighbourhood(contents: _Contents, directory: Path) -> Neighbourhood:
    try:
        return Neighbourhood(contents[PASSAGES], _npy_data(contents[POSTINGS], POSTING))
    except (ValueError, LookupError, SyntaxError) as error:
        raise ModelError(f"{directory}: not a model of this package ({error!r})") from None


def _types(node: object) -> set[str]:
    """The names of all types that a skops schema asks for, besides plain Python values."""
    if isinstance(node, list):
        return set().union(*map(_types, node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*map(_types, node.values()))
    if "__class__" in node:
        module, name = node.get("__module__"), node["__class__"]
        if module != "builtins" or name not in BUILTINS:
            found.add(f"{module}.{name}")
    return found


class _Contents:
    """The files of a model by name, all mapped at once, each checked against its sum when first used."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory = _there(directory)
        self.sums = _parse_sums(bytes(_map(directory, SUMS)), directory)
        self.mapped = {name: _map(directory, name) for name in FILES}
        self.checked: set[str] = set()

    def __getitem__(self, name: str) -> memoryview:
        data = self.mapped[name]
        if name not in self.checked and self.sums[name] != sha256(data):
            raise ModelError(f"{self.directory}: {name} was changed or cut short; {_AGAIN}")
        self.checked.add(name)
        return data


def _there(directory: Path) -> Path:
    """`directory`, or its backup where a save was broken off; raises `ModelError` where there is none."""
    for found in (directory, _backup(directory)):
        if found.is_dir():
            return found
    raise ModelError(f"{directory}: no model here; train one with `make train`")


def _map(directory: Path, name: str) -> memoryview:
    import mmap

    try:
        with (directory / name).open("rb") as file:
            if not os.fstat(file.fileno()).st_size:
                return memoryview(b"")  # which cannot be mapped
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        problem = error.strerror or str(error)
        raise ModelError(f"{directory}: {name} cannot be read ({problem}); {_AGAIN}") from None


def _to_npy(array: NDArray[Any]) -> bytes:
    import numpy as np

    stream = BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _npy_data(file: memoryview, descr: object) -> memoryview:
    """The data of a mapped .npy file of one dimension, without NumPy; raises `ValueError` for another.

    The format: numpy.lib.format, version 1.0.
    """
    if bytes(file[:8]) != b"\x93NUMPY\x01\x00":
        raise ValueError("not a .npy file")
    start = 10 + int.from_bytes(file[8:10], "little")
    header = ast.literal_eval(bytes(file[10:start]).decode("latin-1"))
    if header["descr"] != descr or len(header["shape"]) != 1:
        raise ValueError(f"a .npy file of {header['descr']}, not of {descr}")
    return file[start:]


def _to_sums(sums: Mapping[str, str]) -> str:
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))


def _parse_sums(data: bytes, directory: Path) -> dict[str, str]:
    found = re.findall(rb"^([0-9a-f]{64})  ([A-Za-z0-9.]+)$", data, re.MULTILINE)
    sums = {name.decode(): value.decode() for value, name in found}
    # Written again it must be the same bytes: no line, blank or name more or less.
    if set(sums) != set(FILES) or _to_sums(sums).encode() != data:
        raise ModelError(f"{directory}: {SUMS} was changed or cut short; {_AGAIN}")
    return sums


def _to_json(values: object) -> bytes:
    return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode()


def _backup(directory: Path) -> Path:
    return directory.with_name(f".{directory.name}.old")


def check_target(directory: Path) -> None:
    """Raise `InputError` where saving to `directory` would destroy something else than a model."""
    if directory.name in ("", ".."):
        raise InputError(f"{directory}: name a folder of its own for the model")
    if not directory.exists():
        return
    strangers = [] if not directory.is_dir() else {p.name for p in directory.iterdir()} - KEPT
    if not directory.is_dir() or strangers:
        raise InputError(f"{directory}: holds other things than a model; name another folder")


def _replace_directory(directory: Path, contents: Mapping[str, bytes]) -> None:
    """Put a folder of `contents` in the place of `directory`.

    Between the two renames only the backup is there; readers look for it, and so does the next save.
    """
    import shutil
    import tempfile

    check_target(directory)
    backup = _backup(directory)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent, prefix=f".{directory.name}.") as name:
            fresh = Path(name) / "model"
            fresh.mkdir()
            for file, data in contents.items():
                with (fresh / file).open("wb") as stream:
                    stream.write(data)
                    stream.flush()
                    os.fsync(stream.fileno())
            if directory.exists():
                shutil.rmtree(backup, ignore_errors=True)
                directory.rename(backup)
            fresh.rename(directory)
        shutil.rmtree(backup, ignore_errors=True)
    except OSError as error:
        raise InputError(f"{directory}: cannot be written ({error.strerror or error})") from error
