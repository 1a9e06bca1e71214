SELECT g.d0, g.p0 AS m0, g.p1 AS m1
FROM (SELECT r.d0 AS d0, count(*) FILTER (WHERE r.f0) AS p0, coalesce(sum(r.v1), 0) AS p1
FROM (SELECT CASE WHEN ((crm__deal.amount >= 500) AND crm__deal.amount IS NOT NULL) THEN 'large' ELSE 'small' END AS d0, coalesce(CASE WHEN ((crm__deal.amount >= 500) AND crm__deal.amount IS NOT NULL) THEN 'large' ELSE 'small' END = 'large', false) AS f0, dg.mul(crm__deal.amount, crm__deal.rate) AS v1
FROM crm__deal
WHERE crm__deal._deleted_at IS NULL) AS r GROUP BY r.d0) AS g ORDER BY g.d0 IS NULL, g.p0 DESC NULLS LAST, g.d0 ASC NULLS LAST
 LIMIT 5001
