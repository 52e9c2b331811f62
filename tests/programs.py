"""The programs around the tests: a test that needs one asks for it here, and a missing one is always reported.

A pytest plugin: with CI=true a skipped test is a failure; a run without its browser tests ends with status 1.
"""

import importlib.util
import os
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.prepare import has_modules, how_to_install, how_to_install_modules, path_of


def needs(program: str) -> str:
    """The path of a program in tests.prepare.PROGRAMS; skips the test, naming the command that installs it, if there is
    none.
    """
    path = path_of(program)
    if path is None:
        pytest.skip(f"needs {program}: {how_to_install(program)}")
    return path


def needs_modules(program: str, folder: Path) -> str:
    """The path of a program that runs what stands in a folder with a package.json; skips the test if either is
    missing.
    """
    path = needs(program)
    if not has_modules(folder):
        pytest.skip(f"needs the packages of {folder.name}: {how_to_install_modules(folder)}")
    return path


def axe_script() -> str:
    """The source of axe-core, for `page.evaluate(axe_script())` (which the strict CSP does not forbid, as
    add_script_tag).
    """
    package = importlib.util.find_spec("axe_playwright_python")
    assert package is not None, "axe_playwright_python is missing: make test installs it"
    assert package.submodule_search_locations is not None
    return (Path(package.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------------------- the pytest plugin

STATUS_BROWSER_TESTS_MISSING = 1
skipped_browser_tests = pytest.StashKey[list[str]]()


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"true", "1"}


def pytest_configure(config: pytest.Config) -> None:
    config.stash[skipped_browser_tests] = []


def pytest_itemcollected(item: pytest.Item) -> None:
    if "chromium" in item.path.parts:
        item.add_marker("chromium")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        # The test's place, not this module's: the list of what was skipped should say which.
        report.longrepr = (str(item.path), (item.location[1] or 0) + 1, reason(report))
        if in_ci():
            report.outcome, report.longrepr = "failed", f"With CI=true a skipped test is a failure: {reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    # a whole file, by importorskip or the like
    if report.skipped and in_ci():
        report.outcome, report.longrepr = "failed", f"With CI=true a skipped file is a failure: {reason(report)}"
    return report


@pytest.hookimpl
def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(SkippedBrowserTests(session.config), "skipped browser tests")


class SkippedBrowserTests:
    """Counts them where all reports arrive: with several processes (pytest-xdist), in the one that hands out the
    tests.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._found = config.stash[skipped_browser_tests]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail") and "chromium" in report.keywords:
            self._found.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped and "chromium" in report.nodeid.split("/"):
            self._found.append(report.nodeid)


def reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.stash[skipped_browser_tests] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = STATUS_BROWSER_TESTS_MISSING


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if skipped := config.stash[skipped_browser_tests]:
        terminalreporter.write_line(f"{len(skipped)} browser tests could not run (see above): status 1.", red=True)
