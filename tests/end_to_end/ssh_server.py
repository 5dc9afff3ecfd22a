"""An OpenSSH server of one's own on a free port of this machine, with keys of its own."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import time
from pathlib import Path

from programs import Missing, find

#: What the program needs to know there too; sshd hands on nothing by itself.
_HANDED_ON = ("PYTHONPATH", "GRADTUI_CACHE_DIR", "LANG", "LC_ALL")


_PACKAGES = ("openssh-server", "openssh-client")


class SshServer:
    """Runs until it is closed. `command` logs in with a key and runs something there on a terminal."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        sshd, keygen, self._ssh = (find(name, *_PACKAGES) for name in ("sshd", "ssh-keygen", "ssh"))
        for name in ("host", "user"):
            subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
        (folder / "authorized_keys").write_bytes((folder / "user.pub").read_bytes())
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        handed_on = " ".join(f'{name}="{os.environ[name]}"' for name in _HANDED_ON if os.environ.get(name))
        (folder / "sshd_config").write_text(
            f"ListenAddress 127.0.0.1:{self.port}\n"
            f"HostKey {folder}/host\n"
            f"AuthorizedKeysFile {folder}/authorized_keys\n"
            "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
            "PermitRootLogin prohibit-password\n" + (f"SetEnv {handed_on}\n" if handed_on else "")
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd insists on it, and only its service makes it
        with open(folder / "log", "wb") as log:
            self._process = subprocess.Popen([sshd, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=log)
        self._await()

    def _await(self) -> None:
        end = time.monotonic() + 60.0
        while self._process.poll() is None and time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        self.close()
        raise Missing(f"sshd does not start: {(self._folder / 'log').read_text().strip()[-300:]}")

    def command(self, *program: str, port: int | None = None) -> list[str]:
        """The ssh command that runs a program on a terminal there; `port` is another way to the server."""
        options = {
            "StrictHostKeyChecking": "no",
            "UserKnownHostsFile": "/dev/null",
            "LogLevel": "ERROR",
            "IdentitiesOnly": "yes",
        }
        told = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        way = ["-p", str(port or self.port), "-i", str(self._folder / "user"), f"{getpass.getuser()}@127.0.0.1"]
        return [self._ssh, "-tt", "-F", "none", *told, *way, *program]

    def close(self) -> None:
        """Stop the server; sessions that are open go on until their lines are cut."""
        self._process.terminate()
        self._process.wait()
