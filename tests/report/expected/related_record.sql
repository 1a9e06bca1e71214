SELECT g.d0, g.p0 AS m0
FROM (SELECT r.d0 AS d0, count(DISTINCT r.v0) AS p0
FROM (SELECT "group".grade AS d0, crm__deal.customer AS v0
FROM crm__deal LEFT OUTER JOIN crm__company AS customer ON customer.id = crm__deal.customer AND customer._deleted_at IS NULL LEFT OUTER JOIN crm__company AS "group" ON "group".id = customer.parent AND "group"._deleted_at IS NULL
WHERE crm__deal._deleted_at IS NULL) AS r GROUP BY r.d0) AS g ORDER BY CASE WHEN (g.d0 IS NULL) THEN NULL WHEN (g.d0 = 'A') THEN 0 WHEN (g.d0 = 'B') THEN 1 WHEN (g.d0 = 'C') THEN 2 ELSE 3 END ASC NULLS LAST, g.d0 ASC NULLS LAST
 LIMIT 5001
