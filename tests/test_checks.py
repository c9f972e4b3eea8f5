"""What `make check` asks of the checkout and of what is installed: no secret, no known vulnerability, and no false comfort."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

CHECKS = Path(__file__).parents[1] / ".ci"


def run_check(name: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A check, run in a folder."""
    return subprocess.run(
        [sys.executable, str(CHECKS / name)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """One with a clean file, and with hashes where searches keep them."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "clean.py").write_text("answer = 42\n")
    provenance = tmp_path / "results" / "quick" / "posed" / "provenance.json"
    provenance.parent.mkdir(parents=True)
    provenance.write_text(json.dumps({"fingerprint": sha256(b"faces").hexdigest()}))
    return tmp_path


def test_hashes_of_faces_are_no_secrets(checkout: Path) -> None:
    done = run_check("secret_scan.py", checkout)
    assert (done.returncode, done.stdout.strip()) == (0, "no secret in 2 files")


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("AKIA" + "Z3X7" * 4, id="key of a cloud"),
        pytest.param('token = "' + sha256(b"token").hexdigest() + '"', id="token of Ray"),
        pytest.param("-----BEGIN RSA " + "PRIVATE KEY-----", id="private key"),
    ],
)
def test_a_secret_fails_the_check_with_its_place(checkout: Path, secret: str) -> None:
    (checkout / "clean.py").write_text(f"x = 1\n# {secret}\n")
    done = run_check("secret_scan.py", checkout)
    assert done.returncode == 1
    assert "clean.py:2" in done.stdout + done.stderr


def fake_audit(folder: Path, packages: list[dict[str, Any]] | None) -> str:
    """A pip-audit that answers so, or reaches nobody."""
    said = "sys.exit('ConnectionError: pypi.org')" if packages is None else f"print({json.dumps(packages)!r})"
    (folder / "pip_audit.py").write_text(f"import sys\n{said}\n")
    return str(folder)


def answer(packages: list[dict[str, Any]]) -> Any:
    return {"dependencies": packages, "fixes": []}


CLEAN = {"name": "numpy", "version": "2.0", "vulns": []}
UNKNOWN = {"name": "torch", "skip_reason": "not found on PyPI"}
OURS = {"name": "multi-threshold-harness", "skip_reason": "not found on PyPI"}
VULNERABLE = {
    "name": "jinja2",
    "version": "3.1.2",
    "vulns": [{"id": "PYSEC-2024-1", "aliases": ["CVE-2024-1"], "fix_versions": ["3.1.3"]}],
}


@pytest.mark.parametrize(
    ("packages", "code", "told"),
    [
        ([CLEAN, OURS], 0, "audited: no known vulnerability in 1 packages"),
        ([CLEAN, VULNERABLE], 1, "vulnerable: jinja2 3.1.2, PYSEC-2024-1: upgrade to 3.1.3"),
        ([UNKNOWN, VULNERABLE], 1, "vulnerable: jinja2"),
        ([CLEAN, UNKNOWN], 0, "not audited: no answer from pypi.org about 1 of 2 packages: torch"),
        (None, 0, "not audited: no answer from pypi.org, pip-audit said: ConnectionError: pypi.org"),
    ],
)
def test_the_audit_says_what_it_knows_and_what_it_does_not(
    tmp_path: Path, packages: list[dict[str, Any]] | None, code: int, told: str
) -> None:
    fake = fake_audit(tmp_path, None if packages is None else answer(packages))
    done = run_check("audit.py", tmp_path, PYTHONPATH=fake)
    assert (done.returncode, told in done.stdout + done.stderr) == (code, True)


def test_an_audit_that_is_required_fails_without_an_answer(tmp_path: Path) -> None:
    fake = fake_audit(tmp_path, None)
    assert run_check("audit.py", tmp_path, PYTHONPATH=fake, REQUIRE_AUDIT="1").returncode == 1
