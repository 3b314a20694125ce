"""A saved model opens only if it is what was saved, and is a plain scikit-learn pipeline."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skops.io

from dutch_topics import TOPICS, InputError, ModelError, TopicModel, load_model
from dutch_topics.files import sha256
from dutch_topics.store import FILES, SUMS, TYPES, _to_sums, check_model, load_description, save_model

TEXTS = ["Het leger trok op", "", "Een verdrag over de invoer"]


def forge(directory: Path, name: str, data: bytes) -> None:
    """Put `data` in a file of the model, and make the sums agree."""
    (directory / name).write_bytes(data)
    sums = {file: sha256((directory / file).read_bytes()) for file in FILES}
    (directory / SUMS).write_text(_to_sums(sums))


def forge_config(directory: Path, **values: object) -> None:
    config = json.loads((directory / "config.json").read_text())
    forge(directory, "config.json", json.dumps(config | values).encode())


def test_a_model_comes_back_as_it_was_saved(toy_model: TopicModel, model_directory: Path) -> None:
    loaded = load_model(model_directory)
    assert loaded.thresholds == toy_model.thresholds
    assert np.array_equal(loaded.predict_proba(TEXTS), toy_model.predict_proba(TEXTS))
    assert loaded.config["topics"] == list(TOPICS)
    assert loaded.config["training"]["min_df"] == 1


def test_other_code_loads_the_pipeline_without_this_package(
    toy_model: TopicModel, model_directory: Path
) -> None:
    assert skops.io.get_untrusted_types(file=model_directory / "pipeline.skops") == []
    code = (
        "import sys, skops.io\n"
        "p = skops.io.load('pipeline.skops', trusted=[])\n"
        f"print(p.predict_proba({TEXTS!r}).tolist())\n"
        "assert not any(name.startswith('dutch_topics') for name in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=model_directory, check=True, capture_output=True)
    assert np.allclose(json.loads(done.stdout), toy_model.predict_proba(TEXTS), rtol=0, atol=1e-12)


def test_sha256sum_agrees_with_the_sums(model_directory: Path) -> None:
    lines = (model_directory / SUMS).read_text().splitlines()
    assert [line.split("  ")[1] for line in lines] == sorted(FILES)
    assert lines[0].split("  ")[0] == sha256((model_directory / "README.md").read_bytes())


@pytest.mark.parametrize("name", [*FILES, SUMS])
def test_a_change_of_any_byte_is_found(model_directory: Path, name: str) -> None:
    path = model_directory / name
    good = path.read_bytes()
    places = range(len(good)) if len(good) < 1000 else range(0, len(good), len(good) // 200)
    for place in places:
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x20]) + good[place + 1 :])
        with pytest.raises(ModelError, match=f"{name} was changed or cut short; train it again"):
            check_model(model_directory)


@pytest.mark.parametrize("name", [*FILES, SUMS])
def test_a_file_cut_short_or_gone_is_found(model_directory: Path, name: str) -> None:
    path = model_directory / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match=f"{name} was changed or cut short"):
        check_model(model_directory)
    path.unlink()
    with pytest.raises(ModelError, match=rf"{name} cannot be read \(No such file"):
        load_model(model_directory)


def use(directory: Path, name: str) -> None:
    """Do what needs the file, and nothing that needs another but those of every prediction."""
    if name in ("README.md", "metrics.json"):  # nobody parses them
        check_model(directory)
    elif name == "ngrams.json":
        load_description(directory)
    elif name == "pipeline.skops":
        _ = load_model(directory).pipeline
    elif name in ("passages.jsonl", "postings.npy"):
        load_model(directory).explain("Het leger")
    else:
        load_model(directory)


def test_a_changed_file_is_found_before_it_is_used(model_directory: Path) -> None:
    for name in FILES:
        path = model_directory / name
        good = path.read_bytes()
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        with pytest.raises(ModelError, match=f"{name} was changed"):
            use(model_directory, name)
        path.write_bytes(good)
    check_model(model_directory)


def test_a_missing_model_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model here; train one with `make train`"):
        load_model(tmp_path / "weg")


def test_another_version_of_scikit_learn_is_an_error(model_directory: Path) -> None:
    forge_config(model_directory, versions={"scikit-learn": "0.24.0"})
    model = load_model(model_directory)
    assert model.predict_proba(TEXTS).shape == (3, 4)  # the arrays are anybody's
    with pytest.raises(ModelError, match=r"saved by scikit-learn 0\.24\.0, this is 1\..*install scikit"):
        _ = model.pipeline


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"format": 99}, "format 99, not 4; train it again"),
        ({"topics": ["sport"]}, "its topics are sport; train it again"),
        ({"thresholds": {}}, "not a model of this package"),
        ({"scorer": {}}, "not a model of this package"),
        ({"scorer": {"word_columns": float("inf")}}, "not a model of this package"),
        ({"thresholds": {"military": "high"}}, "not a model of this package"),
    ],
)
def test_a_config_of_something_else_is_an_error(
    model_directory: Path, values: dict[str, object], problem: str
) -> None:
    forge_config(model_directory, **values)
    with pytest.raises(ModelError, match=problem):
        load_model(model_directory)


def test_a_config_without_shares_is_an_error_where_they_are_shown(model_directory: Path) -> None:
    for shares in ({}, {"military": 0.5}, dict.fromkeys(TOPICS, "veel")):
        forge_config(model_directory, shares=shares)
        with pytest.raises(ModelError, match="not a model of this package"):
            load_description(model_directory)


def test_a_model_needs_a_folder_with_a_name(toy_model: TopicModel) -> None:
    for directory in (Path(), Path("..")):
        with pytest.raises(InputError, match="name a folder of its own"):
            save_model(toy_model, {}, [], "", directory)


class Malicious:
    """Would run a command when unpickled; skops must never be asked to build it."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch owned",)


