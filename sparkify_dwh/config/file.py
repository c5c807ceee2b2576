"""Reading ``dwh.cfg`` and the environment: the texts of the settings, by section and key.

The file is an INI file without interpolation and without comments at the end of a line, so that a password may contain
``%``, ``#`` and ``;``. Indentation has no meaning, and values do not continue on a second line. Names of sections and keys
are case-insensitive; a value may be in quotes. Messages never quote a malformed line: it may be a password.
"""

from __future__ import annotations

import configparser
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from sparkify_dwh.config.aliases import OTHER_SECTIONS, meant_by
from sparkify_dwh.config.fields import FIELDS, PREFIX, Fields, Name, keys, sections, variable
from sparkify_dwh.config.names import require_known_names, setting_name
from sparkify_dwh.config.values import Given
from sparkify_dwh.errors import ConfigurationError
from sparkify_dwh.storage.urls import expanded

FILE_VARIABLE = f"{PREFIX}CONFIG"
DEFAULT_FILE = "dwh.cfg"
DEMO_FILE = ".standin/dwh.cfg"  # written by `sparkify-dwh demo`

# Similar enough are DB_PASWORD and DB_PASSWORD; DWH_ENDPOINT is another name of HOST (sparkify_dwh.config.aliases).
MIN_SIMILARITY = 0.8


@dataclass(frozen=True, slots=True)
class Values:
    """The texts of the settings in file and environment. The environment wins; empty values count as absent.

    ``directory`` is what relative paths are relative to: the directory of the file, or the working directory without a
    file. ``origin`` is the name of the configuration in messages. ``fields`` are the settings that there are. ``written``
    are the texts in the file with their quotes.
    """

    in_file: Mapping[Name, str] = field(repr=False)
    in_environment: Mapping[Name, str] = field(repr=False)
    directory: Path
    origin: str
    fields: Fields = field(repr=False)
    written: Mapping[Name, str] = field(default_factory=dict, repr=False)

    def get(self, section: str, key: str) -> str | None:
        return self.in_environment.get((section, key)) or self.in_file.get((section, key))

    def place(self, section: str, key: str) -> str:
        """Return where a value stands, as messages name it."""
        name = (section, key)
        if name in self.in_environment:
            return variable(name)
        return f"{self.origin}: [{section}] {self.fields[name].shown_name}"

    def given(self, section: str, key: str, directory: Path | None = None) -> Given | None:
        """Return a value with its place; None when it is absent. ``directory`` is the base of local paths."""
        text, name = self.get(section, key), (section, key)
        if text is None:
            return None
        written = text if name in self.in_environment else self.written.get(name, text).strip()
        return Given(text, self.place(section, key), directory, is_quoted=written != text)


def read_values(path: Path | str | None, environ: Mapping[str, str], fields: Fields = FIELDS) -> Values:
    """Return the values in the file at ``path``, else in SPARKIFY_DWH_CONFIG, else in ./dwh.cfg, and in the environment.

    Raises:
        ConfigurationError: a named file does not exist, or a file cannot be read or is malformed; a key is misspelt;
            there is neither a file nor a value in the environment.
    """
    file = configuration_file(path, environ)
    text = _text(file, is_required=bool(path or environ.get(FILE_VARIABLE)))
    in_file = {} if text is None else parse(text, file)
    in_environment = _from_environment(environ, fields)
    known_in_file, known_in_environment = known_values(in_file, fields), known_values(in_environment, fields)
    _check_sections({section for section, _ in in_file}, file, fields)
    _check_names(file, in_file, in_environment, {*known_in_file, *known_in_environment}, fields)
    require_known_names(in_file, lambda name: f"{file}: [{name[0]}] {name[1]}", fields)
    require_known_names(in_environment, variable, fields)
    _check_spelling(in_file, lambda name: f"{file}: [{name[0]}] {name[1]}", fields)
    _check_spelling(in_environment, variable, fields)
    if text is None and not known_in_environment:
        raise ConfigurationError(
            f"No configuration: {Path.cwd()} has no {DEFAULT_FILE} and the environment has no {PREFIX}...", _remedy()
        )
    directory, origin = (Path.cwd(), "the environment") if text is None else ((Path.cwd() / file).parent, str(file))
    return Values(known_in_file, known_in_environment, directory, origin, fields, in_file)


def _remedy() -> str:
    if Path(DEMO_FILE).is_file():
        return f"pass --config {DEMO_FILE} to go on with the demo, or name another file in {FILE_VARIABLE}"
    others = f"name another file in {FILE_VARIABLE}, or run `sparkify-dwh demo`"
    return f"copy dwh.cfg from the repository and fill it in, {others}"


def configuration_file(path: Path | str | None, environ: Mapping[str, str]) -> Path:
    """Return the file to read: the one at ``path``, else the one in SPARKIFY_DWH_CONFIG, else ./dwh.cfg."""
    return expanded(path or environ.get(FILE_VARIABLE) or DEFAULT_FILE)


