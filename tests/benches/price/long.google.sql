-- What a report asks of one table: months, their changes, and what stands out in them.
WITH
  cleaned AS (
    SELECT
      id,
      k,
      LOWER(TRIM(s)) AS team,
      DATE_TRUNC(day, MONTH) AS month,
      EXTRACT(DAYOFWEEK FROM day) AS weekday,
      x,
      IFNULL(y, 0.0) AS share,
      y IS NULL AS is_missing
    FROM t
    WHERE day BETWEEN '2026-01-01' AND '2026-12-31'
      AND s NOT LIKE 'z%'
  ),
  months AS (
    SELECT
      team,
      month,
      COUNT(*) AS n,
      COUNTIF(is_missing) AS missing,
      SUM(x) AS total,
      SUM(IF(x > 100, x - 100, 0)) AS beyond,
      AVG(share) AS mean_share,
      MIN(share) AS least_share,
      MAX(share) AS greatest_share
    FROM cleaned
    GROUP BY team, month
    HAVING COUNT(*) > 10
  ),
  changes AS (
    SELECT
      team,
      month,
      n,
      missing,
      total,
      beyond,
      mean_share,
      LAG(total) OVER (PARTITION BY team ORDER BY month) AS total_before,
      SUM(total) OVER (PARTITION BY team ORDER BY month ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS quarter,
      ROW_NUMBER() OVER (PARTITION BY month ORDER BY total DESC, team) AS place
    FROM months
  ),
  keys AS (
    SELECT k, COUNT(*) AS n, COUNT(DISTINCT team) AS teams
    FROM cleaned
    WHERE weekday IN (1, 7)
    GROUP BY k
  )
SELECT
  changes.team,
  changes.month,
  changes.place,
  SAFE_DIVIDE(changes.total - changes.total_before, changes.total_before) AS growth,
  CASE
    WHEN changes.missing > changes.n * 0.1 THEN 'incomplete'
    WHEN changes.quarter IS NULL THEN 'new'
    ELSE 'good'
  END AS state,
  COALESCE(changes.mean_share, 0.0) AS mean_share,
  (SELECT MAX(n) FROM keys) AS busiest
FROM changes
WHERE changes.place <= 5
ORDER BY changes.month, changes.place
