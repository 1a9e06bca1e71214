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
