"""Reading the environment. A value that is wrong is refused at start with a sentence that says what to set."""

import os
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_YES, _NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """What a variable says; one that is set to nothing counts as unset."""
    return os.environ.get(name, "").strip() or default


def items(name: str, default: Iterable[str] = ()) -> list[str]:
    """The parts of a variable that commas separate."""
    return [part.strip() for part in text(name).split(",") if part.strip()] or list(default)


def switch(name: str) -> bool:
    """A variable that is on or off; off without it."""
    value = text(name, "0")
    if value.lower() not in _YES | _NO:
        raise ImproperlyConfigured(f"{name}={value} is neither on nor off. Set it to 1 or 0, or unset it.")
    return value.lower() in _YES


def number(name: str, default: float, least: float, most: float) -> float:
    """A number within bounds."""
    return _number(name, text(name, str(default)), least, most)


def ports(name: str) -> list[int]:
    """Numbers of ports."""
    return [int(_number(name, part, 1, 65535)) for part in items(name)]


def _number(name: str, value: str, least: float, most: float) -> float:
    try:
        found = float(value)
    except ValueError:
        found = float("nan")
    if not least <= found <= most or (isinstance(least, int) and not found.is_integer()):
        raise ImproperlyConfigured(f"{name}={value} is no number from {least:g} to {most:g}. Correct it, or unset it.")
    return found


def choice(name: str, default: str, allowed: Iterable[str]) -> str:
    """One of some words, in capitals."""
    value = text(name, default).upper()
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value} is not known. Use one of {', '.join(allowed)}.")
    return value


def hosts(name: str, default: Iterable[str]) -> list[str]:
    """Names of hosts, without scheme, port or path; a leading dot stands for all subdomains."""
    found = items(name, default)
    for host in found:
        if "/" in host or (":" in host and not (host.startswith("[") and host.endswith("]"))):
            raise ImproperlyConfigured(f"{name}: {host} is more than a name. Use the name alone: lists.example.org")
    return found


def sites(name: str) -> list[str]:
    """Addresses of the site, of scheme and host alone."""
    found = items(name)
    for site in found:
        parts = urlsplit(site)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path not in {"", "/"}:
            raise ImproperlyConfigured(
                f"{name}: {site} is no address of a site. Use its scheme and name: https://lists.example.org"
            )
    return [site.rstrip("/") for site in found]
