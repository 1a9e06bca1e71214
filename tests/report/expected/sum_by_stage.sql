SELECT g.d0, g.p0 AS m0, g.p1 AS m1
FROM (SELECT r.d0 AS d0, coalesce(sum(r.v0), 0) AS p0, count(*) AS p1
FROM (SELECT crm__deal.stage AS d0, crm__deal.amount AS v0
FROM crm__deal
WHERE crm__deal._deleted_at IS NULL) AS r GROUP BY r.d0) AS g ORDER BY CASE WHEN (g.d0 IS NULL) THEN NULL WHEN (g.d0 = 'new') THEN 0 WHEN (g.d0 = 'quoted') THEN 1 WHEN (g.d0 = 'won') THEN 2 WHEN (g.d0 = 'lost') THEN 3 ELSE 4 END ASC NULLS LAST, g.d0 ASC NULLS LAST
 LIMIT 5001