@pytest.mark.parametrize("alien", [{"a": Malicious()}, os.system, np.random.default_rng(1)])
def test_types_that_no_model_has_are_refused_before_anything_is_built(
    model_directory: Path, alien: object
) -> None:
    forge(model_directory, "pipeline.skops", skops.io.dumps(alien))
    model = load_model(model_directory)
    with pytest.raises(ModelError, match=r"pipeline\.skops holds .*, which no model of this package"):
        _ = model.pipeline


@pytest.mark.parametrize("data", [b"", b"nonsense", skops.io.dumps({"a": 1})])
def test_a_pipeline_that_is_none_is_an_error(model_directory: Path, data: bytes) -> None:
    forge(model_directory, "pipeline.skops", data)
    model = load_model(model_directory)
    with pytest.raises(ModelError, match="not a model of this package"):
        _ = model.pipeline


@pytest.mark.parametrize("name", ["rows.npy", "slots.npy"])
@pytest.mark.parametrize("data", [b"", b"nonsense", b"\x93NUMPY\x01\x00\x02\x00{}", "cut", "other"])
def test_arrays_that_are_none_are_an_error(model_directory: Path, name: str, data: bytes | str) -> None:
    good = (model_directory / name).read_bytes()
    others = {"cut": good[:-3], "other": good.replace(b"<", b">", 1)}
    forge(model_directory, name, data if isinstance(data, bytes) else others[data])
    with pytest.raises(ModelError, match="not a model of this package"):
        load_model(model_directory)


def test_a_model_is_made_of_scikit_learn_and_numpy() -> None:
    assert {name.split(".")[0] for name in TYPES} == {"numpy", "sklearn"}


def test_saving_again_replaces_the_model(toy_model: TopicModel, model_directory: Path) -> None:
    save_model(toy_model, {"n": 2}, [], "# new card\n", model_directory)
    assert (model_directory / "README.md").read_text() == "# new card\n"
    assert sorted(path.name for path in model_directory.parent.iterdir()) == ["model"]


@pytest.mark.parametrize("failing", ["fsync", "rename"])
def test_a_crash_while_saving_leaves_the_old_model(
    toy_model: TopicModel, model_directory: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    before = load_model(model_directory).predict_proba(TEXTS)
    calls = []

    def crash(*arguments: object) -> None:
        calls.append(arguments)
        if failing == "fsync" or len(calls) == 2:
            raise OSError(28, "No space left on device")
        os.rename(*arguments)  # type: ignore[arg-type]  # noqa: PTH104

    owner = os if failing == "fsync" else Path
    monkeypatch.setattr(owner, failing, crash)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
        save_model(toy_model, {"n": 2}, [], "# new card\n", model_directory)
    monkeypatch.undo()
    assert np.array_equal(load_model(model_directory).predict_proba(TEXTS), before)


def test_a_folder_of_other_things_is_not_replaced(toy_model: TopicModel, tmp_path: Path) -> None:
    (tmp_path / "scriptie.txt").write_text("jaren werk")
    with pytest.raises(InputError, match="holds other things than a model; name another folder"):
        save_model(toy_model, {}, [], "", tmp_path)
    assert (tmp_path / "scriptie.txt").read_text() == "jaren werk"