def _text(file: Path, *, is_required: bool) -> str | None:
    """Return the text of the file; None when it does not exist and need not."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if not is_required:
            return None
        problem, hint = "does not exist", "correct the path, or copy dwh.cfg from the repository to it"
    except OSError as error:
        problem, hint = f"cannot be read ({error.strerror})", "it must be a file that this user may read"
    except UnicodeDecodeError:
        problem, hint = "is not UTF-8", "save it as UTF-8 text"
    # Not raised in the handlers: the decoder's error holds the bytes of the file.
    raise ConfigurationError(f"The configuration file {file} {problem}", hint)


def parse(text: str, file: Path) -> dict[Name, str]:
    """Return every value in the text as written, by section and key in capitals, known or not."""
    parser = configparser.RawConfigParser(strict=True, comment_prefixes=("#", ";"), default_section="\0")
    problem = None
    try:
        parser.read_string("\n".join(_normalize_line(line) for line in text.split("\n")))
    except configparser.Error as error:
        problem = _problem(error)
    if problem:  # not raised in the handler: the parser's error quotes the line, which may be a password
        raise ConfigurationError(f"The configuration file {file} is malformed: {problem}")
    given: dict[Name, str] = {}
    for section in parser.sections():
        for key, value in parser.items(section):
            name = setting_name(section.strip(), key)
            if name in given:
                raise ConfigurationError(
                    f"The configuration file {file} gives [{name[0]}] {name[1]} a second time", "remove one of the two"
                )
            given[name] = value
    return given


def _normalize_line(line: str) -> str:
    """Remove indentation, which would continue the line before; put names of sections in capitals."""
    line = line.strip()
    return line.upper() if line.startswith("[") else line


def _problem(error: configparser.Error) -> str:
    line = getattr(error, "lineno", None)
    if isinstance(error, configparser.DuplicateOptionError):
        return f"line {line} gives a key a second time: remove one of the two"
    if isinstance(error, configparser.DuplicateSectionError):
        return f"line {line} opens a section a second time: put its keys into one"
    if isinstance(error, configparser.MissingSectionHeaderError):
        return f"line {line} comes before any section: put a line like [CLUSTER] above it"
    if isinstance(error, configparser.ParsingError) and error.errors:
        line = error.errors[0][0]
    return f"line {line} must be KEY=value, [SECTION] or a comment that starts with #"


def _from_environment(environ: Mapping[str, str], fields: Fields) -> dict[Name, str]:
    """Return every variable that begins like a setting of a known section, known or not."""
    prefixes = {section: variable((section, "")) for section in sections(fields)}
    return {
        (section, name.removeprefix(prefix)): value
        for section, prefix in prefixes.items()
        for name, value in environ.items()
        if name.startswith(prefix)
    }


def _check_sections(given: Collection[str], file: Path, fields: Fields) -> None:
    """Refuse an unknown section that is similar to a known one, unless that one is there too."""
    for section in sorted(given):
        similar = get_close_matches(section, sections(fields), n=1, cutoff=MIN_SIMILARITY)
        if similar and section not in sections(fields) and similar[0] not in given:
            raise ConfigurationError(
                f"{file}: [{section}] is not a known section, did you mean [{similar[0]}]?",
                "Correct the name or remove it",
            )


def _check_names(
    file: Path, in_file: Mapping[Name, str], in_environment: Mapping[Name, str], known: Collection[Name], fields: Fields
) -> None:
    """Refuse settings that a connection or a load uses under another name, unless the right one has a value too.

    A section of another name may belong to another program when the right section is there.
    """
    sections_there = {section for section, _ in known}
    renamed = []
    for given, shown, origin in ((in_file, _bracketed, f"{file}: "), (in_environment, variable, "")):
        for name, value in given.items():
            meant = meant_by(name, fields) if _unquoted(value.strip()) else None
            if meant and meant[0] != "DWH" and meant not in known and OTHER_SECTIONS.get(name[0]) not in sections_there:
                renamed.append(f"{origin}{shown(name)} is called {shown(meant)} here")
    if renamed:
        raise ConfigurationError(f"Settings under another name: {', '.join(renamed)}", "Rename them, or remove them")


def _bracketed(name: Name) -> str:
    return f"[{name[0]}] {name[1]}"


def _check_spelling(given: Collection[Name], shown: Callable[[Name], str], fields: Fields) -> None:
    """Refuse an unknown key that is similar to a known one of its section, unless that one is there too."""
    for section, key in given:
        if meant_by((section, key), fields):
            continue
        similar = get_close_matches(key, keys(fields, section), n=1, cutoff=MIN_SIMILARITY)
        if similar and key != similar[0] and (section, similar[0]) not in given:
            raise ConfigurationError(
                f"{shown((section, key))} is not a known setting, did you mean {similar[0]}?",
                "Correct the name or remove it",
            )


def known_values(values: Mapping[Name, str], fields: Fields = FIELDS) -> dict[Name, str]:
    """Return the values of known settings without the white space and quotes around them; no empty ones."""
    bare = {name: _unquoted(value.strip()) for name, value in values.items() if name in fields}
    return {name: value for name, value in bare.items() if value}


def _unquoted(value: str) -> str:
    is_quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if is_quoted else value
