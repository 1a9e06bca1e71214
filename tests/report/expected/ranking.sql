SELECT g.d0, g.p0 AS m0
FROM (SELECT r.d0 AS d0, coalesce(sum(r.v0), 0) AS p0
FROM (SELECT crm__deal.seller AS d0, crm__deal.amount AS v0
FROM crm__deal
WHERE crm__deal._deleted_at IS NULL) AS r GROUP BY r.d0) AS g ORDER BY g.p0 DESC NULLS LAST, g.d0 ASC NULLS LAST
 LIMIT 10
