"""`python -m benchmarks.lab.host ROOM NUMBER USER`: the first process of a host, which becomes its sshd.

It runs in namespaces of its own: its processes, its network card, its /run, its /tmp/ray and its home are nobody else's. All
other files are the machine's, so a folder of results is shared as it would be on NFS.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import time
from pathlib import Path

SSHD = """\
Port 22
HostKey {room}/hostkey
PermitRootLogin prohibit-password
PasswordAuthentication no
UsePAM no
StrictModes no
AuthorizedKeysFile {home}/.ssh/authorized_keys
PidFile none
"""


def run(*command: str) -> None:
    subprocess.run(command, check=True)


def private_folders() -> None:
    run("mount", "--make-rprivate", "/")
    for folder in ("/tmp/ray", "/run"):
        Path(folder).mkdir(exist_ok=True)
        run("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", folder)
    Path("/run/sshd").mkdir(mode=0o755)


def make_home(room: Path, number: int, user: str) -> Path:
    """A home with the lab's key in it, and an account that lives there."""
    home = room / f"host{number}"
    (home / ".ssh").mkdir(parents=True, exist_ok=True)
    (home / ".ssh" / "authorized_keys").write_text((room / "key.pub").read_text())
    known = Path("/etc/passwd").read_text().splitlines()
    uid = 0 if user == "root" else 12345
    account = f"{user}:*:{uid}:{uid}:{user}:{home}:/bin/bash"
    accounts = home / "passwd"
    accounts.write_text(
        "\n".join([account, *(line for line in known if not line.startswith(f"{user}:"))]) + "\n"
    )
    run("mount", "--bind", str(accounts), "/etc/passwd")
    run("chown", "-R", f"{uid}:{uid}", str(home))
    assert pwd.getpwnam(user).pw_dir == str(home)
    return home


def plug_in(address: str) -> None:
    """Waits for the cable, and takes the address."""
    run("ip", "link", "set", "lo", "up")
    while subprocess.run(["ip", "link", "show", "eth0"], capture_output=True).returncode:
        time.sleep(0.05)
    run("ip", "address", "add", f"{address}/24", "dev", "eth0")
    run("ip", "link", "set", "eth0", "up")
    run(
        "ip", "route", "add", "default", "via", address.rsplit(".", 1)[0] + ".254"
    )  # as Ray finds a host's own address


def main() -> None:
    room, number, user, address = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    run("hostname", f"host{number}")
    private_folders()
    home = make_home(room, number, user)
    plug_in(address)
    config = room / f"sshd{number}"
    config.write_text(SSHD.format(room=room, home=home))
    os.execv("/usr/sbin/sshd", ["/usr/sbin/sshd", "-D", "-e", "-f", str(config)])


if __name__ == "__main__":
    main()
