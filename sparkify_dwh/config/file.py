"""From ``dwh.cfg`` and the environment to plain values: which file, how it is written, which names there are.

The file is an INI file without interpolation and without comments at the end of a line, so that a password may hold
``%``, ``#`` and ``;``. Every line stands for itself: indentation means nothing, and no value goes on in a second line.
Names of sections and keys may be in any case; a value may stand in quotes. A message never quotes a line that cannot be
understood: it may be a password.
"""

from __future__ import annotations

import configparser
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.storage.urls import expanded

PREFIX = "SPARKIFY_DWH_"
FILE_VARIABLE = f"{PREFIX}CONFIG"
DEFAULT_FILE = "dwh.cfg"
DEMO_FILE = ".standin/dwh.cfg"  # which `sparkify-dwh demo` writes

KEYS = {
    "CLUSTER": (
        "HOST",
        "DB_NAME",
        "DB_USER",
        "DB_PASSWORD",
        "DB_PORT",
        "IAM",
        "SECRET_ARN",
        "TLS",
        "CONNECT_SECONDS",
        "QUERY_GROUP",
    ),
    "IAM_ROLE": ("ARN",),
    "S3": ("LOG_DATA", "LOG_JSONPATH", "SONG_DATA", "REGION", "MANIFESTS", "EXPORT"),
    "AWS": ("KEY", "SECRET", "REGION"),
    "DWH": (
        "DWH_CLUSTER_TYPE",
        "DWH_NUM_NODES",
        "DWH_NODE_TYPE",
        "DWH_IAM_ROLE_NAME",
        "DWH_CLUSTER_IDENTIFIER",
        "DWH_DB",
        "DWH_DB_USER",
        "DWH_DB_PASSWORD",
        "DWH_PORT",
        "DWH_BASE_RPUS",
        "DWH_MAX_RPUS",
        "DWH_CIDR",
        "DWH_PUBLIC",
        "DWH_SUBNETS",
        "DWH_SECRET",
    ),
    "STANDIN": ("DIR",),
}
"""Every section and key there is. What else stands in a file is left alone."""

Name = tuple[str, str]
"""A section and a key, both in capitals."""

# Catches DB_PASWORD and LOG_JSON_PATH, and lets names through that mean something else: DB_HOST, DWH_ENDPOINT.
_NEARLY = 0.8


@dataclass(frozen=True, slots=True)
class Values:
    """What file and environment say together, the environment first; an empty value counts as absent.

    ``directory`` is what relative paths count from: the file's, or the working directory when there is no file.
    ``origin`` is how a message calls all of it.
    """

    in_file: Mapping[Name, str] = field(repr=False)
    in_environment: Mapping[Name, str] = field(repr=False)
    directory: Path
    origin: str

    def get(self, section: str, key: str) -> str | None:
        return self.in_environment.get((section, key)) or self.in_file.get((section, key))

    def place(self, section: str, key: str) -> str:
        """How a message calls the place where the value stands."""
        name = (section, key)
        return variable(name) if name in self.in_environment else f"{self.origin}: [{section}] {key}"


def read_values(path: Path | str | None, environ: Mapping[str, str]) -> Values:
    """What the file at ``path``, else the one in SPARKIFY_DWH_CONFIG, else ./dwh.cfg says, under the environment.

    Raises:
        ConfigurationError: a file that was named is not there, or a file cannot be read or is malformed; a key is
            misspelt; there is neither a file nor a value in the environment.
    """
    file = configuration_file(path, environ)
    text = _text(file, required=bool(path or environ.get(FILE_VARIABLE)))
    in_file = {} if text is None else parsed(text, file)
    in_environment = _from_environment(environ)
    _check_spelling(in_file, lambda name: f"{file}: [{name[0]}] {name[1]}")
    _check_spelling(in_environment, variable)
    if text is None and not filled(in_environment):
        raise ConfigurationError(
            f"no configuration: {Path.cwd()} holds no {DEFAULT_FILE} and the environment no {PREFIX}...; {_remedy()}"
        )
    directory, origin = (Path.cwd(), "the environment") if text is None else ((Path.cwd() / file).parent, str(file))
    return Values(filled(in_file), filled(in_environment), directory, origin)


