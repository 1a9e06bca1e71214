-- Guard functions for what an expression reads around it: tiers, shares, business calendars. As in dg.sql: total,
-- immutable, parallel safe, no percent signs. Needs dg.sql.

-- Each slice of a number at the rate of its tier; the lower ends are sorted and not NULL.
CREATE OR REPLACE FUNCTION dg.progressive(x numeric, starts numeric[], rates numeric[]) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    count integer := coalesce(cardinality(starts), 0);
    result numeric := 0;
BEGIN
    IF x IS NULL OR count = 0 THEN
        RETURN NULL;
    END IF;
    FOR i IN 1..count LOOP
        EXIT WHEN x <= starts[i];
        result := result + coalesce(dg.mul(dg.sub(least(x, starts[i + 1]), starts[i]), rates[i]), 0);
    END LOOP;
    RETURN dg.num(result);
END
$$;

-- The share at a place of a number split by weights: largest remainder, ties to the first (engines.formula.tiers).
CREATE OR REPLACE FUNCTION dg.allocate(total numeric, weights numeric[], digits numeric, place integer)
RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    places integer := coalesce(dg.whole(digits, 0, 12), 0);
    rounded numeric := dg.round_half(total, places);
    units numeric;
    whole numeric;
    parts numeric[];
    lost numeric[];
    rest numeric;
    before integer;
BEGIN
    IF rounded IS NULL OR place IS NULL OR weights IS NULL THEN
        RETURN NULL;
    END IF;
    units := trunc(abs(rounded) * ('1' || repeat('0', places))::numeric);
    SELECT array_agg(trunc(coalesce(w, 0) * 1000000000000) ORDER BY n), sum(trunc(coalesce(w, 0) * 1000000000000))
        INTO weights, whole FROM unnest(weights) WITH ORDINALITY AS t (w, n);
    IF whole = 0 THEN
        weights := array_fill(1::numeric, ARRAY[cardinality(weights)]);
        whole := cardinality(weights);
    ELSIF whole < 0 THEN
        SELECT array_agg(-w ORDER BY n), -whole INTO weights, whole FROM unnest(weights) WITH ORDINALITY AS t (w, n);
    END IF;
    SELECT array_agg(mod(mod(units * w, whole) + whole, whole) ORDER BY n) INTO lost
        FROM unnest(weights) WITH ORDINALITY AS t (w, n);
    SELECT array_agg(div(units * w - l, whole) ORDER BY n) INTO parts
        FROM unnest(weights, lost) WITH ORDINALITY AS t (w, l, n);
    SELECT units - sum(p) INTO rest FROM unnest(parts) AS t (p);
    SELECT count(*) INTO before FROM unnest(lost) WITH ORDINALITY AS t (l, n)
        WHERE l > lost[place] OR (l = lost[place] AND n < place);
    RETURN dg.num((parts[place] + CASE WHEN before < rest THEN 1 ELSE 0 END) * sign(rounded)
        * CASE WHEN places = 0 THEN 1 ELSE ('0.' || lpad('1', places, '0'))::numeric END);
END
$$;

-- Business calendars. A calendar is one array (engines.formula.calendars.Calendar.packed): n days that differ from the
-- week, m stretches of work; 7 lengths of weekdays from Monday; n day numbers, n sums of changed days, n sums of changed
-- milliseconds, n profiles; m times profile, start, end.

CREATE OR REPLACE FUNCTION dg.calendar_before(c bigint[], d bigint, ms boolean) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    n integer := c[1];
    weeks bigint := floor((d + 3) / 7.0);
    rest integer := d + 3 - weeks * 7;
    place integer;
    result bigint := 0;
BEGIN
    FOR i IN 1..7 LOOP
        result := result + CASE WHEN ms THEN c[2 + i] ELSE (c[2 + i] > 0)::integer END * (weeks + (i <= rest)::integer);
    END LOOP;
    IF n > 0 THEN
        place := width_bucket(d - 1, c[10 : 9 + n]);
        IF place > 0 THEN
            result := result + c[9 + CASE WHEN ms THEN 2 ELSE 1 END * n + place];
        END IF;
    END IF;
    RETURN result;
END
$$;

