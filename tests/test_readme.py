"""The README is true: its examples print what it says they print, and it names what is there."""

import re
from pathlib import Path

import pytest

from .conftest import ROOT
from .readme import README, examples, run

TEXT = README.read_text("utf-8")
NUMBER = re.compile(r"\d+\.\d+")


@pytest.mark.parametrize(("example", "printed"), examples(TEXT))
def test_an_example_prints_what_the_readme_says(example: str, printed: str, real_model: Path) -> None:
    output = run(example, real_model)
    assert NUMBER.sub("#", output) == NUMBER.sub("#", printed), "refresh with `make readme`"
    # Another processor may round the last digits otherwise.
    numbers, said = (list(map(float, NUMBER.findall(text))) for text in (output, printed))
    assert numbers == pytest.approx(said, abs=0.011), "refresh with `make readme`"


def test_there_are_examples_of_the_command_and_of_python() -> None:
    found = [example for example, _ in examples(TEXT)]
    assert any(example.startswith("dutch-topics predict") for example in found)
    assert any(example.startswith("python: from dutch_topics import load_model") for example in found)


def test_it_can_be_read_in_one_sitting() -> None:
    assert len(TEXT.splitlines()) <= 150


def test_every_target_and_folder_it_names_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make ([a-z]+)", TEXT):
        assert re.search(rf"^{target}:", makefile, re.M), target
    for link in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / link).exists(), link
    for folder in re.findall(r"^([a-z_/]+/) ", TEXT, re.M):
        assert (ROOT / folder).is_dir(), folder
