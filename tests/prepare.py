"""Installs the system's programs that tests need: by itself as root on Debian, elsewhere it names what is missing.

Run by `make test` and `make screenshots`; what pip installs is make's part.
"""

import os
import platform
import shutil
import subprocess
from pathlib import Path

from tests import postgres_cluster

# program → (Debian's package, Homebrew's package, other names of the program)
PROGRAMS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "chromium": ("chromium", "--cask chromium", ("chromium-browser", "google-chrome", "google-chrome-stable")),
    # by WebDriver BiDi
    "firefox-esr": ("firefox-esr", "--cask firefox", ("firefox",)),
    # reads a QR code off a screenshot, as a phone does
    "zbarimg": ("zbar-tools", "zbar", ()),
    # makes the mail server's certificate
    "openssl": ("openssl", "openssl", ()),
    # makes codes, independent of the library under test
    "oathtool": ("oathtool", "oath-toolkit", ()),
    # runs the identity provider; 18 and newer
    "node": ("nodejs", "node", ("nodejs",)),
    # a cluster of the tests' own
    "initdb": ("postgresql", "postgresql", ()),
    "pgbouncer": ("pgbouncer", "pgbouncer", ()),
    # in front of several machines
    "nginx": ("nginx-light", "nginx", ()),
    # gives a process another clock
    "faketime": ("faketime", "libfaketime", ()),
    # gets it; without what Debian recommends 48 MB
    "npm": ("npm", "node", ()),
}
# folders with a package.json of the tests'
NODE_MODULES = (Path(__file__).parent / "oidc_provider",)
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
# it takes 3
NPM_SECONDS = 180


def path_of(program: str) -> str | None:
    """Where the program is, under any of its names; None if it is missing."""
    if program == "initdb":
        # Debian keeps it off the path.
        found = postgres_cluster.program(program)
        return str(found) if found else None
    return next(filter(None, map(shutil.which, (program, *PROGRAMS[program][2]))), None)


def how_to_install(*programs: str) -> str:
    """The command that installs these programs on this machine."""
    if platform.system() == "Darwin":
        return " && ".join(f"brew install {PROGRAMS[program][1]}" for program in programs)
    packages = " ".join(PROGRAMS[program][0] for program in programs)
    if shutil.which("apt-get"):
        return f"{'' if os.geteuid() == 0 else 'sudo '}apt-get install {packages}"
    return f"your system's package manager has what Debian calls {packages}"


def is_root_on_debian() -> bool:
    try:
        # Not Debian's relatives: Ubuntu's package chromium, for one, is a snap, which cannot run everywhere.
        return platform.freedesktop_os_release().get("ID") == "debian" and os.geteuid() == 0
    except OSError:
        return False


def install_with_apt(programs: list[str]) -> None:
    packages = [PROGRAMS[program][0] for program in programs]
    print(
        f"Tests need {', '.join(programs)}: installing {' '.join(packages)} with apt-get, being root on Debian.",
        flush=True,
    )
    apt = ["apt-get", "-qq", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        # the outcome is looked at below
        subprocess.run([*apt, *command], env=environment, stdout=subprocess.DEVNULL, check=False)


def has_modules(folder: Path) -> bool:
    """Whether the locked packages of a folder are there."""
    # npm writes it last
    done = folder / "node_modules/.package-lock.json"
    return done.is_file() and done.stat().st_mtime >= (folder / "package-lock.json").stat().st_mtime


def how_to_install_modules(folder: Path) -> str:
    """The command that gets them."""
    return f"cd {folder.relative_to(Path(__file__).parent.parent)} && npm {' '.join(NPM_CI)}"


def install_modules(folder: Path) -> None:
    npm = path_of("npm")
    if npm and path_of("node") and not has_modules(folder):
        print(f"Tests need the packages of {folder.name}: installing them with npm ci.", flush=True)
        try:
            subprocess.run([npm, *NPM_CI], cwd=folder, stdin=subprocess.DEVNULL, timeout=NPM_SECONDS, check=False)
        # without a network npm tries on and on; what is missing is named below
        except subprocess.TimeoutExpired:
            print("npm ci was ended.", flush=True)


def main() -> None:
    missing = [program for program in PROGRAMS if not path_of(program)]
    if missing and is_root_on_debian():
        install_with_apt(missing)
        missing = [program for program in missing if not path_of(program)]
    for program in missing:
        print(f"Missing: {program}; tests that need it are skipped. To install it: {how_to_install(program)}")
    for folder in NODE_MODULES:
        install_modules(folder)
        if not has_modules(folder):
            print(
                f"Missing: packages of {folder.name}; tests that need them are skipped."
                f" {how_to_install_modules(folder)}"
            )


if __name__ == "__main__":
    main()
