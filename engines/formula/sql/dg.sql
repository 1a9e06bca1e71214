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

-- Never more occurrences than fit into a text: replacing each letter by a long text would cost memory and time.
CREATE OR REPLACE FUNCTION dg.substitute(t text, old text, new text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN old IS NULL THEN t
        WHEN length(new) > length(old)
            THEN dg.text(array_to_string((string_to_array(t, old))[1:10000 / greatest(length(new), 1) + 2], new))
        ELSE dg.text(replace(t, old, coalesce(new, ''))) END
$$;

CREATE OR REPLACE FUNCTION dg.plain(x numeric) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT trim_scale(x)::text
$$;

CREATE OR REPLACE FUNCTION dg.to_number(t text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    plain text := btrim(t, E' \t\r\n\u00a0\u3000');
    percent boolean := right(plain, 1) = chr(37);
    digits text := CASE WHEN percent THEN left(plain, -1) ELSE plain END;
BEGIN
    IF length(plain) <= 100 AND digits ~ '^[+-]?(([0-9]+|[0-9]{1,3}(,[0-9]{3})+)([.][0-9]*)?|[.][0-9]+)$'
        AND pg_input_is_valid(replace(digits, ',', ''), 'numeric') THEN
        RETURN dg.num(replace(digits, ',', '')::numeric * CASE WHEN percent THEN 0.01 ELSE 1 END);
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

-- Whole numbers and statistics over several numbers; blanks are skipped.

CREATE OR REPLACE FUNCTION dg.quotient(a numeric, b numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN b <> 0 THEN dg.num(div(a, b)) END
$$;

CREATE OR REPLACE FUNCTION dg.greatest_divisor(xs numeric[]) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    x numeric;
    result numeric;
BEGIN
    FOREACH x IN ARRAY coalesce(xs, '{}') LOOP
        IF trunc(x) < 0 THEN
            RETURN NULL;
        END IF;
        result := coalesce(gcd(result, trunc(x)), result, trunc(x));
    END LOOP;
    RETURN trim_scale(result);
END
$$;

CREATE OR REPLACE FUNCTION dg.least_multiple(xs numeric[]) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    x numeric;
    result numeric;
    zero boolean := false;
BEGIN
    FOREACH x IN ARRAY coalesce(xs, '{}') LOOP
        IF trunc(x) < 0 THEN
            RETURN NULL;
        END IF;
        zero := zero OR coalesce(trunc(x) = 0, false);
        IF result IS NULL OR result < 100000000000000000000 THEN
            result := coalesce(lcm(result, trunc(x)), result, trunc(x));
        END IF;
    END LOOP;
    RETURN CASE WHEN zero THEN 0 WHEN result < 100000000000000000000 THEN trim_scale(result) END;
END
$$;

CREATE OR REPLACE FUNCTION dg.product(xs numeric[]) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    x numeric;
    result numeric;
    begun boolean := false;
BEGIN
    FOREACH x IN ARRAY coalesce(xs, '{}') LOOP
        IF x IS NOT NULL THEN
            result := CASE WHEN begun THEN dg.mul(result, x) ELSE x END;
            begun := true;
        END IF;
    END LOOP;
    RETURN result;
END
$$;

CREATE OR REPLACE FUNCTION dg.median(xs numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.div(sum(x), count(*)::numeric) FROM (
        SELECT x, row_number() OVER (ORDER BY x) AS place, count(*) OVER () AS size
        FROM unnest(xs) AS x WHERE x IS NOT NULL) AS ordered
    WHERE place BETWEEN (size + 1) / 2 AND size / 2 + 1
$$;

CREATE OR REPLACE FUNCTION dg.permutations(total numeric, chosen numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    n numeric := trunc(total);
    k numeric := trunc(chosen);
    result numeric := 1;
BEGIN
    IF n IS NULL OR k IS NULL OR n < 0 OR k < 0 OR k > n THEN
        RETURN NULL;
    END IF;
    WHILE k > 0 LOOP
        result := result * n;
        IF result >= 100000000000000000000 THEN
            RETURN NULL;
        END IF;
        n := n - 1;
        k := k - 1;
    END LOOP;
    RETURN result;
END
$$;

CREATE OR REPLACE FUNCTION dg.combinations(total numeric, chosen numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    n numeric := trunc(total);
    k numeric := trunc(chosen);
    step numeric := 0;
    result numeric := 1;
BEGIN
    IF n IS NULL OR k IS NULL OR n < 0 OR k < 0 OR k > n THEN
        RETURN NULL;
    END IF;
    k := least(k, n - k);
    WHILE step < k LOOP
        result := div(result * (n - step), step + 1);
        IF result >= 100000000000000000000 THEN
            RETURN NULL;
        END IF;
        step := step + 1;
    END LOOP;
    RETURN result;
END
$$;

-- Roots, logarithms and angles: some 50 digits behind the point, rounded once to 12 (engines.formula.transcendental).

CREATE OR REPLACE FUNCTION dg.square_root(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN x >= 0 THEN round(sqrt(round(greatest(x, 0), 45)), 12) END
$$;

CREATE OR REPLACE FUNCTION dg.exponential(x numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF x IS NULL OR x > 47 THEN
        RETURN NULL;
    END IF;
    RETURN CASE WHEN x < -47 THEN 0 ELSE dg.num(exp(round(x, 60))) END;
END
$$;

CREATE OR REPLACE FUNCTION dg.logarithm(x numeric, base numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF x IS NULL OR base IS NULL OR x <= 0 OR base <= 0 OR base = 1 THEN
        RETURN NULL;
    END IF;
    RETURN dg.num(ln(round(x, 70)) / ln(round(base, 70)));
END
$$;

CREATE OR REPLACE FUNCTION dg.natural_log(x numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN x > 0 THEN dg.num(ln(round(x, 60))) END;
END
$$;

CREATE OR REPLACE FUNCTION dg.real_power(a numeric, b numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    result numeric;
BEGIN
    IF a IS NULL OR b IS NULL THEN
        RETURN NULL;
    END IF;
    IF a = 0 THEN
        RETURN CASE WHEN b > 0 THEN 0 END;
    END IF;
    IF b = trunc(b) AND abs(b) <= 1000 THEN
        RETURN dg.power(a, b);
    END IF;
    IF a < 0 AND b <> trunc(b) THEN
        RETURN NULL;
    END IF;
    result := dg.exponential(b * ln(round(abs(a), 90)));
    RETURN CASE WHEN a < 0 AND mod(b, 2) <> 0 THEN -result ELSE result END;
END
$$;

CREATE OR REPLACE FUNCTION dg.pi() RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 3.1415926535897932384626433832795028841971693993751058209749445923078164
$$;

-- The sine and the cosine of an angle, by their series.
CREATE OR REPLACE FUNCTION dg.sine_and_cosine(x numeric) RETURNS numeric[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    angle numeric := mod(x, dg.pi() * 2);
    square numeric := round(angle * angle, 60);
    term numeric := 1;
    sine numeric := 0;
    cosine numeric := 0;
    n integer := 0;
BEGIN
    IF x IS NULL THEN
        RETURN NULL;
    END IF;
    WHILE n < 90 LOOP
        cosine := cosine + term;
        sine := sine + div(term * 1e60, n + 1) * 1e-60;
        term := -round(div(term * square * 1e60, (n + 1) * (n + 2)) * 1e-60, 60);
        n := n + 2;
        EXIT WHEN term = 0;
    END LOOP;
    RETURN ARRAY[sine * angle, cosine];
END
$$;

CREATE OR REPLACE FUNCTION dg.sine(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.num((dg.sine_and_cosine(x))[1])
$$;

CREATE OR REPLACE FUNCTION dg.cosine(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.num((dg.sine_and_cosine(x))[2])
$$;

CREATE OR REPLACE FUNCTION dg.ratio(a numeric, b numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN b <> 0 THEN round(a, 60) / round(b, 60) END;
END
$$;

CREATE OR REPLACE FUNCTION dg.tangent(x numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    pair numeric[] := dg.sine_and_cosine(x);
BEGIN
    RETURN dg.num(dg.ratio(pair[1], pair[2]));
END
$$;

CREATE OR REPLACE FUNCTION dg.cotangent(x numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    pair numeric[] := dg.sine_and_cosine(x);
BEGIN
    RETURN dg.num(dg.ratio(pair[2], pair[1]));
END
$$;

-- Halves the angle three times, then the series.
CREATE OR REPLACE FUNCTION dg.inverse_tangent(x numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    part numeric := round(x, 60);
    square numeric;
    power numeric;
    total numeric := 0;
    n integer := 1;
BEGIN
    IF x IS NULL THEN
        RETURN NULL;
    END IF;
    IF abs(part) > 1 THEN
        RETURN sign(part) * dg.pi() * 0.5 - dg.inverse_tangent(round(round(1, 60) / part, 60));
    END IF;
    FOR step IN 1..3 LOOP
        part := round(part / (1 + sqrt(round(1 + part * part, 60))), 60);
    END LOOP;
    square := round(part * part, 60);
    power := part;
    WHILE power <> 0 LOOP
        total := total + div(power * 1e60, n) * 1e-60;
        power := -round(power * square, 60);
        n := n + 2;
    END LOOP;
    RETURN total * 8;
END
$$;

CREATE OR REPLACE FUNCTION dg.arctangent(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.num(dg.inverse_tangent(x))
$$;

CREATE OR REPLACE FUNCTION dg.arccotangent(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.num(dg.pi() * 0.5 - dg.inverse_tangent(x))
$$;

CREATE OR REPLACE FUNCTION dg.inverse_sine(x numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF x IS NULL OR abs(x) > 1 THEN
        RETURN NULL;
    END IF;
    IF abs(x) = 1 THEN
        RETURN x * dg.pi() * 0.5;
    END IF;
    RETURN dg.inverse_tangent(dg.ratio(x, sqrt(round(1 - x * x, 60))));
END
$$;

CREATE OR REPLACE FUNCTION dg.arcsine(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.num(dg.inverse_sine(x))
$$;

CREATE OR REPLACE FUNCTION dg.arccosine(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.num(dg.pi() * 0.5 - dg.inverse_sine(x))
$$;

CREATE OR REPLACE FUNCTION dg.radians(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.num(dg.ratio(x * dg.pi(), 180))
$$;

CREATE OR REPLACE FUNCTION dg.degrees(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.num(dg.ratio(x * 180, dg.pi()))
$$;

CREATE OR REPLACE FUNCTION dg.normal(x numeric, cumulative boolean) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    height numeric;
    term numeric := abs(x);
    total numeric := 0;
    n integer := 1;
BEGIN
    IF x IS NULL THEN
        RETURN NULL;
    END IF;
    IF abs(x) > 9 THEN
        RETURN CASE WHEN cumulative AND x > 0 THEN 1 ELSE 0 END;
    END IF;
    height := dg.ratio(exp(round(x * x * -0.5, 60)), sqrt(dg.pi() * 2));
    IF cumulative IS NOT TRUE THEN
        RETURN dg.num(height);
    END IF;
    WHILE term <> 0 LOOP
        total := total + term;
        n := n + 2;
        term := round(div(term * x * x * 1e60, n) * 1e-60, 60);
    END LOOP;
    RETURN dg.num(0.5 + sign(x) * height * total);
END
$$;

-- Kilometres between two places on a globe.
CREATE OR REPLACE FUNCTION dg.distance(a numeric, b numeric, c numeric, d numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    across numeric;
    along numeric;
    chord numeric;
BEGIN
    IF a IS NULL OR b IS NULL OR c IS NULL OR d IS NULL OR abs(a) > 90 OR abs(c) > 90 OR abs(b) > 180 OR abs(d) > 180 THEN
        RETURN NULL;
    END IF;
    across := (dg.sine_and_cosine(dg.ratio((c - a) * dg.pi(), 360)))[1];
    along := (dg.sine_and_cosine(dg.ratio((d - b) * dg.pi(), 360)))[1];
    chord := across * across + along * along * (dg.sine_and_cosine(dg.ratio(a * dg.pi(), 180)))[2]
        * (dg.sine_and_cosine(dg.ratio(c * dg.pi(), 180)))[2];
    chord := sqrt(greatest(0, least(1, round(chord, 60))));
    RETURN trim_scale(round(2 * dg.inverse_sine(round(chord, 60)) * 6371.0088, 3));
END
$$;

-- Pieces of texts and lists of texts.

CREATE OR REPLACE FUNCTION dg.replace(t text, start numeric, n numeric, new text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN start >= 1 AND n > -1
        THEN dg.text(coalesce(left(t, dg.whole(start, 1, 10001) - 1), '') || coalesce(new, '')
            || coalesce(substr(t, dg.whole(start, 1, 10001) + dg.whole(n, 0, 10001)), '')) END
$$;

CREATE OR REPLACE FUNCTION dg.repeat(t text, n numeric) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN n > -1
        THEN dg.text(repeat(t, least(dg.whole(n, 0, 10000), 10000 / greatest(length(t), 1) + 1))) END
$$;

-- Where the nth occurrence begins, from 1; 0 if there is none. From the end if negative.
CREATE OR REPLACE FUNCTION dg.nth_place(t text, part text, nth numeric) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    n integer := coalesce(dg.whole(nth, -10001, 10001), 0);
    pieces text[] := string_to_array(t, part);
BEGIN
    IF n < 0 THEN
        n := n + cardinality(pieces);
    END IF;
    IF n < 1 OR n >= cardinality(pieces) THEN
        RETURN 0;
    END IF;
    RETURN length(array_to_string(pieces[1:n], part)) + 1;
END
$$;

CREATE OR REPLACE FUNCTION dg.substitute_nth(t text, old text, new text, nth numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    place integer;
BEGIN
    IF nth IS NULL OR nth < 1 THEN
        RETURN NULL;
    END IF;
    IF t IS NULL OR old IS NULL THEN
        RETURN t;
    END IF;
    place := dg.nth_place(t, old, nth);
    RETURN CASE WHEN place = 0 THEN t
        ELSE dg.text(left(t, place - 1) || coalesce(new, '') || substr(t, place + length(old))) END;
END
$$;

CREATE OR REPLACE FUNCTION dg.before(t text, part text, nth numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    place integer;
BEGIN
    IF t IS NULL OR part IS NULL THEN
        RETURN NULL;
    END IF;
    place := dg.nth_place(t, part, nth);
    RETURN CASE WHEN place > 0 THEN nullif(left(t, place - 1), '') END;
END
$$;

CREATE OR REPLACE FUNCTION dg.after(t text, part text, nth numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    place integer;
BEGIN
    IF t IS NULL OR part IS NULL THEN
        RETURN NULL;
    END IF;
    place := dg.nth_place(t, part, nth);
    RETURN CASE WHEN place > 0 THEN nullif(substr(t, place + length(part)), '') END;
END
$$;

CREATE OR REPLACE FUNCTION dg.all_between(t text, start text, ending text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    rest text := t;
    place integer;
    result text[] := '{}';
BEGIN
    IF t IS NULL OR start IS NULL OR ending IS NULL THEN
        RETURN NULL;
    END IF;
    FOR pair IN 1..500 LOOP
        place := strpos(rest, start);
        EXIT WHEN place = 0;
        rest := substr(rest, place + length(start));
        place := strpos(rest, ending);
        EXIT WHEN place = 0;
        IF place > 1 THEN
            result := result || left(rest, place - 1);
        END IF;
        rest := substr(rest, place + length(ending));
    END LOOP;
    RETURN nullif(result, '{}');
END
$$;

CREATE OR REPLACE FUNCTION dg.between(t text, start text, ending text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    place integer := strpos(t, start);
    rest text;
BEGIN
    IF place = 0 OR place IS NULL THEN
        RETURN NULL;
    END IF;
    rest := substr(t, place + length(start));
    RETURN nullif(left(rest, nullif(strpos(rest, ending), 0) - 1), '');
END
$$;

CREATE OR REPLACE FUNCTION dg.split(t text, separator text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN t IS NOT NULL THEN nullif(array_remove(CASE WHEN separator IS NULL
        THEN ARRAY[t] ELSE string_to_array(t, separator) END, ''), '{}') END
$$;

CREATE OR REPLACE FUNCTION dg.glue(items text[], separator text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.text(array_to_string(items[1:10000 / (length(coalesce(separator, '')) + 1) + 1], coalesce(separator, '')))
$$;

CREATE OR REPLACE FUNCTION dg.joined(parts text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.text(array_to_string(parts, ''))
$$;

CREATE OR REPLACE FUNCTION dg.text_join(separator text, skip boolean, parts text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.text(CASE WHEN skip THEN array_to_string(parts, coalesce(separator, ''))
        ELSE array_to_string(parts, coalesce(separator, ''), '') END)
$$;

CREATE OR REPLACE FUNCTION dg.item(items text[], place numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT items[dg.whole(place, -10001, 10001) + CASE WHEN trunc(place) < 0 THEN cardinality(items) + 1 ELSE 0 END]
$$;

CREATE OR REPLACE FUNCTION dg.list_of(parts text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT nullif(array_remove(parts, NULL), '{}')
$$;

CREATE OR REPLACE FUNCTION dg.proper(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg(CASE WHEN inside THEN low ELSE high END, '' ORDER BY place) FROM (
        SELECT low, high, place, lag(low <> high) OVER (ORDER BY place) AS inside
        FROM unnest(string_to_array(dg.lower(t), NULL), string_to_array(dg.upper(t), NULL)) WITH ORDINALITY
            AS letters (low, high, place)) AS placed
$$;

CREATE OR REPLACE FUNCTION dg.reverse(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT reverse(t)
$$;

CREATE OR REPLACE FUNCTION dg.clean(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT nullif(translate(t, E'\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f', ''), '')
$$;

CREATE OR REPLACE FUNCTION dg.without_spaces(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT nullif(translate(t, E'\t\n\x0b\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff', ''), '')
$$;

CREATE OR REPLACE FUNCTION dg.sign_of(code numeric) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    n integer := dg.whole(code, 0, 1114112);
BEGIN
    RETURN CASE WHEN n BETWEEN 1 AND 55295 OR n BETWEEN 57344 AND 1114111 THEN chr(n) END;
END
$$;

CREATE OR REPLACE FUNCTION dg.code_of(t text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ascii(t)::numeric
$$;

CREATE OR REPLACE FUNCTION dg.fixed(x numeric, places numeric, plain boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.format_number(dg.round_half(x, places), 1, greatest(0, coalesce(dg.whole(places, -21, 12), 0))::numeric,
        greatest(0, coalesce(dg.whole(places, -21, 12), 0))::numeric, plain IS NOT TRUE, false, NULL, NULL)
$$;

-- Web addresses: every character outside `kept` as the numbers of its bytes, and back.

CREATE OR REPLACE FUNCTION dg.encode_uri(t text, kept text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.text(string_agg(CASE WHEN letter ~ '^[A-Za-z0-9]$' OR strpos(kept, letter) > 0 THEN letter
        ELSE regexp_replace(upper(encode(convert_to(letter, 'UTF8'), 'hex')), '(..)', chr(37) || '\1', 'g') END, '' ORDER BY place))
    FROM unnest(string_to_array(t, NULL)) WITH ORDINALITY AS letters (letter, place)
$$;

CREATE OR REPLACE FUNCTION dg.decode_uri(t text, kept text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    staying text := encode(convert_to(coalesce(kept, ''), 'UTF8'), 'hex');
    hex text := (
        SELECT string_agg(CASE
            WHEN place = 1 THEN encode(convert_to(piece, 'UTF8'), 'hex')
            WHEN piece !~ '^[0-9a-fA-F]{2}' THEN 'no escape'
            WHEN staying ~ ('^(..)*' || lower(left(piece, 2))) THEN '25' || encode(convert_to(piece, 'UTF8'), 'hex')
            ELSE lower(left(piece, 2)) || encode(convert_to(substr(piece, 3), 'UTF8'), 'hex') END, '' ORDER BY place)
        FROM unnest(string_to_array(t, chr(37))) WITH ORDINALITY AS pieces (piece, place));
BEGIN
    IF hex !~ '^(0[1-9a-f]|[1-7].|c[2-9a-f][89ab].|d.[89ab].|e0[ab].[89ab].|e[1-9abcef][89ab].[89ab].|ed[89].[89ab].|f0[9ab].[89ab].[89ab].|f[1-3]([89ab].){3}|f48.[89ab].[89ab].)*$' THEN
        RETURN NULL;
    END IF;
    RETURN dg.text(convert_from(decode(hex, 'hex'), 'UTF8'));
END
$$;

-- Weeks, quarters and years of dates.

CREATE OR REPLACE FUNCTION dg.week_start(kind numeric) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE dg.whole(kind, 0, 99) WHEN 1 THEN 7 WHEN 2 THEN 1 WHEN 11 THEN 1 WHEN 12 THEN 2 WHEN 13 THEN 3
        WHEN 14 THEN 4 WHEN 15 THEN 5 WHEN 16 THEN 6 WHEN 17 THEN 7 END
$$;

CREATE OR REPLACE FUNCTION dg.weekday_by(d date, kind numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN trunc(kind) = 3 THEN extract(isodow FROM d) - 1
        ELSE mod(extract(isodow FROM d) - dg.week_start(kind) + 7, 7) + 1 END
$$;

CREATE OR REPLACE FUNCTION dg.week_number(d date, kind numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN trunc(kind) = 21 THEN extract(week FROM d)
        ELSE div(extract(doy FROM d) - 1
            + mod(extract(isodow FROM date_trunc('year', d::timestamp)) - dg.week_start(kind) + 7, 7), 7) + 1 END
$$;

CREATE OR REPLACE FUNCTION dg.leap_year(y numeric) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(trunc(y) BETWEEN 1 AND 9999
        AND mod(trunc(y), 4) = 0 AND (mod(trunc(y), 100) <> 0 OR mod(trunc(y), 400) = 0), false)
$$;

CREATE OR REPLACE FUNCTION dg.period_start(d date, size numeric) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN size = 0 THEN dg.plus_days(d, 1 - extract(isodow FROM d))
        ELSE dg.plus_months((date_trunc('month', d::timestamp))::date, -mod(extract(month FROM d) - 1, size)) END
$$;

CREATE OR REPLACE FUNCTION dg.period_end(d date, size numeric) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN size = 0 THEN dg.plus_days(d, 7 - extract(isodow FROM d))
        ELSE dg.month_end(dg.plus_months((date_trunc('month', d::timestamp))::date,
            size - 1 - mod(extract(month FROM d) - 1, size))) END
$$;

CREATE OR REPLACE FUNCTION dg.days_beyond(a date, b date, size numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    months numeric := dg.months_between(least(a, b), greatest(a, b));
BEGIN
    IF a IS NULL OR b IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN (greatest(a, b) - dg.plus_months(least(a, b), months - mod(months, size)))::numeric
        * CASE WHEN b < a THEN -1 ELSE 1 END;
END
$$;

CREATE OR REPLACE FUNCTION dg.days_360(a date, b date, european boolean) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    low numeric := extract(day FROM a);
    high numeric := extract(day FROM b);
    carried numeric := 0;
BEGIN
    IF a IS NULL OR b IS NULL THEN
        RETURN NULL;
    END IF;
    IF european THEN
        low := least(low, 30);
        high := least(high, 30);
    ELSE
        IF a = dg.month_end(a) THEN
            low := 30;
        END IF;
        IF high = 31 THEN
            IF low < 30 THEN
                high := 1;
                carried := 1;
            ELSE
                high := 30;
            END IF;
        END IF;
    END IF;
    RETURN (extract(year FROM b) - extract(year FROM a)) * 360
        + (extract(month FROM b) + carried - extract(month FROM a)) * 30 + high - low;
END
$$;

CREATE OR REPLACE FUNCTION dg.at_clock(zone text, d date, hour numeric, minute numeric, second numeric) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    h integer := dg.whole(hour, -1, 60);
    m integer := dg.whole(minute, -1, 60);
    s integer := dg.whole(second, -1, 60);
BEGIN
    IF h BETWEEN 0 AND 23 AND m BETWEEN 0 AND 59 AND s BETWEEN 0 AND 59 THEN
        RETURN dg.from_local_ms(zone, (d - date '1970-01-01')::numeric * 86400000 + h * 3600000 + m * 60000 + s * 1000);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION dg.time_of_day(hour numeric, minute numeric, second numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN greatest(abs(hour), abs(minute), abs(second)) <= 1000000000
            AND trunc(hour) * 3600 + trunc(minute) * 60 + trunc(second) >= 0
        THEN dg.div(mod(trunc(hour) * 3600 + trunc(minute) * 60 + trunc(second), 86400), 86400) END
$$;
