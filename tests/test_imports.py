"""The house as its map says: imports run one way, and the package is light to import."""

import ast
import subprocess
import sys

import dutch_topics

from .conftest import ROOT

# Each module may import those before it: the way of the data, then the command line.
ORDER = [
    "errors", "topics", "layout", "files", "sentences", "html_pages", "duplicates",
    "blocks", "tables",
    "seeds", "corpus", "annotations", "features", "coverage", "hashing", "numpy_scorer", "scorer",
    "neighbours", "explanation", "shading", "prediction", "documents",
    "model", "fitting", "ngrams", "labelled", "evaluation", "behaviour", "store",
    "checks", "cards", "bulk", "parts", "workers", "runs",
    "gathering", "schema", "guard", "service", "serving", "cli",
]  # fmt: skip
PACKAGE = ROOT / "training/dutch_topics"


def test_imports_run_one_way() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == {*ORDER, "__init__"}
    for place, name in enumerate(ORDER):
        tree = ast.parse((PACKAGE / f"{name}.py").read_text("utf-8"))
        imported = {
            node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module
        }
        assert imported <= set(ORDER[:place]), f"{name} imports {imported - set(ORDER[:place])}"


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, dutch_topics; print({'numpy', 'sklearn', 'datasets'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_what_the_package_offers_is_listed_sorted_and_there() -> None:
    assert dutch_topics.__all__ == sorted(dutch_topics.__all__, key=lambda n: (not n.isupper(), n))
    assert dir(dutch_topics) == sorted(dutch_topics.__all__)
    for name in dutch_topics.__all__:
        assert getattr(dutch_topics, name) is not None
