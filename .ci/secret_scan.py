"""Secrets in the files of this checkout, by detect-secrets: a finding fails. It asks no network, and keeps no list of exceptions.

A line that only looks like one says so itself, by `pragma: allowlist secret`. The hashes in a search's provenance are none, nor
are the names that Kubernetes gives to secrets.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCAN = (
    *(sys.executable, "-m", "detect_secrets.pre_commit_hook", "--no-verify"),
    *("--exclude-files", r"results/.*/provenance\.json"),
    *("--exclude-lines", r"""secretName: "?[\w-]+"?"""),
)
FILES = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")


def main() -> int:
    """Looks into every file that is committed, or could be; gives the exit code."""
    names = subprocess.run(FILES, capture_output=True, text=True, check=True).stdout.split("\0")
    files = [name for name in names if Path(name).is_file()]
    code = subprocess.run([*SCAN, *files], check=False).returncode
    if code:
        print("secret scan: remove what is a secret, and revoke it where it is valid", file=sys.stderr)
    else:
        print(f"no secret in {len(files)} files")
    return code


if __name__ == "__main__":
    sys.exit(main())
