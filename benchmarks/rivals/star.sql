-- The star in new tables, from staged data as pandas and dlt leave them: empty strings, epoch milliseconds, ids as text.
-- It makes the star once, from files without duplicates: it updates nothing and checks nothing.
SET LOCAL work_mem = '256MB';
ANALYZE staging_events, staging_songs;

CREATE TABLE songs AS
SELECT song_id, nullif(title, '') AS title, artist_id, CAST(year AS SMALLINT) AS year, duration,
       nullif(artist_name, '') AS artist_name, nullif(artist_location, '') AS artist_location,
       artist_latitude, artist_longitude
FROM staging_songs;
ANALYZE songs;

CREATE TABLE artists AS
SELECT DISTINCT ON (artist_id)
       artist_id, artist_name AS name, artist_location AS location,
       artist_latitude AS latitude, artist_longitude AS longitude
FROM songs
ORDER BY artist_id, coalesce(year, 0) DESC, song_id;

CREATE TABLE users AS
SELECT DISTINCT ON (CAST(user_id AS INTEGER))
       CAST(user_id AS INTEGER) AS user_id, nullif(first_name, '') AS first_name, nullif(last_name, '') AS last_name,
       nullif(gender, '') AS gender, nullif(level, '') AS level,
       timestamp 'epoch' + ts * interval '1 millisecond' AS ts, session_id,
       CAST(item_in_session AS INTEGER) AS item_in_session
FROM staging_events
WHERE user_id <> ''
ORDER BY CAST(user_id AS INTEGER), staging_events.ts DESC, session_id DESC, staging_events.item_in_session DESC;

-- A recording is looked up once, however often it was played.
CREATE TEMPORARY TABLE recording ON COMMIT DROP AS
SELECT DISTINCT ON (r.song, r.artist, r.length) r.song, r.artist, r.length, s.song_id, s.artist_id
FROM (SELECT DISTINCT song, artist, length FROM staging_events WHERE page = 'NextSong') AS r
JOIN songs AS s ON rtrim(r.song, ' ') = rtrim(s.title, ' ') AND rtrim(r.artist, ' ') = rtrim(s.artist_name, ' ')
               AND abs(s.duration - r.length) < 1
ORDER BY r.song, r.artist, r.length, abs(s.duration - r.length), s.song_id;
ANALYZE recording;

CREATE TABLE songplays (
    songplay_id BIGINT GENERATED ALWAYS AS IDENTITY, start_time TIMESTAMP, user_id INTEGER, level TEXT, song_id TEXT,
    artist_id TEXT, session_id BIGINT, location TEXT, user_agent TEXT, item_in_session INTEGER, song_title TEXT,
    artist_name TEXT, song_length DOUBLE PRECISION);
INSERT INTO songplays (start_time, user_id, level, song_id, artist_id, session_id, location, user_agent,
                       item_in_session, song_title, artist_name, song_length)
SELECT timestamp 'epoch' + e.ts * interval '1 millisecond', CAST(nullif(e.user_id, '') AS INTEGER), nullif(e.level, ''),
       r.song_id, r.artist_id, e.session_id, nullif(e.location, ''), nullif(e.user_agent, ''), e.item_in_session,
       nullif(e.song, ''), nullif(e.artist, ''), e.length
FROM staging_events AS e
LEFT JOIN recording AS r ON r.song = e.song AND r.artist = e.artist AND r.length = e.length
WHERE e.page = 'NextSong';

CREATE TABLE time AS
SELECT start_time, CAST(date_part('hour', start_time) AS SMALLINT) AS hour,
       CAST(date_part('day', start_time) AS SMALLINT) AS day, CAST(date_part('week', start_time) AS SMALLINT) AS week,
       CAST(date_part('month', start_time) AS SMALLINT) AS month,
       CAST(date_part('year', start_time) AS SMALLINT) AS year,
       CAST(date_part('dow', start_time) AS SMALLINT) AS weekday
FROM (SELECT DISTINCT start_time FROM songplays) AS moment;
