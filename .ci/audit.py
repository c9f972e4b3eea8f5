"""Known vulnerabilities of what is installed, by pip-audit, which asks pypi.org. A finding fails; no answer is told, and passes.

REQUIRE_AUDIT=1 lets no answer fail, too. pip-audit itself calls packages of which it could learn nothing free of vulnerabilities;
here they are counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

ACCEPTED: dict[str, str] = {}
"""Vulnerabilities that have no fix yet, by id, each with the reason why it does not concern us."""
OURS = "multi-threshold-harness"
PIP_AUDIT = (
    sys.executable,
    "-m",
    "pip_audit",
    "--format",
    "json",
    "--progress-spinner",
    "off",
    "--timeout",
    "10",
)


def main() -> int:
    """Asks, tells, and gives the exit code."""
    asked = subprocess.run(PIP_AUDIT, capture_output=True, text=True)
    try:
        packages = json.loads(asked.stdout)["dependencies"]
    except ValueError:
        said = asked.stderr.strip().splitlines() or ["nothing"]
        return _unanswered(f"no answer from pypi.org, pip-audit said: {said[-1]}")
    if found := list(findings(packages)):
        print("\n".join(found), file=sys.stderr)
        return 1
    packages = [package for package in packages if package["name"] != OURS]
    silent = [package["name"] for package in packages if "skip_reason" in package]
    if silent:
        some = ", ".join(silent[:5]) + (", ..." if len(silent) > 5 else "")
        return _unanswered(f"no answer from pypi.org about {len(silent)} of {len(packages)} packages: {some}")
    print(f"audited: no known vulnerability in {len(packages)} packages")
    return 0


def findings(packages: list[dict[str, Any]]) -> Iterator[str]:
    """A line for each vulnerability that is not accepted."""
    for package in packages:
        for each in package.get("vulns", ()):
            if not {each["id"], *each.get("aliases", ())} & ACCEPTED.keys():
                cure = (
                    f"upgrade to {' or '.join(each['fix_versions'])}"
                    if each["fix_versions"]
                    else "no fix yet"
                )
                yield f"vulnerable: {package['name']} {package['version']}, {each['id']}: {cure}"


def _unanswered(why: str) -> int:
    print(f"not audited: {why}", file=sys.stderr)
    return 1 if os.environ.get("REQUIRE_AUDIT") else 0


if __name__ == "__main__":
    sys.exit(main())
