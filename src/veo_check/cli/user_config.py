"""The user's own configuration: leave that holds for every run on this machine.

Read only from the platform's user folder, never from the working directory: a configuration that
arrives in a pull request must not decide where a key goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from veo_check.core.errors import InvalidFileError

_KEYS = ("allow_host", "allow_http", "allow_plugin")
_LARGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class UserConfig:
    """What `config.yaml` in the user's configuration folder allows."""

    allow_host: tuple[str, ...] = ()
    allow_http: tuple[str, ...] = ()
    allow_plugin: tuple[str, ...] = ()


def config_path() -> Path:
    """Where the user's configuration is read from."""
    import platformdirs

    return Path(platformdirs.user_config_dir("veo-check", appauthor=False)) / "config.yaml"


def read_user_config(path: Path | None = None) -> UserConfig:
    """The user's configuration, or an empty one. Raises InvalidFileError when it is malformed."""
    path = path or config_path()
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return UserConfig()
    except OSError as error:
        raise InvalidFileError(f"{path}: cannot read: {error.strerror}") from None
    if len(text) > _LARGEST:
        raise InvalidFileError(f"{path}: larger than {_LARGEST} bytes")
    import yaml

    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise InvalidFileError(f"{path}: is not YAML") from None
    if data is None:
        return UserConfig()
    if not isinstance(data, dict) or not set(data) <= set(_KEYS):
        raise InvalidFileError(f"{path}: only these keys are known: {', '.join(_KEYS)}")
    for key, value in data.items():
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise InvalidFileError(f"{path}: {key} must be a list of strings")
    return UserConfig(**{key: tuple(value) for key, value in data.items()})
