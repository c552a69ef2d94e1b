"""
Proxies: which one leads to the service, and what is said where it does not.
"""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import threading
import traceback
from collections.abc import Iterator

import httpx
import pytest

from reflect_sdk import (
    DeadlineExceededError,
    InvalidArgumentError,
    ProxyConnectionError,
    ReflectClient,
)

from .scripted import TRACE, Answer, Scripted, raw_server

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir")
WORLDS = pytest.mark.parametrize("world", ["", "_async"])


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def dead() -> Iterator[str]:
    """
    The address of a proxy that does not run.
    """
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def _get(client: ReflectClient, world: str = "") -> str:
    called = getattr(client, f"get_trace{world}")("t1")
    found: str = (asyncio.run(called) if world else called).id
    return found


def _client(base_url: str, **options: object) -> ReflectClient:
    return ReflectClient(base_url=base_url, api_key="k", max_retries=0, **options)  # type: ignore[arg-type]  # options


@WORLDS
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_leads_to_the_service(
    service: Scripted, monkeypatch: pytest.MonkeyPatch, world: str, variable: str
):
    service.script(Answer(body=TRACE))
    monkeypatch.setenv(variable, service.url.removeprefix("http://"))
    with _client("http://service.test") as client:
        assert _get(client, world) == "t1"
    assert service.asked[0].path.startswith("http://service.test/v1/")


@WORLDS
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_proxy_leads_to_this_machine(
    service: Scripted, monkeypatch: pytest.MonkeyPatch, dead: str, world: str, host: str
):
    service.script(Answer(body=TRACE))
    monkeypatch.setenv("ALL_PROXY", dead)
    monkeypatch.setenv("HTTP_PROXY", "no-such-kind://x")
    with _client(service.url.replace("127.0.0.1", host)) as client:
        assert _get(client, world) == "t1"


@WORLDS
def test_a_proxy_that_is_given_leads_anywhere(service: Scripted, dead: str, world: str):
    service.script(Answer(body=TRACE))
    for proxy in (service.url, httpx.URL(service.url), httpx.Proxy(service.url)):
        with _client("http://127.0.0.1:9", proxy=proxy) as client:
            assert _get(client, world) == "t1"
    with _client(service.url, proxy=dead) as client, pytest.raises(ProxyConnectionError):
        _get(client, world)


@pytest.mark.parametrize(
    ("base_url", "no_proxy"),
    [
        ("http://[fd00::7]", "fd00::/8"),
        ("http://[fd00::7]", "localhost, fd00::7"),
        ("http://[fd00::7]", "[fd00::]/8"),
        ("http://192.0.2.7", "fe80::/10,192.0.2.0/24"),
        ("http://service.test", "fe80::/10, service.test"),
        ("http://api.service.test:8000", ".service.test"),
        ("http://service.test:8000", "service.test:8000"),
        ("http://service.test", "*"),
    ],
)
def test_names_and_networks_of_no_proxy_go_past_it(
    monkeypatch: pytest.MonkeyPatch, base_url: str, no_proxy: str
):
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:1")  # It would be refused.
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert _client(base_url)._pool.proxy is None


@pytest.mark.parametrize("no_proxy", ["fe80::/10", "a/b,,[", "192.0.2.0/24", "other.test"])
def test_what_no_proxy_does_not_name_goes_over_the_proxy(
    service: Scripted, monkeypatch: pytest.MonkeyPatch, no_proxy: str
):
    service.script(Answer(body=TRACE))
    monkeypatch.setenv("ALL_PROXY", service.url)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    for base_url in ("http://service.test", "http://198.51.100.7"):
        with _client(base_url) as client:
            assert _get(client) == "t1"


@WORLDS
@pytest.mark.parametrize("base_url", ["http://service.test", "https://service.test"])
def test_a_proxy_that_is_down_is_what_the_error_names(
    monkeypatch: pytest.MonkeyPatch, dead: str, base_url: str, world: str
):
    variable = f"{base_url.partition(':')[0].upper()}_PROXY"
    monkeypatch.setenv(variable, dead.replace("//", "//user:topsecret@"))
    with _client(base_url) as client, pytest.raises(ProxyConnectionError) as caught:
        _get(client, world)
    said = str(caught.value)
    assert f"through the proxy {dead} ({variable})" in said
    assert "base_url" not in said
    assert "topsecret" not in "".join(traceback.format_exception(caught.value))
    assert isinstance(caught.value, httpx.ConnectError | httpx.ProxyError)


def test_a_run_goes_on_where_the_proxy_is_down(monkeypatch: pytest.MonkeyPatch, dead: str):
    monkeypatch.setenv("HTTP_PROXY", dead)
    ran = False
    with _client("http://service.test") as client, client.trace("Count") as context:
        ran = context.memories == []
    assert ran


@WORLDS
def test_a_proxy_that_refuses_to_connect_is_what_the_error_names(world: str):
    def refuse(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

    with (
        raw_server(refuse) as url,
        _client("https://service.test", proxy=url) as client,
        pytest.raises(ProxyConnectionError, match=f"proxy {url} .proxy. could not connect: 407"),
    ):
        _get(client, world)


@WORLDS
def test_a_proxy_that_hangs_is_named_too(world: str):
    with (
        raw_server(lambda _, over: over.wait() and None) as url,
        _client("http://service.test", proxy=url, timeout=0.2) as client,
        pytest.raises(DeadlineExceededError, match=f"through the proxy {url}"),
    ):
        _get(client, world)


@pytest.mark.parametrize(
    "proxy", ["socks://user:topsecret@127.0.0.1:1080", "http://", "http://[user:topsecret", "://x"]
)
def test_what_is_no_proxy_is_refused_and_said_where_it_stands(
    monkeypatch: pytest.MonkeyPatch, proxy: str
):
    with pytest.raises(InvalidArgumentError, match=r"^proxy must name a proxy") as caught:
        _client("http://service.test", proxy=proxy)
    assert "topsecret" not in "".join(traceback.format_exception(caught.value))
    monkeypatch.setenv("all_proxy", proxy)
    with pytest.raises(InvalidArgumentError, match=r"^all_proxy must name a proxy"):
        _client("http://service.test")


def test_a_proxy_of_the_system_is_said_to_be_that(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "reflect_sdk._transport.proxies.getproxies", lambda: {"http": "socks://127.0.0.1:1"}
    )
    with pytest.raises(InvalidArgumentError, match=r"^the settings of this system must name"):
        _client("http://service.test")


def test_a_socks_proxy_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "reflect_sdk._transport.proxies.find_spec",
        lambda name: None if name == "socksio" else found(name),
    )
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
    with pytest.raises(InvalidArgumentError, match=r"ALL_PROXY .*pip install .httpx\[socks\]"):
        _client("http://service.test")


def test_given_clients_know_their_own_way(monkeypatch: pytest.MonkeyPatch, service: Scripted):
    service.script(Answer(body=TRACE))
    with httpx.Client(transport=httpx.HTTPTransport(proxy=service.url)) as given:
        given_too = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(proxy=service.url))
        monkeypatch.setenv("HTTP_PROXY", "no-such-kind://x")
        monkeypatch.setenv("SSL_CERT_FILE", "/gone.pem")
        with _client(
            "http://service.test", http_client=given, async_http_client=given_too
        ) as client:
            assert _get(client) == "t1"

            async def get() -> str:
                async with given_too:
                    return (await client.get_trace_async("t1")).id

            assert asyncio.run(get()) == "t1"
