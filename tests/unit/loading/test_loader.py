"""A load as a whole: exactly what is there, once, whatever the order; or nothing."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from support.inputs import inputs_under
from support.records import a_song, an_event
from support.warehouse import Sparkify

from sparkify_dwh import __version__, load
from sparkify_dwh.errors import CheckError, CopyError, SourceError
from sparkify_dwh.settings import Settings
from sparkify_dwh.sparkify import SPARKIFY

TS = 1542285000000


def test_the_real_month_gives_these_rows(sparkify: Sparkify, real_data: Path) -> None:
    """Counts and the one matched play, found independently of this project."""
    sparkify.settings = of_real_data(sparkify.settings, real_data)
    report = sparkify.load()
    assert {name: rows.loaded for name, rows in report.staged.items()} == {"staging_events": 8056, "staging_songs": 71}
    assert {name: rows.inserted for name, rows in report.star.items()} == {
        "songplays": 6820,
        "users": 97,
        "songs": 71,
        "artists": 69,
        "time": 6813,
    }
    assert sparkify.one("SELECT count(*) FROM users WHERE level = 'paid'") == 22
    matched = "SELECT session_id, item_in_session, song_id, artist_id, start_time::varchar, user_id, level"
    assert sparkify.rows(f"{matched} FROM songplays WHERE song_id IS NOT NULL") == [
        (818, 5, "SOZCTXZ12AB0182364", "AR5KOSW1187FB35FF4", "2018-11-21 21:56:47.796", 15, "paid")
    ]


def test_loading_the_real_month_twice_changes_nothing(sparkify: Sparkify, real_data: Path) -> None:
    sparkify.settings = of_real_data(sparkify.settings, real_data)
    sparkify.load()
    before = sparkify.rows("SELECT songplay_id, start_time, session_id FROM songplays ORDER BY 1"), sparkify.star()
    assert not sparkify.load().changed
    assert before == (
        sparkify.rows("SELECT songplay_id, start_time, session_id FROM songplays ORDER BY 1"),
        sparkify.star(),
    )


@contextmanager
def recorded() -> Iterator[list[str]]:
    """The statements that all engines send meanwhile, and their commits."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    def note_commit(_connection: Any) -> None:
        sent.append("COMMIT")

    event.listen(Engine, "before_cursor_execute", note)
    event.listen(Engine, "commit", note_commit)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        event.remove(Engine, "commit", note_commit)


def test_a_large_batch_is_analyzed_in_the_transaction(sparkify: Sparkify) -> None:
    """COPY leaves statistics out (STATUPDATE OFF), and the plans of what follows depend on them."""
    sparkify.logs("a.json", *(an_event(itemInSession=item) for item in range(3)))
    sparkify.songs("a.json", a_song())
    with recorded() as sent:
        report = load(replace(sparkify.settings, analyze_above_rows=2))
    analyzed = sent.index("ANALYZE staging_events PREDICATE COLUMNS")
    assert sent[analyzed - 2] == "SELECT count(*) AS count_1 \nFROM staging_events"
    assert sent[analyzed - 1].startswith("SELECT pg_user.usename, pg_user.usesuper")  # whether the user may
    assert sent[analyzed + 1].startswith("SELECT staging_events.session_id")  # whether a record was delivered twice
    copied = next(number for number, statement in enumerate(sent) if statement.startswith("COPY staging_events"))
    assert "COMMIT" not in sent[copied:analyzed]
    assert [step for step in report.steps if step.startswith("analyze")] == ["analyze staging_events"]
    assert sparkify.one("SELECT count(*) FROM songplays") == 3


