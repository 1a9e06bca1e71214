-- Guard functions of the expression language (engines.formula). Each one is total: no input makes it raise, whatever
-- the planner folds. Immutable and parallel safe; they do not depend on the session's time zone or locale.
-- Run by the host's migration; safe to run again. No percent signs in this file: drivers read them as placeholders.
CREATE SCHEMA IF NOT EXISTS dg;

-- Numbers: 20 digits before and 12 after the point, rounded half away from zero, NULL beyond.

CREATE OR REPLACE FUNCTION dg.num(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN abs(x) < 99999999999999999999.9999999999995 THEN round(x, 12) END
$$;

CREATE OR REPLACE FUNCTION dg.add(a numeric, b numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN a IS NULL THEN b WHEN b IS NULL THEN a ELSE dg.num(a + b) END
$$;

CREATE OR REPLACE FUNCTION dg.sub(a numeric, b numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN b IS NULL THEN a ELSE dg.num(coalesce(a, 0) - b) END
$$;

CREATE OR REPLACE FUNCTION dg.mul(a numeric, b numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.num(a * b)
$$;

-- Exact division rounded once; round(a / b, 12) is wrong in one of ten cases, and so is dividing by 1e12 at the end.
CREATE OR REPLACE FUNCTION dg.div(a numeric, b numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN b <> 0
        THEN dg.num(sign(a) * sign(b) * div(abs(a) * 2000000000000 + abs(b), abs(b) * 2) * 0.000000000001) END
$$;

CREATE OR REPLACE FUNCTION dg.mod(a numeric, b numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN b <> 0 THEN mod(mod(a, b) + b, b) END
$$;

CREATE OR REPLACE FUNCTION dg.power(a numeric, b numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    n integer;
    base numeric := trim_scale(a);
    result numeric := 1;
BEGIN
    IF a IS NULL OR b IS NULL OR abs(b) > 1000 OR b <> trunc(b) OR (a = 0 AND b <= 0) THEN
        RETURN NULL;
    END IF;
    n := abs(b)::integer;
    LOOP
        IF n & 1 = 1 THEN
            result := result * base;
        END IF;
        n := n >> 1;
        EXIT WHEN n = 0;
        base := base * base;
    END LOOP;
    RETURN CASE WHEN b < 0 THEN dg.div(1, result) ELSE dg.num(result) END;
END
$$;

-- A count for functions that want an integer: cut towards zero and kept between two bounds.
CREATE OR REPLACE FUNCTION dg.whole(x numeric, low integer, high integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN x IS NOT NULL THEN greatest(low, least(high, trunc(x)))::integer END
$$;

CREATE OR REPLACE FUNCTION dg.round_half(x numeric, places numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.num(round(x, coalesce(dg.whole(places, -21, 12), 0)))
$$;

CREATE OR REPLACE FUNCTION dg.round_down(x numeric, places numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT trunc(x, coalesce(dg.whole(places, -21, 12), 0))
$$;

CREATE OR REPLACE FUNCTION dg.round_up(x numeric, places numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    digits integer := coalesce(dg.whole(places, -21, 12), 0);
    result numeric := trunc(x, digits);
BEGIN
    IF result <> x THEN
        result := result + sign(x) * CASE WHEN digits > 0 THEN ('0.' || lpad('1', digits, '0'))::numeric
                                          ELSE rpad('1', 1 - digits, '0')::numeric END;
    END IF;
    RETURN dg.num(result);
END
$$;

CREATE OR REPLACE FUNCTION dg.ceiling_to(x numeric, step numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN step > 0
        THEN dg.num((div(x, step) + CASE WHEN x > 0 AND mod(x, step) <> 0 THEN 1 ELSE 0 END) * step) END
$$;

CREATE OR REPLACE FUNCTION dg.floor_to(x numeric, step numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN step > 0
        THEN dg.num((div(x, step) - CASE WHEN x < 0 AND mod(x, step) <> 0 THEN 1 ELSE 0 END) * step) END
$$;

CREATE OR REPLACE FUNCTION dg.cut(x numeric, size numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN size <> 0 THEN div(x, size) END
$$;

-- Texts: code points, at most 10,000; empty is NULL.

CREATE OR REPLACE FUNCTION dg.text(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT nullif(left(t, 10000), '')
$$;

CREATE OR REPLACE FUNCTION dg.left(t text, n numeric) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN n > -1 THEN nullif(left(t, dg.whole(n, 0, 10001)), '') END
$$;

CREATE OR REPLACE FUNCTION dg.right(t text, n numeric) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN n > -1 THEN nullif(right(t, dg.whole(n, 0, 10001)), '') END
$$;

CREATE OR REPLACE FUNCTION dg.mid(t text, start numeric, n numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN start >= 1 AND n > -1
        THEN nullif(substr(t, dg.whole(start, 1, 10001), dg.whole(n, 0, 10001)), '') END
$$;

CREATE OR REPLACE FUNCTION dg.find(part text, t text, start numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN start >= 1
        THEN nullif(strpos(substr(t, dg.whole(start, 1, 10001)), part), 0)::numeric + dg.whole(start, 1, 10001) - 1 END
$$;

CREATE OR REPLACE FUNCTION dg.upper(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(t, 'abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįĳĵķĺļľŀłńņňŋōŏőœŕŗřśŝşšţťŧũūŭůűųŵŷÿźżžαβγδεζηθικλμνξοπρστυφχψωѐёђѓєѕіїјљњћќѝўџабвгдежзийклмнопрстуфхцчшщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѷѹѻѽѿҁａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ', 'ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮĲĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѶѸѺѼѾҀＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ')
$$;

CREATE OR REPLACE FUNCTION dg.lower(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(t, 'ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮĲĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѶѸѺѼѾҀＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ', 'abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįĳĵķĺļľŀłńņňŋōŏőœŕŗřśŝşšţťŧũūŭůűųŵŷÿźżžαβγδεζηθικλμνξοπρστυφχψωѐёђѓєѕіїјљњћќѝўџабвгдежзийклмнопрстуфхцчшщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѷѹѻѽѿҁａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ')
$$;

CREATE OR REPLACE FUNCTION dg.trim(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT nullif(btrim(t, E'\t\n\x0b\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'), '')
$$;

CREATE OR REPLACE FUNCTION dg.fold(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.trim(dg.lower(normalize(t, NFKC)))
$$;

CREATE OR REPLACE FUNCTION dg.substitute(t text, old text, new text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN old IS NULL THEN t ELSE dg.text(replace(t, old, coalesce(new, ''))) END
$$;

CREATE OR REPLACE FUNCTION dg.plain(x numeric) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT trim_scale(x)::text
$$;

CREATE OR REPLACE FUNCTION dg.to_number(t text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    plain text := btrim(t, E' \t\r\n\u00a0\u3000');
BEGIN
    IF length(plain) <= 100 AND plain ~ '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)$' AND pg_input_is_valid(plain, 'numeric') THEN
        RETURN dg.num(plain::numeric);
    END IF;
    RETURN NULL;
END
$$;

-- A number by a pattern read by our compiler: digits before the point at least, after it at least and at most.
CREATE OR REPLACE FUNCTION dg.format_number(
    x numeric, whole_digits numeric, fewest numeric, most numeric, grouped boolean, percent boolean, before text, after text
) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    value numeric := round(x * CASE WHEN percent THEN 100 ELSE 1 END, most::integer);
    digits text := trunc(abs(value))::text;
    fraction text := CASE WHEN most > 0 THEN split_part(abs(value)::text, '.', 2) ELSE '' END;
BEGIN
    IF x IS NULL THEN
        RETURN NULL;
    END IF;
    IF digits = '0' THEN
        digits := '';
    END IF;
    digits := lpad(digits, greatest(length(digits), whole_digits::integer), '0');
    WHILE length(fraction) > fewest AND right(fraction, 1) = '0' LOOP
        fraction := left(fraction, -1);
    END LOOP;
    IF grouped THEN
        digits := reverse(regexp_replace(reverse(digits), '([0-9]{3})(?=[0-9])', '\1,', 'g'));
    END IF;
    RETURN dg.text(
        CASE WHEN value < 0 THEN '-' ELSE '' END || coalesce(before, '') || digits
        || CASE WHEN fraction <> '' THEN '.' || fraction ELSE '' END
        || CASE WHEN percent THEN chr(37) ELSE '' END || coalesce(after, ''));
END
$$;

-- Dates: years 1 to 9999, NULL beyond. Instants in whole milliseconds.

CREATE OR REPLACE FUNCTION dg.month_end(d date) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (date_trunc('month', d::timestamp) + interval '1 month' - interval '1 day')::date
$$;

CREATE OR REPLACE FUNCTION dg.make_date(y numeric, m numeric, d numeric) RETURNS date
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    year integer := dg.whole(y, -1, 10000);
    month integer := dg.whole(m, -1, 10000);
    day integer := dg.whole(d, -1, 10000);
BEGIN
    IF year BETWEEN 1 AND 9999 AND month BETWEEN 1 AND 12 AND day >= 1 THEN
        IF day <= extract(day FROM dg.month_end(make_date(year, month, 1))) THEN
            RETURN make_date(year, month, day);
        END IF;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION dg.to_date(t text) RETURNS date LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    plain text := translate(btrim(t, E' \t\r\n\u00a0\u3000'), '/', '-');
BEGIN
    IF plain ~ '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$' THEN
        RETURN dg.make_date(
            split_part(plain, '-', 1)::numeric, split_part(plain, '-', 2)::numeric, split_part(plain, '-', 3)::numeric);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION dg.valid_date(d date) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN d BETWEEN '0001-01-01' AND '9999-12-31' THEN d END
$$;

CREATE OR REPLACE FUNCTION dg.plus_days(d date, n numeric) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN n IS NULL THEN d
        WHEN d - date '0001-01-01' + dg.whole(n, -4000000, 4000000) BETWEEN 0 AND 3652058
        THEN d + dg.whole(n, -4000000, 4000000) END
$$;

CREATE OR REPLACE FUNCTION dg.plus_months(d date, n numeric) RETURNS date
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    count integer := coalesce(dg.whole(n, -200000, 200000), 0);
    months integer := extract(year FROM d)::integer * 12 + extract(month FROM d)::integer - 1 + count;
BEGIN
    IF months BETWEEN 12 AND 119999 THEN
        RETURN (d + make_interval(months => count))::date;
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION dg.months_between(a date, b date) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (extract(year FROM b) - extract(year FROM a)) * 12 + extract(month FROM b) - extract(month FROM a)
        + CASE WHEN b >= a AND extract(day FROM b) < extract(day FROM a) THEN -1
               WHEN b < a AND extract(day FROM a) < extract(day FROM b) THEN 1
               ELSE 0 END
$$;

-- Milliseconds since 1970 and back.
CREATE OR REPLACE FUNCTION dg.ms(t timestamptz) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor(extract(epoch FROM t AT TIME ZONE 'UTC') * 1000)
$$;

CREATE OR REPLACE FUNCTION dg.from_ms(ms numeric) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN ms BETWEEN -62135596800000 AND 253402300799999
        THEN (timestamp '1970-01-01' + make_interval(
            days => dg.whole(div(ms, 86400000), -800000, 3000000),
            secs => (mod(ms, 86400000) * 0.001)::double precision)) AT TIME ZONE 'UTC' END
$$;

CREATE OR REPLACE FUNCTION dg.plus_time(t timestamptz, days numeric) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN days IS NULL THEN t ELSE dg.from_ms(dg.ms(t) + round(days * 86400000)) END
$$;

CREATE OR REPLACE FUNCTION dg.plus_units(t timestamptz, n numeric, size numeric) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN n IS NULL THEN t ELSE dg.from_ms(dg.ms(t) + trunc(n) * size) END
$$;

-- What the clocks of a zone show, as milliseconds since their 1970, and the instant at which they show it. A reading
-- that occurs twice means its first occurrence, one that clocks skip is read with the offset before the gap.
CREATE OR REPLACE FUNCTION dg.local_ms(zone text, t timestamptz) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor(extract(epoch FROM t AT TIME ZONE zone) * 1000)
$$;

CREATE OR REPLACE FUNCTION dg.offset_ms(zone text, ms numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    inside numeric := greatest(-62135510400000, least(253402214399999, ms));
BEGIN
    RETURN dg.local_ms(zone, dg.from_ms(inside)) - inside;
END
$$;

CREATE OR REPLACE FUNCTION dg.from_local_ms(zone text, reading numeric) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    before numeric := dg.offset_ms(zone, reading - 86400000);
    after numeric := dg.offset_ms(zone, reading + 86400000);
BEGIN
    IF reading IS NULL OR zone IS NULL THEN
        RETURN NULL;
    END IF;
    IF dg.offset_ms(zone, reading - before) <> before AND dg.offset_ms(zone, reading - after) = after THEN
        RETURN dg.from_ms(reading - after);
    END IF;
    RETURN dg.from_ms(reading - before);
END
$$;

CREATE OR REPLACE FUNCTION dg.date_of(zone text, t timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.valid_date((t AT TIME ZONE zone)::date)
$$;

CREATE OR REPLACE FUNCTION dg.start_of(zone text, d date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.from_local_ms(zone, (d - date '1970-01-01')::numeric * 86400000)
$$;

CREATE OR REPLACE FUNCTION dg.clock(zone text, t timestamptz, size numeric, modulus numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT div(dg.mod(dg.local_ms(zone, t), modulus), size)
$$;

CREATE OR REPLACE FUNCTION dg.move_days(zone text, t timestamptz, n numeric) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN n IS NULL THEN t ELSE dg.from_local_ms(zone,
        (dg.plus_days(dg.date_of(zone, t), n) - date '1970-01-01')::numeric * 86400000
        + dg.mod(dg.local_ms(zone, t), 86400000)) END
$$;

CREATE OR REPLACE FUNCTION dg.move_months(zone text, t timestamptz, n numeric) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN n IS NULL THEN t ELSE dg.from_local_ms(zone,
        (dg.plus_months(dg.date_of(zone, t), n) - date '1970-01-01')::numeric * 86400000
        + dg.mod(dg.local_ms(zone, t), 86400000)) END
$$;

-- Patterns of dates carry their parts as private characters U+E000 to U+E009 (see engines.formula.patterns).
CREATE OR REPLACE FUNCTION dg.format_date(d date, pattern text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT replace(replace(replace(replace(replace(replace(pattern,
        E'\ue000', lpad(extract(year FROM d)::text, 4, '0')),
        E'\ue001', right(lpad(extract(year FROM d)::text, 4, '0'), 2)),
        E'\ue002', lpad(extract(month FROM d)::text, 2, '0')),
        E'\ue003', extract(month FROM d)::text),
        E'\ue004', lpad(extract(day FROM d)::text, 2, '0')),
        E'\ue005', extract(day FROM d)::text)
$$;

CREATE OR REPLACE FUNCTION dg.format_instant(zone text, t timestamptz, pattern text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT replace(replace(replace(replace(dg.format_date(dg.date_of(zone, t), pattern),
        E'\ue006', lpad(dg.clock(zone, t, 3600000, 86400000)::text, 2, '0')),
        E'\ue007', dg.clock(zone, t, 3600000, 86400000)::text),
        E'\ue008', lpad(dg.clock(zone, t, 60000, 3600000)::text, 2, '0')),
        E'\ue009', lpad(dg.clock(zone, t, 1000, 60000)::text, 2, '0'))
$$;

-- Amounts in capital Chinese characters; see engines.formula.money.
CREATE OR REPLACE FUNCTION dg.rmb(x numeric) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    capitals CONSTANT text := '零壹贰叁肆伍陆柒捌玖';
    rounded numeric := round(x, 2);
    digits text;
    cents text;
    sign text;
    result text := '';
    gap boolean := false;
BEGIN
    IF rounded IS NULL OR abs(rounded) >= 10000000000000000 THEN
        RETURN NULL;
    END IF;
    digits := lpad(trunc(abs(rounded))::text, 16, '0');
    cents := split_part(abs(rounded)::text, '.', 2);
    FOR place IN 0..15 LOOP
        sign := substr(digits, place + 1, 1);
        IF sign <> '0' THEN
            result := result || CASE WHEN gap THEN '零' ELSE '' END || substr(capitals, sign::integer + 1, 1)
                || (ARRAY['仟', '佰', '拾', ''])[mod(place, 4) + 1];
            gap := false;
        ELSIF result <> '' THEN
            gap := true;
        END IF;
        IF mod(place, 4) = 3 AND substr(digits, place - 2, 4) <> '0000' THEN
            result := result || (ARRAY[
                CASE WHEN substr(digits, 5, 4) <> '0000' THEN '万' ELSE '万亿' END, '亿', '万', ''])[place / 4 + 1];
        END IF;
    END LOOP;
    IF cents = '00' THEN
        result := CASE WHEN result = '' THEN '零' ELSE result END || '元整';
    ELSE
        result := result || CASE WHEN result <> '' THEN '元' ELSE '' END;
        result := result || CASE
            WHEN left(cents, 1) <> '0' THEN substr(capitals, left(cents, 1)::integer + 1, 1) || '角'
            WHEN result <> '' THEN '零'
            ELSE '' END;
        result := result || CASE
            WHEN right(cents, 1) <> '0' THEN substr(capitals, right(cents, 1)::integer + 1, 1) || '分'
            ELSE '整' END;
    END IF;
    RETURN CASE WHEN rounded < 0 THEN '负' ELSE '' END || result;
END
$$;
