"""Gets the system's programs that tests need, as far as it may. Run by `make test` and `make screenshots`; pip's part is make's.

As root on Debian it installs them and says so. Elsewhere it touches nothing: it names what is missing, with the command that
installs it; the tests concerned are skipped and name it again (tests/programs.py).
"""

import os
import platform
import shutil
import subprocess

# program → (Debian's package, Homebrew's package, other names of the program)
PROGRAMS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "chromium": ("chromium", "--cask chromium", ("chromium-browser", "google-chrome", "google-chrome-stable")),
    "zbarimg": ("zbar-tools", "zbar", ()),  # reads a QR code off a screenshot, as a phone does
    "openssl": ("openssl", "openssl", ()),  # makes the mail server's certificate
    "oathtool": ("oathtool", "oath-toolkit", ()),  # makes codes, independent of the library under test
}


def path_of(program: str) -> str | None:
    """Where the program is, under any of its names; None if it is missing."""
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
        subprocess.run(
            [*apt, *command], env=environment, stdout=subprocess.DEVNULL, check=False
        )  # the outcome is looked at below


def main() -> None:
    missing = [program for program in PROGRAMS if not path_of(program)]
    if missing and is_root_on_debian():
        install_with_apt(missing)
        missing = [program for program in missing if not path_of(program)]
    for program in missing:
        print(f"Missing: {program}; tests that need it are skipped. To install it: {how_to_install(program)}")


if __name__ == "__main__":
    main()
