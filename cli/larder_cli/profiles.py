"""The profiles that `larder login` saves: an address and an API key under a name."""

from __future__ import annotations

import configparser
import fcntl
import os
import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_config_path

from larder_cli.failures import OperatorError

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT = "default"
"""The profile of a command that names none."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_URL, _KEY = "base_url", "api_key"


@dataclass(frozen=True, slots=True)
class Profile:
    """An address and the API key for it."""

    base_url: str
    api_key: str


def profiles_path() -> Path:
    """Return the path of the file, in the user's folder of settings."""
    return user_config_path("larder", appauthor=False) / "profiles.ini"


def read_profiles() -> dict[str, Profile]:
    """Return the saved profiles by name; nothing if there is no file.

    Raises:
        OperatorError: the file cannot be read, or is damaged.
    """
    return {name: _profile(name, section) for name, section in _read(profiles_path()).items()}


def find_profile(name: str) -> Profile:
    """Return the profile of that name.

    Raises:
        OperatorError: there is none, or the file is damaged.
    """
    profiles = read_profiles()
    if name not in profiles:
        known = f"It has: {', '.join(profiles)}." if profiles else "It has no profiles."
        message = (
            f"There is no profile '{name}' in {profiles_path()}. {known} "
            f"'larder login --profile {name}' makes it."
        )
        raise OperatorError(message)
    return profiles[name]


def save_profile(name: str, profile: Profile) -> None:
    """Save a profile, which replaces one of the same name.

    Raises:
        OperatorError: the name is invalid, or the file is damaged.
    """
    if not _NAME.fullmatch(name):
        message = (
            f"'{name}' is no name of a profile: use up to 64 letters, digits, dots, dashes "
            "and underscores."
        )
        raise OperatorError(message)
    with _changed() as sections:
        sections[name] = {_URL: profile.base_url, _KEY: profile.api_key}


def forget_profile(name: str) -> None:
    """Remove a profile.

    Raises:
        OperatorError: there is none of that name.
    """
    find_profile(name)
    with _changed() as sections:
        sections.pop(name, None)


@contextmanager
def _changed() -> Iterator[dict[str, dict[str, str]]]:
    """Let the caller change the sections, then write them in one step, for the owner's eyes only.

    Another `larder login` waits meanwhile.
    """
    # A link to a file elsewhere stays a link.
    path = profiles_path().resolve()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        sections = _read(path)
        yield sections
        # `mkstemp` makes a file that only its owner can read.
        number, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with open(number, "w", encoding="utf-8") as file:  # noqa: PTH123 - an open file
                parser = _parser()
                parser.read_dict(sections)
                parser.write(file)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    finally:
        os.close(folder)


def _parser() -> configparser.ConfigParser:
    # No profile's name is empty, so that none of them is a section of defaults.
    return configparser.ConfigParser(interpolation=None, default_section="")


def _read(path: Path) -> dict[str, dict[str, str]]:
    parser = _parser()
    try:
        parser.read_string(path.read_text("utf-8"), str(path))
    except FileNotFoundError:
        return {}
    except (configparser.Error, UnicodeDecodeError) as error:
        message = f"{path} is damaged: {' '.join(str(error).split())}"
        raise OperatorError(message) from error
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise OperatorError(message) from error
    return {name: dict(parser[name]) for name in parser.sections()}


def _profile(name: str, section: dict[str, str]) -> Profile:
    url, key = section.get(_URL), section.get(_KEY)
    if not url or not key:
        missing = _KEY if url else _URL
        message = (
            f"Profile '{name}' in {profiles_path()} has no {missing}: "
            f"'larder login --profile {name}' writes it anew."
        )
        raise OperatorError(message)
    return Profile(url, key)
