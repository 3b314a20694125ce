"""The examples of the README: found, run, and written down again with what they print.

`make readme` runs this file; `test_readme.py` compares. Console examples are the lines after `$ ` in
blocks marked `console`, each followed by its output; Python examples are blocks marked `python`,
whose output stands in the `text` block right after. An example that names `$WILD`, a file of real
text outside the project, is left out where the environment names no such file.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```\n(?:\n?^```text\n(.*?)^```\n)?", re.M | re.S)


def examples(text: str) -> list[tuple[str, str]]:
    """Each example as (what to run, what it is said to print), in order."""
    found = []
    for kind, body, printed in BLOCK.findall(text):
        if kind == "python":
            found.append((f"python: {body}", printed))
        else:
            for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
                command, _, output = part.partition("\n")
                found.append((command, output))
    left_out = ("make ",) if os.environ.get("WILD") else ("make ", "dutch-topics evaluate --data $WILD")
    return [(command, output) for command, output in found if not command.startswith(left_out)]


def run(example: str, model: Path | None = None) -> str:
    """What an example prints, run in the root of the project with the scripts of this environment."""
    command = ["bash", "-c", example]
    if example.startswith("python: "):
        command = [sys.executable, "-c", example.removeprefix("python: ")]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path} | ({"DUTCH_TOPICS_MODEL": str(model)} if model else {})
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout


def refreshed(text: str) -> str:
    """`text` with every example followed by what it prints now."""
    for command, output in examples(text):
        shown = command.removeprefix("python: ")
        if command.startswith("python: "):
            old, new = f"{shown}```\n\n```text\n{output}```", f"{shown}```\n\n```text\n{run(command)}```"
        else:
            old, new = f"$ {shown}\n{output}", f"$ {shown}\n{run(command)}"
        if old not in text:
            raise SystemExit(f"README.md: cannot find the example again: {shown}")
        text = text.replace(old, new)
    return text


if __name__ == "__main__":
    README.write_text(refreshed(README.read_text("utf-8")), "utf-8")
