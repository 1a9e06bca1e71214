WITH r AS
(SELECT crm__deal.seller AS d0, crm__deal.stage AS d1, crm__deal.amount AS v0
FROM crm__deal
WHERE crm__deal._deleted_at IS NULL),
top AS
(SELECT first.d0 AS d0
FROM (SELECT r.d0 AS d0, coalesce(sum(r.v0), 0) AS p0
FROM r GROUP BY r.d0) AS first ORDER BY first.d0 IS NULL, first.p0 DESC NULLS LAST, first.d0 ASC NULLS LAST
 LIMIT 5)
 SELECT g.d0, g.d1, g.p0 AS m0
FROM (SELECT k.d0 AS d0, k.d1 AS d1, coalesce(sum(k.v0), 0) AS p0
FROM (SELECT r.d0 AS d0, r.d1 AS d1, r.v0 AS v0
FROM r
WHERE r.d0 IN (SELECT top.d0
FROM top) OR r.d0 IS NULL AND (EXISTS (SELECT 1
FROM top
WHERE top.d0 IS NULL))) AS k GROUP BY k.d0, k.d1) AS g ORDER BY g.d0 IS NULL, sum(g.p0) OVER (PARTITION BY g.d0) DESC NULLS LAST, CASE WHEN (g.d1 IS NULL) THEN NULL WHEN (g.d1 = 'new') THEN 0 WHEN (g.d1 = 'quoted') THEN 1 WHEN (g.d1 = 'won') THEN 2 WHEN (g.d1 = 'lost') THEN 3 ELSE 4 END ASC NULLS LAST, g.d0 ASC NULLS LAST, g.d1 ASC NULLS LAST
 LIMIT 5001
