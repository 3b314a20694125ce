"""Toy Dutch documents, a model trained on them in a second, and the real model trained once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import datasets
import pytest

from dutch_topics import TOPICS, TopicModel
from dutch_topics.corpus import Row, features
from dutch_topics.fitting import TrainingArguments, fit
from dutch_topics.store import save_model

ROOT = Path(__file__).parent.parent
INDEX_HEADER = "file\ttitle\tdate\tregion\tgenre\tvariety\torigin\n"
PASSAGE_HEADER = "labels\tsubtopic\tregion\tperiod\tgenre\ttext\n"
TOY = {
    "sovereignty": ["grenswet", "onafhankelijkheid", "afscheiding", "annexatie", "zelfbestuur"],
    "military": ["leger", "tanks", "soldaten", "raketten", "kazerne"],
    "economy": ["invoer", "prijzen", "lonen", "fabriek", "belasting"],
    "diplomacy": ["ambassadeur", "verdrag", "topoverleg", "gezant", "bemiddeling"],
    "": ["regen", "zang", "doelpunt", "recept", "merel"],
}
FRAMES = ["Over {} ging het", "Nieuws van {} kwam laat", "Waarom {} telt", "Dagen vol {} en wind"]


def toy_rows(frames: list[str]) -> list[dict[str, object]]:
    """A row for each frame and word, in the columns of the corpus."""
    rows = []
    for topic, names in TOY.items():
        for name in names:
            for frame in frames:
                text = frame.format(name)
                labels = (topic,) if topic else ()
                row = Row(text, text, labels, "passage", text, "toy.tsv", "", "", "", "", "nl")
                rows.append(asdict(row))
    return rows


def toy_split(frames: list[str]) -> datasets.Dataset:
    """The rows of `frames` as a split of the corpus."""
    return datasets.Dataset.from_list(toy_rows(frames), features=features())


@pytest.fixture(scope="session")
def toy_model() -> TopicModel:
    """A model of the toy documents."""
    return fit(toy_split(FRAMES[:3]), toy_split(FRAMES[3:]), TrainingArguments(min_df=1))


@pytest.fixture
def model_directory(toy_model: TopicModel, tmp_path: Path) -> Path:
    """A folder with the toy model."""
    directory = tmp_path / "model"
    save_model(toy_model, {"n": 1}, [], "# card\n", directory)
    return directory


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """A folder of toy seeds: an article, passages, contrasts and a line of lexicon."""
    return write_seeds(tmp_path / "seeds")


def write_seeds(directory: Path) -> Path:
    """Write toy seeds to `directory`, a subtopic of every topic among them."""
    files = {
        "index.tsv": INDEX_HEADER
        + "articles/gas.tsv\tGas\t2019-12-19\teast\tagency\tnl\ttoy\n"
        + "passages/los.tsv\tLos\t-\tmixed\tmixed\tbe\ttoy\n"
        + "contrasts/paren.tsv\tParen\t-\tmixed\tmixed\tnl\ttoy\n"
        + "lexicon/woorden.tsv\tWoorden\t-\tmixed\tmixed\tnl\ttoy\n",
        "plan/alles.tsv": "subtopic\tdescription\ngas\tgas en olie\nunie\tunies\n",
        "articles/gas.tsv": "labels\ttext\neconomy\tHet gas wordt duurder.\n-\tBuiten vriest het.\n",
        "passages/los.tsv": PASSAGE_HEADER
        + "economy,diplomacy\tgas\teast\t2010-\tagency\tMinsk en Moskou spreken over de gasprijs.\n"
        + "-\tunie\tlow-countries\t1990-2009\tcolumn\tHun verbintenis hield tien jaar stand.\n",
        "contrasts/paren.tsv": PASSAGE_HEADER
        + "sovereignty\tunie\teast\t2010-\tagency\tDe unie van beide landen slokt het kleinste op.\n"
        + "-\tunie\tworld\t2010-\tcolumn\tDe unie van beide geliefden slokt de kleinste op.\n"
        + "\n"
        + "military\tunie\teast\t2010-\tagency\tZij vielen de stad aan met raketten.\n"
        + "-\tunie\tworld\t2010-\tcolumn\tZij vielen de keeper aan met voorzetten.\n",
        "wholes.tsv": "file\tlabels\tfirst\tsecond\narticles/gas.tsv\teconomy\teconomy\teconomy\n",
        "lexicon/woorden.tsv": "labels\tsubtopic\tterms\n"
        + "economy\tgas\tgasprijs, gaskraan, aardgas, gasleiding, olievat\n",
    }
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return directory


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Call the program in a process of its own, in an empty folder, and give what it said."""

    def call(
        *arguments: object, stdin: str | bytes = "", **options: object
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "dutch_topics.cli", *map(str, arguments)],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=tmp_path,
            check=False,
            **options,  # type: ignore[call-overload]
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    return call


@pytest.fixture(scope="session")
def real_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model that `make train` makes, trained on the corpus in `data/`."""
    directory = tmp_path_factory.mktemp("real") / "model"
    command = [sys.executable, "-m", "dutch_topics.cli", "train", "--output", str(directory)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return directory


assert set(TOY) == {*TOPICS, ""}
