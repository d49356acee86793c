"""Where a webhook may lead: to hosts of the public internet, whatever they are written as."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

from larder.domain.errors import InvalidParameterError

MAX_URL = 2_048

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NOT_GLOBAL = (
    IPv6Network("2001::/32"),  # Teredo
    IPv6Network("2002::/16"),  # 6to4
    IPv6Network("3fff::/20"),  # for documentation, which `is_global` does not know
)
"""What is part of it all the same: tunnels, whose addresses hold one of IPv4."""

_RELAYS = IPv4Network("192.88.99.0/24")
"""Once the relays of 6to4."""


def public(address: str) -> bool:
    """Tell whether an address, as the resolver returns it, is one of the public internet.

    Private, loopback, link-local (which has the metadata services), carrier-grade NAT, multicast,
    reserved and documentation addresses are not. Nor is an address of IPv6 that holds one of IPv4
    (mapped, compatible, NAT64, 6to4, Teredo): what it leads to is for the network to say.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        # `fe80::1%eth0`, or no address at all.
        return False
    if isinstance(parsed, IPv4Address):
        return parsed.is_global and not parsed.is_multicast and parsed not in _RELAYS
    return (
        parsed in _GLOBAL_UNICAST
        and parsed.is_global
        and parsed.scope_id is None
        and not any(parsed in network for network in _NOT_GLOBAL)
    )


def checked_url(raw: str, *, private: bool) -> str:
    """Return the address of a webhook if it may be called; `private` allows any host, and HTTP.

    A name is checked again, each time that it is resolved.

    Raises:
        InvalidParameterError: it may not; the message says what to give instead.
    """
    try:
        parts = urlsplit(raw)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    schemes = {"https", "http"} if private else {"https"}
    wrong = (
        len(raw) > MAX_URL
        or not raw.isascii()
        or any(character <= " " or character in '\\"<>^`{|}' for character in raw)
        or not host
        or port == 0
        or parts.scheme not in schemes
        or parts.username is not None
        or parts.password is not None
        or bool(parts.fragment)
    )
    if wrong:
        raise InvalidParameterError(
            "The URL must be https://host/…, in ASCII, without credentials or a fragment.",
            param="url",
        )
    if not private and not _may_be_public(host or ""):
        raise InvalidParameterError(
            "The URL must lead to a public host: a name, or a public IP address in its usual form.",
            param="url",
        )
    return raw


def _may_be_public(host: str) -> bool:
    """Tell whether a host is a public address, or a name that may have one.

    A name that ends in a number is an address in disguise: `127.1`, `0x7f.1`, `2130706433`
    (https://url.spec.whatwg.org/#ends-in-a-number-checker). The resolver would take it for one.
    """
    if ":" in host:
        return public(host)
    last = host.removesuffix(".").rpartition(".")[2]
    if last.isdigit() or last.startswith("0x"):
        return public(host)
    return "." in host.removesuffix(".") and not host.removesuffix(".").endswith(
        (".localhost", ".local", ".internal")
    )
