"""
Proxies: which one leads to the service, and what named it.

httpx reads the environment for every address that it may ever be asked for, and refuses a whole
client for one entry of `NO_PROXY` that it cannot read. A client talks to one service, so here the
one question is asked that matters, once.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.request import getproxies, proxy_bypass

import httpx
from attrs import field, frozen

from reflect_api.errors import InvalidArgumentError
from reflect_sdk._settings import ProxyInput

_AROUND_ADDRESSES = str.maketrans("", "", "[] ")
_KINDS = "http://, https:// or socks5://"


@frozen
class NamedProxy:
    """
    A proxy, with what error messages say about it.

    Attributes:
        proxy: As httpx takes it; its address may hold a password.
        named_by: What named it, such as `HTTPS_PROXY`.
    """

    proxy: httpx.Proxy = field(repr=False)
    named_by: str

    def over(self, tls: ssl.SSLContext) -> httpx.Proxy:
        """
        Return the proxy with the trust of a client, where it is called over TLS and has none.
        """
        proxy = self.proxy
        if proxy.url.scheme != "https" or proxy.ssl_context is not None:
            return proxy
        return httpx.Proxy(proxy.url, ssl_context=tls, auth=proxy.auth, headers=proxy.headers)

    def __str__(self) -> str:
        return f"{self.proxy.url.copy_with(userinfo=b'')} ({self.named_by})"


def proxy_to(base_url: str, given: ProxyInput | None = None) -> NamedProxy | None:
    """
    Find the proxy that leads to a service.

    No proxy leads to this machine itself, unless one is given: what the environment names is for
    the way out.

    Args:
        base_url: Address of the service.
        given: The proxy to take; the one that the environment or the system names where None.

    Returns:
        The proxy; None where the service is called directly.

    Raises:
        InvalidArgumentError: If what is named is no proxy that can be used.
    """
    if given is not None:
        return _named(given, "proxy")
    url = httpx.URL(base_url)
    if _is_loopback(url.host):
        return None
    proxies = getproxies()
    kind = next((kind for kind in (url.scheme, "all") if proxies.get(kind)), None)
    if kind is None or _goes_past(url, proxies.get("no", "")):
        return None
    address = proxies[kind]
    variable = f"{kind}_proxy"
    spellings = (name for name in os.environ if name.lower() == variable and os.environ[name])
    return _named(
        address if "://" in address else f"http://{address}",
        min(spellings, default="the settings of this system", key=str.isupper),
    )


def _named(proxy: ProxyInput, named_by: str) -> NamedProxy:
    made = _readable(proxy)
    if made is None:
        raise InvalidArgumentError(
            f"{named_by} must name a proxy whose address begins with {_KINDS}, such as "
            "http://proxy.example:3128, and it does not."
        )
    if made.url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise InvalidArgumentError(
            f"{named_by} names a SOCKS proxy, for which a package is missing. Install it with "
            '`pip install "httpx[socks]"`, or name an HTTP proxy.'
        )
    return NamedProxy(made, named_by)


def _readable(proxy: ProxyInput) -> httpx.Proxy | None:
    try:
        made = proxy if isinstance(proxy, httpx.Proxy) else httpx.Proxy(proxy)
    except (ValueError, TypeError, httpx.InvalidURL):  # What they say may hold a password.
        return None
    return made if made.url.host else None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    if address is None:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback


def _goes_past(url: httpx.URL, no_proxy: str) -> bool:
    """
    Say whether a service is called directly, by its name or by a network that it is in.

    An entry that is neither, such as one with a slip in it, is passed over.
    """
    port = url.port or (443 if url.scheme == "https" else 80)
    if proxy_bypass(url.host) or proxy_bypass(f"{url.host}:{port}"):
        return True
    address = _address(url.host)
    return address is not None and any(address in network for network in _networks(no_proxy))


def _networks(no_proxy: str) -> Iterator[IPv4Network | IPv6Network]:
    for entry in no_proxy.split(","):
        with suppress(ValueError):
            yield ip_network(entry.translate(_AROUND_ADDRESSES), strict=False)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