def test_a_batch_of_just_as_many_rows_is_not_analyzed(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", *(an_event(itemInSession=item) for item in range(3)))
    sparkify.songs("a.json", a_song())
    report = load(replace(sparkify.settings, analyze_above_rows=3))
    assert not any(step.startswith("analyze") for step in report.steps)


def test_mojibake_and_control_characters_stay_as_they_are(sparkify: Sparkify) -> None:
    title = "BjÃ\x83Â¶rk \x80\x9d\x1f"
    sparkify.logs("a.json", an_event(song=title))
    sparkify.songs("a.json", a_song(title=title))
    sparkify.load()
    assert sparkify.rows("SELECT song_title, song_id FROM songplays") == [(title, "SOZCTXZ12AB0182364")]


def test_an_event_delivered_twice_is_one_songplay(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(), an_event())
    sparkify.logs("b.json", an_event())
    sparkify.songs("a.json", a_song())
    report = sparkify.load()
    assert report.staged["staging_events"].duplicates == 2
    assert report.star["songplays"].inserted == 1


def test_of_contradicting_deliveries_in_one_load_the_first_in_order_wins(sparkify: Sparkify) -> None:
    """By all columns in model order, NULLs last: so the outcome does not hang on the order of files."""
    sparkify.logs("a.json", an_event(location=None), an_event(location="B"))
    sparkify.logs("b.json", an_event(location="A"))
    sparkify.songs("a.json", a_song(title="B"), a_song(title="A"))
    sparkify.load()
    assert sparkify.one("SELECT location FROM songplays") == "A"
    assert sparkify.one("SELECT title FROM songs") == "A"


def test_of_contradicting_deliveries_in_two_loads_the_later_wins(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(location="A"))
    sparkify.songs("a.json", a_song(title="A"))
    sparkify.load()
    songplay_id = sparkify.one("SELECT songplay_id FROM songplays")
    sparkify.logs("a.json", an_event(location="B"))
    sparkify.songs("a.json", a_song(title="B"))
    report = sparkify.load()
    assert (report.star["songplays"].updated, report.star["songs"].updated) == (1, 1)
    assert sparkify.rows("SELECT songplay_id, location FROM songplays") == [(songplay_id, "B")]
    assert sparkify.one("SELECT title FROM songs") == "B"


def test_an_older_log_changes_no_user(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(level="paid"))
    sparkify.songs("a.json", a_song())
    sparkify.load()
    sparkify.logs("a.json", an_event(level="free", ts=1542285000795))
    assert sparkify.load().star["users"].updated == 0
    assert sparkify.one("SELECT level FROM users") == "paid"


def test_a_song_that_comes_later_is_found_by_its_plays(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song(song_id="SO9", title="Another"))
    sparkify.load()
    assert sparkify.one("SELECT song_id FROM songplays") is None
    sparkify.songs("b.json", a_song())
    assert sparkify.load().star["songplays"].updated == 1
    assert sparkify.one("SELECT song_id FROM songplays") == "SOZCTXZ12AB0182364"


def test_a_song_that_changes_its_title_loses_its_plays(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    sparkify.load()
    sparkify.songs("a.json", a_song(title="Renamed"))
    sparkify.load()
    assert sparkify.rows("SELECT song_id, artist_id FROM songplays") == [(None, None)]


def test_the_order_of_loads_does_not_matter(sparkify: Sparkify) -> None:
    """Files one by one in any order give the star that one load of all of them gives."""
    logs = [
        [an_event(level="free", ts=TS + item, itemInSession=item, length=269.0 + item) for item in range(number, 9, 2)]
        for number in range(3)
    ]
    songs = [[a_song(song_id=f"SO{number}", duration=270.0 + number, year=1990 + number)] for number in range(3)]
    sparkify.logs("one.json", *itertools.chain(*logs))
    sparkify.songs("one.json", *itertools.chain(*songs))
    sparkify.load()
    at_once = sparkify.star()
    for order in itertools.permutations(range(3)):
        with sparkify.engine.begin() as connection:
            for table in at_once:
                connection.execute(text(f"DELETE FROM {table}"))
        for number in order:
            sparkify.logs("one.json", *logs[number])
            sparkify.songs("one.json", *songs[number])
            sparkify.load()
        assert sparkify.star() == at_once, order


def test_the_report_says_what_happened(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    steps: list[str] = []
    report = sparkify.load(on_step=steps.append)
    assert steps == [
        "lock",
        "list files",
        *(f"copy {model.__tablename__}" for model in SPARKIFY.staging),
        "read batch",
        *(f"fill {table}" for table in SPARKIFY.tables),
        "check",
    ]
    assert list(report.steps) == steps
    assert sparkify.rows("SELECT load_id, version, outcome FROM loads") == [(report.load_id, __version__, "loaded")]


def test_a_batch_that_fails_a_check_is_not_published(sparkify: Sparkify) -> None:
    """A ts in seconds, read as milliseconds, falls in January 1970."""
    sparkify.logs("a.json", an_event(ts=TS // 1000))
    sparkify.songs("a.json", a_song())
    with pytest.raises(CheckError, match=r"rolled back: .*1970-01-18") as raised:
        sparkify.load()
    assert {result.state for result in raised.value.results} == {"failed"}
    assert sparkify.one("SELECT count(*) FROM songplays") == 0
    ((report,),) = sparkify.rows("SELECT report FROM loads WHERE outcome = 'failed'")
    assert any(check["offenders"] for check in json.loads(report)["checks"])


def test_a_warning_is_reported_and_published(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event(userId=""))
    sparkify.songs("a.json", a_song())
    report = sparkify.load()
    assert report.star["songplays"].inserted == 1
    assert "user" in report.warnings[0]


def test_a_load_that_fails_leaves_everything_as_it_was(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    sparkify.load()
    before = sparkify.star(), sparkify.rows("SELECT * FROM staging_events")
    sparkify.logs("b.json", an_event(itemInSession=6))
    sparkify.songs("b.json", "{")
    with pytest.raises(CopyError):
        sparkify.load()
    assert before == (sparkify.star(), sparkify.rows("SELECT * FROM staging_events"))


def test_a_text_that_is_too_long_is_named(sparkify: Sparkify) -> None:
    """512 bytes of ö are 256 characters."""
    sparkify.logs("a.json", an_event(song="ö" * 256), an_event(itemInSession=6, song="ö" * 257))
    sparkify.songs("a.json", a_song())
    with pytest.raises(CopyError, match=r"a\.json line 2, column song: .* \(1204\)"):
        sparkify.load()


@pytest.mark.parametrize("content", ["", "{", '{"jsonpaths": [1]}', '{"jsonpaths": ["$.a"]}', '{"jsonpaths": []} x'])
def test_a_malformed_jsonpaths_file_is_named(sparkify: Sparkify, content: str) -> None:
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    (sparkify.directory / "log_json_path.json").write_text(content)
    with pytest.raises(SourceError, match=r"COPY would refuse the JSONPaths file .*\. Correct the file\."):
        sparkify.load()


def test_a_missing_jsonpaths_file_is_named(sparkify: Sparkify) -> None:
    sparkify.logs("a.json", an_event())
    sparkify.songs("a.json", a_song())
    (sparkify.directory / "log_json_path.json").unlink()
    with pytest.raises(SourceError, match=r"log_json_path\.json"):
        sparkify.load()


def of_real_data(settings: Settings, real_data: Path) -> Settings:
    return replace(
        settings,
        inputs=inputs_under(real_data.as_uri()),
    )
