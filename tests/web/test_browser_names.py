"""What browsers are called: in e-mails about a new browser, in the list of sessions."""

import pytest

from routes.web.client import browser_name

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPAD = "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
CHROMEBOOK = "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (f"{IPHONE} Version/18.6 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        (f"{IPHONE} CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        (f"{IPHONE} FxiOS/145.0 Mobile/15E148 Safari/604.1", "Firefox on iPhone"),
        (f"{IPHONE} Version/18.0 EdgiOS/142.0.3595.53 Mobile/15E148 Safari/604.1", "Edge on iPhone"),
        (f"{IPHONE} OPiOS/16.0.15.124050 Mobile/15E148 Safari/9537.53", "Opera on iPhone"),
        (f"{IPHONE} Version/18.6 Mobile/15E148 Safari/604.1 OPT/6.2.0", "Opera on iPhone"),
        (f"{IPHONE} Version/18.6 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15", "DuckDuckGo on iPhone"),
        (f"{IPAD} CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1", "Chrome on iPad"),
        (f"{MAC} CriOS/142 Version/11.1.1 Safari/605.1.15", "Chrome on iPad"),
        (f"{MAC} FxiOS/145.0 Safari/605.1.15", "Firefox on iPad"),
        (f"{MAC} Version/18.6 Safari/605.1.15", "Safari on macOS"),
        (f"{ANDROID} Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        (f"{ANDROID} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36", "Samsung Internet on Android"),
        (f"{ANDROID} Chrome/142.0.0.0 Mobile Safari/537.36 EdgA/142.0.0.0", "Edge on Android"),
        (f"{ANDROID} Chrome/140.0.0.0 Mobile Safari/537.36 OPR/93.0.0.0", "Opera on Android"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", "Firefox on Android"),
        (f"{CHROMEBOOK} Chrome/142.0.0.0 Safari/537.36", "Chrome on ChromeOS"),
        (f"{WINDOWS} Chrome/142.0.0.0 Safari/537.36", "Chrome on Windows"),
        (f"{WINDOWS} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge on Windows"),
        (f"{WINDOWS} Chrome/142.0.0.0 Safari/537.36 Vivaldi/7.7", "Vivaldi on Windows"),
        (f"{LINUX} Chrome/142.0.0.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
        ("curl/8.14.1", "curl"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_called_what_its_user_calls_it(user_agent: str, name: str):
    assert browser_name(user_agent) == name
