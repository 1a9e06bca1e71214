SELECT g.d0, g.p0 AS m0
FROM (SELECT r.d0 AS d0, coalesce(sum(r.v0), 0) AS p0
FROM (SELECT customer.name AS d0, CASE WHEN (crm__deal.hot IS true) THEN crm__deal.amount ELSE CAST(NULL AS NUMERIC) END AS v0
FROM crm__deal LEFT OUTER JOIN crm__company AS customer ON customer.id = crm__deal.customer AND customer._deleted_at IS NULL AND customer.grade = 'A'
WHERE crm__deal._deleted_at IS NULL AND crm__deal._owner = 1) AS r GROUP BY r.d0) AS g ORDER BY g.d0 IS NULL, g.p0 DESC NULLS LAST, g.d0 ASC NULLS LAST
 LIMIT 5001
