-- The star from JSON, as one would write it for DuckDB. Empty strings are nothing; times are epoch milliseconds.
BEGIN;

CREATE TEMPORARY TABLE event AS
SELECT nullif(artist, '') AS artist,
       nullif("firstName", '') AS first_name,
       nullif(gender, '') AS gender,
       "itemInSession" AS item_in_session,
       nullif("lastName", '') AS last_name,
       length,
       nullif(level, '') AS level,
       nullif(location, '') AS location,
       page,
       "sessionId" AS session_id,
       nullif(song, '') AS song,
       make_timestamp(ts * 1000) AS ts,
       nullif("userAgent", '') AS user_agent,
       CAST(nullif("userId", '') AS INTEGER) AS user_id
FROM read_json(getvariable('log_files'), format = 'newline_delimited', columns = {
    artist: 'VARCHAR', "firstName": 'VARCHAR', gender: 'VARCHAR', "itemInSession": 'INTEGER', "lastName": 'VARCHAR',
    length: 'DOUBLE', level: 'VARCHAR', location: 'VARCHAR', page: 'VARCHAR', "sessionId": 'BIGINT', song: 'VARCHAR',
    ts: 'BIGINT', "userAgent": 'VARCHAR', "userId": 'VARCHAR'});

CREATE TABLE songs AS
SELECT song_id, nullif(title, '') AS title, artist_id, year, duration, nullif(artist_name, '') AS artist_name,
       nullif(artist_location, '') AS artist_location, artist_latitude, artist_longitude
FROM read_json(getvariable('song_files'), format = 'newline_delimited', columns = {
    song_id: 'VARCHAR', title: 'VARCHAR', artist_id: 'VARCHAR', year: 'SMALLINT', duration: 'DOUBLE',
    artist_name: 'VARCHAR', artist_location: 'VARCHAR', artist_latitude: 'DOUBLE', artist_longitude: 'DOUBLE'});

CREATE TABLE artists AS
SELECT artist_id, artist_name AS name, artist_location AS location, artist_latitude AS latitude,
       artist_longitude AS longitude
FROM songs
QUALIFY row_number() OVER (PARTITION BY artist_id ORDER BY coalesce(year, 0) DESC, song_id) = 1;

CREATE TABLE users AS
SELECT user_id, first_name, last_name, gender, level, ts, session_id, item_in_session
FROM event
WHERE user_id IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY ts DESC, session_id DESC, item_in_session DESC) = 1;

CREATE SEQUENCE songplay_id;
CREATE TABLE songplays AS
WITH play AS (
    SELECT * FROM event WHERE page = 'NextSong'
), match AS (
    SELECT p.session_id, p.item_in_session, p.ts, p.user_id, s.song_id, s.artist_id
    FROM play AS p
    JOIN songs AS s ON rtrim(p.song, ' ') = rtrim(s.title, ' ') AND rtrim(p.artist, ' ') = rtrim(s.artist_name, ' ')
                   AND abs(s.duration - p.length) < 1
    QUALIFY row_number() OVER (
        PARTITION BY p.session_id, p.item_in_session, p.ts, p.user_id
        ORDER BY abs(s.duration - p.length), s.song_id) = 1
)
SELECT nextval('songplay_id') AS songplay_id, p.ts AS start_time, p.user_id, level, song_id, artist_id, p.session_id,
       location, user_agent, p.item_in_session, song AS song_title, artist AS artist_name, length AS song_length
FROM play AS p
LEFT JOIN match AS m ON m.session_id = p.session_id AND m.item_in_session = p.item_in_session AND m.ts = p.ts
                    AND m.user_id IS NOT DISTINCT FROM p.user_id;

CREATE TABLE time AS
SELECT start_time,
       hour(start_time) AS hour, day(start_time) AS day, week(start_time) AS week, month(start_time) AS month,
       year(start_time) AS year, dayofweek(start_time) AS weekday
FROM (SELECT DISTINCT start_time FROM songplays);

COMMIT;
