-- Redshift's functions of dates and times. The relay passes their date parts as strings. Some are named after the column that
-- Redshift's function returns: EXTRACT returns date_part, DATE_PART returns pgdate_part, DATEADD returns date_add.
-- All are single expressions, so that PostgreSQL inlines them and a constant part costs nothing.

CREATE OR REPLACE FUNCTION redshift_catalog.no_datepart(part text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION 'date part "%" is not recognized here', part USING ERRCODE = '22023';
END $$;

-- Redshift guide, r_Dateparts_for_datetime_functions: PostgreSQL's names of the parts and their abbreviations.
CREATE OR REPLACE FUNCTION redshift_catalog.datepart(part text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE
    WHEN lower(part) IN ('millennium', 'millennia', 'mil', 'mils') THEN 'millennium'
    WHEN lower(part) IN ('century', 'centuries', 'c', 'cent', 'cents') THEN 'century'
    WHEN lower(part) IN ('decade', 'decades', 'dec', 'decs') THEN 'decade'
    WHEN lower(part) IN ('year', 'years', 'y', 'yr', 'yrs') THEN 'year'
    WHEN lower(part) IN ('quarter', 'quarters', 'qtr', 'qtrs') THEN 'quarter'
    WHEN lower(part) IN ('month', 'months', 'mon', 'mons') THEN 'month'
    WHEN lower(part) IN ('week', 'weeks', 'w') THEN 'week'
    WHEN lower(part) IN ('dayofweek', 'dow', 'dw', 'weekday') THEN 'dow'
    WHEN lower(part) IN ('dayofyear', 'doy', 'dy', 'yearday') THEN 'doy'
    WHEN lower(part) IN ('day', 'days', 'd') THEN 'day'
    WHEN lower(part) IN ('hour', 'hours', 'h', 'hr', 'hrs') THEN 'hour'
    WHEN lower(part) IN ('minute', 'minutes', 'm', 'min', 'mins') THEN 'minute'
    WHEN lower(part) IN ('second', 'seconds', 's', 'sec', 'secs') THEN 'second'
    WHEN lower(part) IN ('millisecond', 'milliseconds', 'ms', 'msec', 'msecs', 'msecond', 'mseconds', 'millisec', 'millisecs',
                         'millisecon') THEN 'millisecond'
    WHEN lower(part) IN ('microsecond', 'microseconds', 'us', 'usec', 'usecs', 'usecond', 'useconds', 'microsec', 'microsecs')
        THEN 'microsecond'
    WHEN lower(part) IN ('epoch', 'timezone', 'timezone_hour', 'timezone_minute') THEN lower(part)
    ELSE redshift_catalog.no_datepart(part)
END $$;

-- ------------------------------------------------------------------ EXTRACT: an INTEGER without the higher parts; DOUBLE with a zone

-- Decades count from the year 1: 2000 is in decade 201. Milliseconds and microseconds exclude the parts above and below them.
CREATE OR REPLACE FUNCTION redshift_catalog.truncated_part(part text, at timestamp) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE part
    WHEN 'decade' THEN pg_catalog.extract('decade', at) + 1
    WHEN 'millisecond' THEN trunc(pg_catalog.extract('millisecond', at)) % 1000
    WHEN 'microsecond' THEN pg_catalog.extract('microsecond', at) % 1000
    ELSE trunc(pg_catalog.date_part(part, at))  -- in DOUBLE PRECISION, for extract computes in NUMERIC: at half the speed
END $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_part(part text, at timestamp) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.truncated_part(redshift_catalog.datepart(part), at)::integer $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_part(part text, at date) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.truncated_part(redshift_catalog.datepart(part), at::timestamp)::integer $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_part(part text, at text) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.truncated_part(redshift_catalog.datepart(part), at::timestamp)::integer $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_part(part text, at time) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.truncated_part(redshift_catalog.datepart(part), date '1970-01-01' + at)::integer $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_part(part text, length interval) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT trunc(pg_catalog.extract(redshift_catalog.datepart(part), length))::integer $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_part(part text, at timestamptz) RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE AS $$
SELECT (CASE
    WHEN part ILIKE 'timezone%' THEN pg_catalog.extract(lower(part), at)
    ELSE redshift_catalog.truncated_part(redshift_catalog.datepart(part), at AT TIME ZONE current_setting('timezone'))
END)::double precision $$;

-- ------------------------------------------------------------------ DATE_PART: with fractional seconds, a DOUBLE

CREATE OR REPLACE FUNCTION redshift_catalog.pgdate_part(part text, at timestamp) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT pg_catalog.date_part(redshift_catalog.datepart(part), at)
       + CASE redshift_catalog.datepart(part) WHEN 'decade' THEN 1 ELSE 0 END $$;

CREATE OR REPLACE FUNCTION redshift_catalog.pgdate_part(part text, at date) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.pgdate_part(part, at::timestamp) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.pgdate_part(part text, at text) RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.pgdate_part(part, at::timestamp) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.pgdate_part(part text, at timestamptz) RETURNS double precision
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.pgdate_part(part, at AT TIME ZONE current_setting('timezone')) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.pgdate_part(part text, at time) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT pg_catalog.date_part(redshift_catalog.datepart(part), at) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.pgdate_part(part text, length interval) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT pg_catalog.date_part(redshift_catalog.datepart(part), length) $$;

-- ------------------------------------------------------------------ DATEADD. Redshift guide, r_DATEADD_function

CREATE OR REPLACE FUNCTION redshift_catalog.dateadd_unit(part text) RETURNS interval LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT (CASE
    WHEN redshift_catalog.datepart(part) IN ('epoch', 'dow', 'doy', 'timezone', 'timezone_hour', 'timezone_minute')
        THEN redshift_catalog.no_datepart(part)
    WHEN redshift_catalog.datepart(part) = 'quarter' THEN '3 months'
    ELSE '1 ' || redshift_catalog.datepart(part)
END)::interval $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_add(part text, count bigint, at timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT at + count * redshift_catalog.dateadd_unit(part) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_add(part text, count bigint, at date) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT at::timestamp + count * redshift_catalog.dateadd_unit(part) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_add(part text, count bigint, at text) RETURNS timestamp
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT at::timestamp + count * redshift_catalog.dateadd_unit(part) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_add(part text, count bigint, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT at + count * redshift_catalog.dateadd_unit(part) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_add(part text, count bigint, at time) RETURNS time
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT at + count * redshift_catalog.dateadd_unit(part) $$;

-- ------------------------------------------------------------------ DATEDIFF: boundaries crossed. r_DATEDIFF_function

-- Exact microseconds since 1970, for differences of parts shorter than a day.
CREATE OR REPLACE FUNCTION redshift_catalog.microseconds(at timestamp) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (pg_catalog.extract('epoch', at) * 1000000)::bigint $$;

-- Weeks begin on Monday, as in DATE_TRUNC; 1970-01-05 was one. Numbers are floored, so that times before 1970 count alike.
CREATE OR REPLACE FUNCTION redshift_catalog.boundaries(part text, at timestamp) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE redshift_catalog.datepart(part)
    WHEN 'millennium' THEN pg_catalog.extract('millennium', at)::bigint
    WHEN 'century' THEN pg_catalog.extract('century', at)::bigint
    WHEN 'decade' THEN pg_catalog.extract('decade', at)::bigint
    WHEN 'year' THEN pg_catalog.extract('year', at)::bigint
    WHEN 'quarter' THEN (pg_catalog.extract('year', at) * 4 + pg_catalog.extract('quarter', at))::bigint
    WHEN 'month' THEN (pg_catalog.extract('year', at) * 12 + pg_catalog.extract('month', at))::bigint
    WHEN 'week' THEN floor((at::date - date '1970-01-05') / 7.0)::bigint
    WHEN 'day' THEN (at::date - date '1970-01-01')::bigint
    WHEN 'hour' THEN floor(redshift_catalog.microseconds(at) / 3600000000.0)::bigint
    WHEN 'minute' THEN floor(redshift_catalog.microseconds(at) / 60000000.0)::bigint
    WHEN 'second' THEN floor(redshift_catalog.microseconds(at) / 1000000.0)::bigint
    WHEN 'millisecond' THEN floor(redshift_catalog.microseconds(at) / 1000.0)::bigint
    WHEN 'microsecond' THEN redshift_catalog.microseconds(at)
    ELSE redshift_catalog.no_datepart(part)::bigint
END $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_diff(part text, since timestamp, until timestamp) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.boundaries(part, until) - redshift_catalog.boundaries(part, since) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_diff(part text, since text, until text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.date_diff(part, since::timestamp, until::timestamp) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_diff(part text, since timestamptz, until timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.date_diff(part, since AT TIME ZONE 'UTC', until AT TIME ZONE 'UTC') $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_diff(part text, since time, until time) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift_catalog.date_diff(part, date '1970-01-01' + since, date '1970-01-01' + until) $$;

-- ------------------------------------------------------------------ others

-- Redshift guide, r_DATE_TRUNC: a TIMESTAMP for a DATE too; PostgreSQL's has a zone.
CREATE OR REPLACE FUNCTION redshift_catalog.date_trunc(part text, at date) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT pg_catalog.date_trunc(redshift_catalog.datepart(part), at::timestamp) $$;

CREATE OR REPLACE FUNCTION redshift_catalog.date_trunc(part text, at text) RETURNS timestamp
LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT pg_catalog.date_trunc(redshift_catalog.datepart(part), at::timestamp) $$;

-- Redshift guide, r_TRUNC_date: the date of a timestamp.
CREATE OR REPLACE FUNCTION redshift_catalog.trunc(at timestamp) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT at::date $$;

-- Redshift guide, r_CONVERT_TIMEZONE: from UTC without a source zone.
CREATE OR REPLACE FUNCTION redshift_catalog.convert_timezone(source text, target text, at timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT at AT TIME ZONE source AT TIME ZONE target $$;

CREATE OR REPLACE FUNCTION redshift_catalog.convert_timezone(target text, at timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT at AT TIME ZONE 'UTC' AT TIME ZONE target $$;

CREATE OR REPLACE FUNCTION redshift_catalog.convert_timezone(target text, at timestamptz) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT at AT TIME ZONE target $$;

-- Redshift guide, r_LAST_DAY and r_ADD_MONTHS: from the last day of a month to the last day of another.
CREATE OR REPLACE FUNCTION redshift_catalog.last_day(at timestamp) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (pg_catalog.date_trunc('month', at) + interval '1 month' - interval '1 day')::date $$;

CREATE OR REPLACE FUNCTION redshift_catalog.add_months(at timestamp, months bigint) RETURNS timestamp
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE
    WHEN at::date = redshift_catalog.last_day(at)
        THEN redshift_catalog.last_day(at + months * interval '1 month') + at::time
    ELSE at + months * interval '1 month'
END $$;

-- Redshift guide, r_DATE_PART_YEAR
CREATE OR REPLACE FUNCTION redshift_catalog.date_part_year(at date) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT pg_catalog.extract('year', at)::integer $$;

-- Redshift guide, r_MONTHS_BETWEEN_function: whole months between equal days and between last days of months; otherwise the
-- fraction is based on 31 days.
CREATE OR REPLACE FUNCTION redshift_catalog.months_between(until timestamp, since timestamp) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT redshift_catalog.boundaries('month', until) - redshift_catalog.boundaries('month', since) + CASE
    WHEN pg_catalog.extract('day', until) = pg_catalog.extract('day', since) THEN 0
    WHEN until::date = redshift_catalog.last_day(until) AND since::date = redshift_catalog.last_day(since) THEN 0
    ELSE (
        redshift_catalog.microseconds(until) - redshift_catalog.microseconds(pg_catalog.date_trunc('month', until))
        - redshift_catalog.microseconds(since) + redshift_catalog.microseconds(pg_catalog.date_trunc('month', since))
    ) / (31 * 86400 * 1000000::double precision)
END $$;

-- Redshift guide, r_NEXT_DAY: the first such day of the week after the given date.
CREATE OR REPLACE FUNCTION redshift_catalog.next_day(at timestamp, day text) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT at::date + 1 + (CASE
    WHEN lower(day) IN ('m', 'mo', 'mon', 'monday') THEN 7
    WHEN lower(day) IN ('tu', 'tue', 'tues', 'tuesday') THEN 8
    WHEN lower(day) IN ('w', 'we', 'wed', 'wednesday') THEN 9
    WHEN lower(day) IN ('th', 'thu', 'thurs', 'thursday') THEN 10
    WHEN lower(day) IN ('f', 'fr', 'fri', 'friday') THEN 11
    WHEN lower(day) IN ('sa', 'sat', 'saturday') THEN 12
    WHEN lower(day) IN ('su', 'sun', 'sunday') THEN 13
    ELSE redshift_catalog.no_datepart(day)::integer
END - pg_catalog.extract('isodow', at)::integer) % 7 $$;
