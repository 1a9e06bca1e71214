SELECT g.d0, g.p0 AS m0
FROM (SELECT r.d0 AS d0, count(*) AS p0
FROM (SELECT CAST(date_trunc('week', timezone('Asia/Shanghai', crm__deal.signed_at)) AS DATE) AS d0
FROM crm__deal
WHERE crm__deal._deleted_at IS NULL) AS r GROUP BY r.d0) AS g ORDER BY g.d0 ASC NULLS LAST
 LIMIT 5001
