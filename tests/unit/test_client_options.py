"""Where a client finds its base URL and API key, and which ones it refuses."""

from __future__ import annotations

import pytest

from larder_client import Client, ConfigurationError

KEY = "zk_live_key"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LARDER_BASE_URL", raising=False)
    monkeypatch.delenv("LARDER_API_KEY", raising=False)


def test_base_url_and_key_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LARDER_BASE_URL", "https://larder.test/v1/")
    monkeypatch.setenv("LARDER_API_KEY", KEY)

    with Client() as larder:
        assert larder.base_url == "https://larder.test/v1"


@pytest.mark.parametrize(("base_url", "key"), [(None, KEY), ("https://larder.test/v1", None)])
def test_both_are_needed(base_url: str | None, key: str | None) -> None:
    with pytest.raises(ConfigurationError, match="set LARDER_BASE_URL and LARDER_API_KEY"):
        Client(base_url, key)


@pytest.mark.parametrize(
    ("base_url", "message"),
    [
        ("http://larder.test:port/v1", r"Invalid base URL: .*port"),
        ("larder.test/v1", r"Invalid base URL 'larder\.test/v1': it must begin with https://"),
        ("https:///v1", "Invalid base URL 'https:///v1'"),
    ],
)
def test_an_invalid_base_url_is_refused(base_url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Client(base_url, KEY)


@pytest.mark.parametrize("key", ["zk live", "zk_live_ä", "zk_live\n"])
def test_a_key_that_no_header_can_hold_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationError, match="Invalid API key"):
        Client("https://larder.test/v1", key)
