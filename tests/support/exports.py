"""A company whose star goes out, and what it holds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert

from sparkify_dwh.settings import Settings
from sparkify_dwh.sparkify import SPARKIFY
from sparkify_dwh.star import STAR, Artist, Song, Songplay, StarTable, Time, User
from sparkify_dwh.utils.secret import Secret
from support.inputs import inputs_under
from support.records import JSON_PATHS, a_song, an_event
from support.warehouse import Sparkify

ROLE = "arn:aws:iam::123456789012:role/dwhRole"
CLUSTER = Settings(host="h", db_name="d", db_user="u", db_password=Secret("p"), role_arn=ROLE)
ODD = "O'Brien's \"50%\" \\ {x} :y\n日本"  # what has a meaning in SQL, in a driver, in JSON, or takes several bytes
NO_YEAR = "year=__HIVE_DEFAULT_PARTITION__"
FILES = [
    "artists/0000_part_00.parquet",
    "export.json",
    "songplays/year=2018/month=11/0000_part_00.parquet",
    "songplays/year=2018/month=12/0000_part_00.parquet",
    "songs/year=0/0000_part_00.parquet",
    "songs/year=1999/0000_part_00.parquet",
    f"songs/{NO_YEAR}/0000_part_00.parquet",
    "time/year=2018/month=11/0000_part_00.parquet",
    "time/year=2018/month=12/0000_part_00.parquet",
    "users/0000_part_00.parquet",
]


def a_company(settings: Settings, engine: Engine, directory: Path) -> Sparkify:
    """A company that has loaded plays in two months, of songs with, without and of unknown year, in two loads."""
    (directory / "paths.json").write_text(json.dumps({"jsonpaths": [f"$['{key}']" for key in JSON_PATHS]}))
    url = directory.as_uri()
    inputs = {**inputs_under(url), "LOG_JSONPATH": f"{url}/paths.json"}
    company = Sparkify(replace(settings, inputs=inputs), engine, directory)
    company.logs(
        "a.json",
        an_event(),
        an_event(itemInSession=6, ts=1542285000001, song=ODD, artist=None, location=None, userId="16", length=None),
    )
    company.songs(
        "a.json",
        a_song(),
        a_song(song_id="SO2", title=ODD, artist_latitude=None, year=1999),
        a_song(song_id="SO3", title="Ça", year=None),
    )
    company.load()
    company.logs("b.json", an_event(itemInSession=7, ts=1544285000999, firstName=ODD, userId="17"))
    company.load()
    return company


def fill(connection: Connection) -> None:
    """A star of two plays in two months, of one song, by hand."""
    november, december = datetime(2018, 11, 15, 12, 30, 0, 796000), datetime(2018, 12, 8, 16, 3, 20, 999000)
    artist = {"artist_id": "AR1", "name": "Elena"}
    songs = [{"song_id": f"SO{year}", "artist_id": "AR1", "year": year} for year in (0, 1999, None)]
    user = {"user_id": 17, "ts": december, "session_id": 818, "item_in_session": 7}
    plays = [
        {"start_time": moment, "user_id": 17, "session_id": 818, "item_in_session": moment.month}
        for moment in (november, december)
    ]
    times = [
        {"start_time": moment, "hour": moment.hour, "day": moment.day, "week": 46, "month": moment.month, "year": 2018,
         "weekday": 4}
        for moment in (november, december)
    ]  # fmt: skip
    rows: dict[Any, list[dict[str, Any]]] = {Artist: [artist], Song: songs, User: [user], Songplay: plays, Time: times}
    for model, values in rows.items():
        connection.execute(insert(model.table()), values)


def empty(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in SPARKIFY.all_tables.values():
            connection.execute(table.delete())


def everything(company: Sparkify) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the star, columns in the order of the models, with the surrogate keys of songplays."""
    return {model.__tablename__: sorted(company.rows(all_rows(model)), key=repr) for model in STAR}


def all_rows(model: type[StarTable], *computed: str) -> str:
    """Return the SELECT of a table's columns in the order of the model, and of expressions after them."""
    columns = (column.name for column in model.table().columns)
    return f"SELECT {', '.join([*columns, *computed])} FROM {model.__tablename__}"


def files(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())
