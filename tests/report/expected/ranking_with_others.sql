WITH r AS
(SELECT crm__deal.seller AS d0, crm__deal.amount AS v0
FROM crm__deal
WHERE crm__deal._deleted_at IS NULL),
top AS
(SELECT first.d0 AS d0
FROM (SELECT r.d0 AS d0, dg.div(sum(r.v0), CAST(count(r.v0) AS NUMERIC)) AS p0
FROM r GROUP BY r.d0) AS first ORDER BY first.d0 IS NULL, first.p0 DESC NULLS LAST, first.d0 ASC NULLS LAST
 LIMIT 3)
 SELECT g.o, g.d0, g.p0 AS m0
FROM (SELECT k.o AS o, k.d0 AS d0, dg.div(sum(k.v0), CAST(count(k.v0) AS NUMERIC)) AS p0
FROM (SELECT CASE WHEN (r.d0 IN (SELECT top.d0
FROM top) OR r.d0 IS NULL AND (EXISTS (SELECT 1
FROM top
WHERE top.d0 IS NULL))) THEN 0 ELSE 1 END AS o, CASE WHEN (r.d0 IN (SELECT top.d0
FROM top) OR r.d0 IS NULL AND (EXISTS (SELECT 1
FROM top
WHERE top.d0 IS NULL))) THEN r.d0 END AS d0, r.v0 AS v0
FROM r) AS k GROUP BY k.o, k.d0) AS g ORDER BY g.o ASC, g.d0 IS NULL, g.p0 DESC NULLS LAST, g.d0 ASC NULLS LAST
 LIMIT 5001
