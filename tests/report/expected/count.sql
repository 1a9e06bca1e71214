SELECT g.p0 AS m0
FROM (SELECT count(*) AS p0
FROM (SELECT 1 AS one
FROM crm__deal
WHERE crm__deal._deleted_at IS NULL) AS r) AS g