-- The profile of the hours of a day: 0 to 6 for those of a weekday.
CREATE OR REPLACE FUNCTION dg.calendar_profile(c bigint[], d bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    n integer := c[1];
    place integer := CASE WHEN n > 0 THEN width_bucket(d, c[10 : 9 + n]) ELSE 0 END;
BEGIN
    IF place > 0 AND c[9 + place] = d THEN
        RETURN c[9 + 3 * n + place];
    END IF;
    RETURN mod(mod(d + 3, 7) + 7, 7);
END
$$;

CREATE OR REPLACE FUNCTION dg.calendar_works(c bigint[], day date) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(dg.calendar_before(c, day - date '1970-01-01' + 1, false)
        > dg.calendar_before(c, day - date '1970-01-01', false), false)
$$;

CREATE OR REPLACE FUNCTION dg.calendar_days(c bigint[], first date, last date) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN c IS NULL THEN NULL WHEN first <= last
        THEN dg.calendar_before(c, last - date '1970-01-01' + 1, false)
            - dg.calendar_before(c, first - date '1970-01-01', false)
        ELSE dg.calendar_before(c, last - date '1970-01-01', false)
            - dg.calendar_before(c, first - date '1970-01-01' + 1, false) END::numeric
$$;

-- The first day by whose end so much was done (or, from behind, more than that), or NULL beyond all years.
CREATE OR REPLACE FUNCTION dg.calendar_find(c bigint[], wanted numeric, ms boolean, more boolean) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    low bigint := -719162;
    high bigint := 2932896;
    middle bigint;
    least_done bigint := dg.calendar_before(c, low, ms);
    most_done bigint := dg.calendar_before(c, high + 1, ms);
    done bigint;
BEGIN
    IF c IS NULL OR wanted IS NULL THEN
        RETURN NULL;
    END IF;
    IF more AND NOT (least_done <= wanted AND wanted < most_done) THEN
        RETURN NULL;
    END IF;
    IF NOT more AND NOT (least_done < wanted AND wanted <= most_done) THEN
        RETURN NULL;
    END IF;
    WHILE low < high LOOP
        middle := floor((low + high) / 2.0);
        done := dg.calendar_before(c, middle + 1, ms);
        IF (more AND done > wanted) OR (NOT more AND done >= wanted) THEN
            high := middle;
        ELSE
            low := middle + 1;
        END IF;
    END LOOP;
    RETURN low;
END
$$;

CREATE OR REPLACE FUNCTION dg.calendar_workday(c bigint[], day date, n numeric) RETURNS date
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    steps numeric := trunc(n);
    start bigint := day - date '1970-01-01';
BEGIN
    IF c IS NULL OR day IS NULL OR n IS NULL THEN
        RETURN NULL;
    END IF;
    IF steps = 0 THEN
        RETURN day;
    END IF;
    RETURN date '1970-01-01' + dg.calendar_find(c, CASE WHEN steps > 0
        THEN dg.calendar_before(c, start + 1, false) + steps
        ELSE dg.calendar_before(c, start, false) + steps + 1 END, false, false)::integer;
END
$$;

-- Milliseconds of work before a reading of the clocks.
CREATE OR REPLACE FUNCTION dg.calendar_work(c bigint[], reading numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    day bigint := floor(reading / 86400000);
    within numeric := reading - day::numeric * 86400000;
    profile bigint := dg.calendar_profile(c, day);
    base integer := 9 + 4 * c[1];
    done numeric := dg.calendar_before(c, day, true);
BEGIN
    IF c IS NULL OR reading IS NULL THEN
        RETURN NULL;
    END IF;
    FOR i IN 1..c[2] LOOP
        IF c[base + 3 * i - 2] = profile THEN
            done := done + greatest(0, least(within, c[base + 3 * i]) - c[base + 3 * i - 1]);
        END IF;
    END LOOP;
    RETURN done;
END
$$;

CREATE OR REPLACE FUNCTION dg.calendar_hours(c bigint[], zone text, first timestamptz, last timestamptz) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT dg.div(dg.calendar_work(c, dg.local_ms(zone, last)) - dg.calendar_work(c, dg.local_ms(zone, first)), 3600000)
$$;

CREATE OR REPLACE FUNCTION dg.calendar_add_hours(c bigint[], zone text, start timestamptz, hours numeric)
RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    amount numeric := round(dg.mul(hours, 3600000));
    wanted numeric := dg.calendar_work(c, dg.local_ms(zone, start)) + amount;
    forward boolean := amount > 0;
    day bigint;
    rest numeric;
    length numeric;
    profile bigint;
    base integer := 9 + 4 * c[1];
BEGIN
    IF wanted IS NULL THEN
        RETURN NULL;
    END IF;
    IF amount = 0 THEN
        RETURN start;
    END IF;
    day := dg.calendar_find(c, wanted, true, NOT forward);
    IF day IS NULL THEN
        RETURN NULL;
    END IF;
    rest := wanted - dg.calendar_before(c, day, true);
    profile := dg.calendar_profile(c, day);
    FOR i IN 1..c[2] LOOP
        IF c[base + 3 * i - 2] = profile THEN
            length := c[base + 3 * i] - c[base + 3 * i - 1];
            IF (forward AND rest <= length) OR (NOT forward AND rest < length) THEN
                RETURN dg.from_local_ms(zone, day::numeric * 86400000 + c[base + 3 * i - 1] + rest);
            END IF;
            rest := rest - length;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

-- An amount in another currency. The rates say what one unit is worth in the base currency from a day on.
CREATE OR REPLACE FUNCTION dg.convert(
    amount numeric, source text, target text, day date, currencies text[], days date[], rates numeric[]
) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    worth numeric;
    price numeric;
BEGIN
    IF amount IS NULL OR source IS NULL OR target IS NULL OR day IS NULL THEN
        RETURN NULL;
    END IF;
    IF source = target THEN
        RETURN amount;
    END IF;
    SELECT r INTO worth FROM unnest(currencies, days, rates) AS t (c, d, r)
        WHERE c = source AND d <= day ORDER BY d DESC LIMIT 1;
    SELECT r INTO price FROM unnest(currencies, days, rates) AS t (c, d, r)
        WHERE c = target AND d <= day ORDER BY d DESC LIMIT 1;
    RETURN dg.div(dg.mul(amount, worth), price);
END
$$;
