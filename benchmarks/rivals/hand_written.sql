-- The star from staged data, as a good engineer would write it by hand for PostgreSQL 18.
--
-- The same rules as sparkify_dwh/star.py: what changed is updated, what is new inserted, what is the same left alone;
-- plays are resolved again when their songs change. Work is done for what differs from the star, and for nothing else.
-- Knows nothing of an artist whose last song has gone to another, which the data do not hold.

SET LOCAL work_mem = '256MB';
ANALYZE staging_events, staging_songs;

CREATE TEMPORARY TABLE changed_songs ON COMMIT DROP AS
SELECT s.song_id, s.title, s.artist_id, s.year, s.duration,
       s.artist_name, s.artist_location, s.artist_latitude, s.artist_longitude
FROM staging_songs AS s
LEFT JOIN songs AS t USING (song_id)
WHERE t.song_id IS NULL
   OR (s.title, s.artist_id, s.year, s.duration, s.artist_name, s.artist_location, s.artist_latitude, s.artist_longitude)
      IS DISTINCT FROM
      (t.title, t.artist_id, t.year, t.duration, t.artist_name, t.artist_location, t.artist_latitude, t.artist_longitude);
ANALYZE changed_songs;

MERGE INTO songs AS t
USING changed_songs AS s ON t.song_id = s.song_id
WHEN MATCHED THEN UPDATE SET
    title = s.title, artist_id = s.artist_id, year = s.year, duration = s.duration, artist_name = s.artist_name,
    artist_location = s.artist_location, artist_latitude = s.artist_latitude, artist_longitude = s.artist_longitude
WHEN NOT MATCHED THEN INSERT
    (song_id, title, artist_id, year, duration, artist_name, artist_location, artist_latitude, artist_longitude)
    VALUES (s.song_id, s.title, s.artist_id, s.year, s.duration,
            s.artist_name, s.artist_location, s.artist_latitude, s.artist_longitude);

MERGE INTO artists AS t
USING (
    SELECT DISTINCT ON (artist_id)
           artist_id, artist_name AS name, artist_location AS location,
           artist_latitude AS latitude, artist_longitude AS longitude
    FROM songs
    WHERE artist_id IN (SELECT artist_id FROM changed_songs)
    ORDER BY artist_id, coalesce(year, 0) DESC, song_id
) AS s ON t.artist_id = s.artist_id
WHEN MATCHED AND (s.name, s.location, s.latitude, s.longitude)
                 IS DISTINCT FROM (t.name, t.location, t.latitude, t.longitude) THEN
    UPDATE SET name = s.name, location = s.location, latitude = s.latitude, longitude = s.longitude
WHEN NOT MATCHED THEN INSERT (artist_id, name, location, latitude, longitude)
    VALUES (s.artist_id, s.name, s.location, s.latitude, s.longitude);

MERGE INTO users AS t
USING (
    SELECT DISTINCT ON (user_id)
           user_id, first_name, last_name, gender, level, ts, session_id, item_in_session
    FROM staging_events
    JOIN (SELECT user_id, max(ts) AS ts FROM staging_events WHERE user_id IS NOT NULL GROUP BY user_id) AS latest
        USING (user_id, ts)
    ORDER BY user_id, session_id DESC, item_in_session DESC
) AS s ON t.user_id = s.user_id
WHEN MATCHED AND (s.ts, s.session_id, s.item_in_session) >= (t.ts, t.session_id, t.item_in_session)
             AND (s.first_name, s.last_name, s.gender, s.level, s.ts, s.session_id, s.item_in_session)
                 IS DISTINCT FROM
                 (t.first_name, t.last_name, t.gender, t.level, t.ts, t.session_id, t.item_in_session) THEN
    UPDATE SET first_name = s.first_name, last_name = s.last_name, gender = s.gender, level = s.level,
               ts = s.ts, session_id = s.session_id, item_in_session = s.item_in_session
WHEN NOT MATCHED THEN
    INSERT (user_id, first_name, last_name, gender, level, ts, session_id, item_in_session)
    VALUES (s.user_id, s.first_name, s.last_name, s.gender, s.level, s.ts, s.session_id, s.item_in_session);

-- The times that the batch spans: plays and moments outside of them need not be read.
CREATE TEMPORARY TABLE span ON COMMIT DROP AS
SELECT min(ts) AS first, max(ts) AS last FROM staging_events WHERE page = 'NextSong';

-- Stored plays that are to get another song: those of which the log now says something else, those that point at a song
-- that has changed, and those that name one.
CREATE TEMPORARY TABLE changed_plays ON COMMIT DROP AS
SELECT t.songplay_id, e.level, e.location, e.user_agent, e.song, e.artist, e.length
FROM staging_events AS e
JOIN songplays AS t ON t.session_id = e.session_id AND t.item_in_session = e.item_in_session AND t.start_time = e.ts
                   AND t.user_id IS NOT DISTINCT FROM e.user_id
