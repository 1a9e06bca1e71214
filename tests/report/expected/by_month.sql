SELECT g.d0, g.p0 AS m0, g.p1 AS m1, g.p2 AS m2, g.p3 AS m3
FROM (SELECT r.d0 AS d0, coalesce(sum(r.v0) FILTER (WHERE r.f0), 0) AS p0, dg.div(sum(r.v1), CAST(count(r.v1) AS NUMERIC)) AS p1, min(r.v2) AS p2, max(r.v3) AS p3
FROM (SELECT CAST(date_trunc('month', CAST(crm__deal.close_date AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS d0, crm__deal.amount AS v0, crm__deal.stage = 'won' AND crm__deal.stage IS NOT NULL AS f0, crm__deal.amount AS v1, crm__deal.amount AS v2, crm__deal.close_date AS v3
FROM crm__deal
WHERE crm__deal._deleted_at IS NULL) AS r GROUP BY r.d0) AS g ORDER BY g.d0 ASC NULLS LAST
 LIMIT 5001
