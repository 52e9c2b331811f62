def test_nothing_is_skipped_in_silence(pytestconfig):
    loaded = pytestconfig.pluginmanager.has_plugin("tests.programs")
    assert loaded, (
        'tests/conftest.py needs pytest_plugins = ["tests.programs"]: with CI=true a skipped test is a failure'
    )