WHERE e.page = 'NextSong'
  AND t.start_time BETWEEN (SELECT first FROM span) AND (SELECT last FROM span)
  AND (e.level, e.location, e.user_agent, e.song, e.artist, e.length)
      IS DISTINCT FROM
      (t.level, t.location, t.user_agent, t.song_title, t.artist_name, t.song_length);

UPDATE songplays AS t
SET level = s.level, location = s.location, user_agent = s.user_agent,
    song_title = s.song, artist_name = s.artist, song_length = s.length
FROM changed_plays AS s
WHERE t.songplay_id = s.songplay_id;

CREATE TEMPORARY TABLE affected ON COMMIT DROP AS
SELECT p.songplay_id, p.song_title, p.artist_name, p.song_length
FROM songplays AS p
JOIN changed_plays AS c USING (songplay_id)
UNION
SELECT p.songplay_id, p.song_title, p.artist_name, p.song_length
FROM songplays AS p
JOIN changed_songs AS c ON c.song_id = p.song_id
UNION
SELECT p.songplay_id, p.song_title, p.artist_name, p.song_length
FROM songplays AS p
JOIN changed_songs AS c
  ON rtrim(p.song_title, ' ') = rtrim(c.title, ' ') AND rtrim(p.artist_name, ' ') = rtrim(c.artist_name, ' ');

UPDATE songplays AS p
SET song_id = s.song_id, artist_id = s.artist_id
FROM (
    SELECT DISTINCT ON (a.songplay_id) a.songplay_id, s.song_id, s.artist_id
    FROM affected AS a
    LEFT JOIN songs AS s
      ON rtrim(a.song_title, ' ') = rtrim(s.title, ' ') AND rtrim(a.artist_name, ' ') = rtrim(s.artist_name, ' ')
     AND abs(s.duration - a.song_length) < 1
    ORDER BY a.songplay_id, abs(s.duration - a.song_length), s.song_id
) AS s
WHERE p.songplay_id = s.songplay_id AND (p.song_id, p.artist_id) IS DISTINCT FROM (s.song_id, s.artist_id);

-- A recording is looked up once, however often it was played.
CREATE TEMPORARY TABLE recording ON COMMIT DROP AS
SELECT DISTINCT ON (r.song, r.artist, r.length) r.song, r.artist, r.length, s.song_id, s.artist_id
FROM (
    SELECT DISTINCT e.song, e.artist, e.length
    FROM staging_events AS e
    WHERE e.page = 'NextSong'
      AND NOT EXISTS (
          SELECT FROM songplays AS t
          WHERE t.session_id = e.session_id AND t.item_in_session = e.item_in_session AND t.start_time = e.ts
            AND t.user_id IS NOT DISTINCT FROM e.user_id
            AND t.start_time BETWEEN (SELECT first FROM span) AND (SELECT last FROM span))
) AS r
JOIN songs AS s ON rtrim(r.song, ' ') = rtrim(s.title, ' ') AND rtrim(r.artist, ' ') = rtrim(s.artist_name, ' ')
               AND abs(s.duration - r.length) < 1
ORDER BY r.song, r.artist, r.length, abs(s.duration - r.length), s.song_id;
ANALYZE recording;

INSERT INTO songplays (start_time, user_id, level, song_id, artist_id, session_id, location, user_agent,
                       item_in_session, song_title, artist_name, song_length)
SELECT e.ts, e.user_id, e.level, r.song_id, r.artist_id, e.session_id, e.location, e.user_agent,
       e.item_in_session, e.song, e.artist, e.length
FROM staging_events AS e
LEFT JOIN recording AS r ON r.song = e.song AND r.artist = e.artist AND r.length = e.length
WHERE e.page = 'NextSong'
  AND NOT EXISTS (
      SELECT FROM songplays AS t
      WHERE t.session_id = e.session_id AND t.item_in_session = e.item_in_session AND t.start_time = e.ts
        AND t.user_id IS NOT DISTINCT FROM e.user_id
        AND t.start_time BETWEEN (SELECT first FROM span) AND (SELECT last FROM span));

INSERT INTO time (start_time, hour, day, week, month, year, weekday)
SELECT start_time,
       date_part('hour', start_time), date_part('day', start_time), date_part('week', start_time),
       date_part('month', start_time), date_part('year', start_time), date_part('dow', start_time)
FROM (
    SELECT DISTINCT e.ts AS start_time
    FROM staging_events AS e
    WHERE e.page = 'NextSong'
      AND NOT EXISTS (
          SELECT FROM time AS t
          WHERE t.start_time = e.ts
            AND t.start_time BETWEEN (SELECT first FROM span) AND (SELECT last FROM span))
) AS moment;
