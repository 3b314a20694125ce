"""The Makefile lists itself, and installs only what is locked."""

import re
import subprocess

from .conftest import ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def test_make_alone_lists_every_task() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.M)
    assert [line.split()[0] for line in done.stdout.splitlines()] == phony.split()


def test_every_locked_package_has_a_version_and_hashes_and_no_address() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text("utf-8")
        packages = re.split(r"^(?=[a-z])", text, flags=re.M)[1:]
        assert len(packages) > 30
        assert all("==" in package and "--hash=sha256:" in package for package in packages)
        assert not re.search(r"https?:|index-url", text)


def test_the_lock_of_developers_holds_the_lock_of_users() -> None:
    users, developers = (
        set(re.findall(r"^([\w.-]+==[\w.]+)", (ROOT / name).read_text("utf-8"), re.M))
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert users <= developers
