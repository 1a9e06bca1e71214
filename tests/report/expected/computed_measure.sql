SELECT g.d0, dg.div(CAST(g.p1 AS NUMERIC), CAST(g.p0 AS NUMERIC)) AS m0, dg.mul(dg.div(CAST(g.p1 AS NUMERIC), CAST(g.p0 AS NUMERIC)), 2) AS m1
FROM (SELECT r.d0 AS d0, count(*) FILTER (WHERE r.f0) AS p0, count(*) FILTER (WHERE r.f1) AS p1
FROM (SELECT crm__deal.seller AS d0, crm__deal.stage = 'won' AND crm__deal.stage IS NOT NULL OR crm__deal.stage = 'lost' AND crm__deal.stage IS NOT NULL AS f0, crm__deal.stage = 'won' AND crm__deal.stage IS NOT NULL AS f1
FROM crm__deal
WHERE crm__deal._deleted_at IS NULL) AS r GROUP BY r.d0) AS g ORDER BY g.d0 IS NULL, dg.div(CAST(g.p1 AS NUMERIC), CAST(g.p0 AS NUMERIC)) DESC NULLS LAST, g.d0 ASC NULLS LAST
 LIMIT 5001