def _remedy() -> str:
    if Path(DEMO_FILE).is_file():
        return f"pass --config {DEMO_FILE} to go on with the demo, or name another file in {FILE_VARIABLE}"
    others = f"name another file in {FILE_VARIABLE}, or run `sparkify-dwh demo`"
    return f"copy dwh.cfg from the repository and fill it in, {others}"


def configuration_file(path: Path | str | None, environ: Mapping[str, str]) -> Path:
    """The file that is read: the one at ``path``, else the one in SPARKIFY_DWH_CONFIG, else ./dwh.cfg."""
    return expanded(path or environ.get(FILE_VARIABLE) or DEFAULT_FILE)


def variable(name: Name) -> str:
    """The environment variable of a section and key: SPARKIFY_DWH_CLUSTER_DB_PASSWORD."""
    return f"{PREFIX}{name[0]}_{name[1]}"


def _text(file: Path, *, required: bool) -> str | None:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        problem = "is not there: correct the path, or copy dwh.cfg from the repository to it"
        if not required:
            return None
    except OSError as error:
        problem = f"cannot be read ({error.strerror}): it must be a file that this user may read"
    except UnicodeDecodeError:
        problem = "is not UTF-8: save it as UTF-8 text"
    # Raised here and not above, because the decoder's error holds the bytes of the file.
    raise ConfigurationError(f"the configuration file {file} {problem}")


def parsed(text: str, file: Path) -> dict[Name, str]:
    """Everything in the sections that we know, keys of others included, values as written."""
    parser = configparser.RawConfigParser(strict=True, comment_prefixes=("#", ";"), default_section="\0")
    problem = None
    try:
        parser.read_string("\n".join(_normal_line(line) for line in text.split("\n")))
    except configparser.Error as error:
        problem = _problem(error)
    if problem:  # outside of the handler: the parser's error quotes the line, which may be a password
        raise ConfigurationError(f"the configuration file {file} is malformed: {problem}")
    sections = {section.strip(): parser.items(section) for section in parser.sections()}
    _check_sections(sections, file)
    return {(section, key.upper()): value for section in KEYS for key, value in sections.get(section, ())}


def _check_sections(sections: Collection[str], file: Path) -> None:
    """Refuse an unknown section that is nearly a known one, unless that one is there too."""
    for section in sections:
        meant = get_close_matches(section, KEYS, n=1, cutoff=_NEARLY)
        if meant and section not in KEYS and meant[0] not in sections:
            raise ConfigurationError(
                f"{file}: [{section}] is no section, did you mean [{meant[0]}]? Correct the name or remove it"
            )


def _normal_line(line: str) -> str:
    """Without indentation, which would continue the line before; names of sections in capitals."""
    line = line.strip()
    return line.upper() if line.startswith("[") else line


def _problem(error: configparser.Error) -> str:
    line = getattr(error, "lineno", None)
    if isinstance(error, configparser.DuplicateOptionError):
        return f"line {line} gives a key a second time: leave one of the two"
    if isinstance(error, configparser.DuplicateSectionError):
        return f"line {line} opens a section a second time: put its keys into one"
    if isinstance(error, configparser.MissingSectionHeaderError):
        return f"line {line} comes before any section: put a line like [CLUSTER] above it"
    if isinstance(error, configparser.ParsingError) and error.errors:
        line = error.errors[0][0]
    return f"line {line} must be KEY=value, [SECTION] or a comment that starts with #"


def _from_environment(environ: Mapping[str, str]) -> dict[Name, str]:
    return {
        (section, name.removeprefix(f"{PREFIX}{section}_")): value
        for section in KEYS
        for name, value in environ.items()
        if name.startswith(f"{PREFIX}{section}_")
    }


def _check_spelling(names: Collection[Name], shown: Callable[[Name], str]) -> None:
    """Refuse an unknown key that is nearly a known one, unless that one is there too and so was not meant."""
    for section, key in names:
        meant = get_close_matches(key, KEYS[section], n=1, cutoff=_NEARLY)
        if meant and key != meant[0] and (section, meant[0]) not in names:
            raise ConfigurationError(
                f"{shown((section, key))} is no setting, did you mean {meant[0]}? Correct the name or remove it"
            )


def filled(values: Mapping[Name, str]) -> dict[Name, str]:
    """The known values that say something, without white space and quotes around them."""
    bare = {name: _unquoted(value.strip()) for name, value in values.items() if name[1] in KEYS[name[0]]}
    return {name: value for name, value in bare.items() if value}


def _unquoted(value: str) -> str:
    quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value
