-- The same in the engine's own dialect.
WITH
  cleaned AS (
    SELECT
      id,
      k,
      LOWER(TRIM(s)) AS team,
      DATE_TRUNC('month', day) AS month,
      EXTRACT(DOW FROM day) + 1 AS weekday,
      x,
      COALESCE(y, 0.0) AS share,
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
      COUNT(*) FILTER (WHERE is_missing) AS missing,
      SUM(x) AS total,
      SUM(CASE WHEN x > 100 THEN x - 100 ELSE 0 END) AS beyond,
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
  CAST(changes.total - changes.total_before AS DOUBLE) / NULLIF(changes.total_before, 0) AS growth,
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
