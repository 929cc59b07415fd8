-- Which checks fail again and again? One row for each journal, check, kind of alert and segment, and month in which
-- an incident began (UTC). An incident that was reopened is one incident. `mean_days_between` is over the incidents
-- of the month, each from the beginning of the one before, whenever that was; NULL where there was none before.
-- `incidents_so_far` counts from the first incident there is to the end of the month.
WITH incidents AS (
  SELECT
    journal_id,
    check_name,
    kind,
    segment,
    opened_at,
    ended_at,
    reopened,
    occurrences,
    ROW_NUMBER() OVER (PARTITION BY journal_id, fingerprint ORDER BY opened_at, alert_id) AS place,
    LAG(opened_at) OVER (PARTITION BY journal_id, fingerprint ORDER BY opened_at, alert_id) AS opened_before
  FROM `${dataset}.validation_alerts`
)
SELECT
  journal_id,
  check_name,
  kind,
  segment,
  DATE_TRUNC(DATE(opened_at), MONTH) AS month,
  COUNT(*) AS incidents,
  COUNTIF(ended_at IS NULL) AS open_incidents,
  COUNT(DISTINCT DATE(opened_at)) AS days,
  SUM(reopened) AS reopened,
  SUM(occurrences) AS bad_results,
  MIN(opened_at) AS first_opened_at,
  MAX(opened_at) AS last_opened_at,
  AVG(TIMESTAMP_DIFF(opened_at, opened_before, SECOND)) / 86400 AS mean_days_between,
  MAX(place) AS incidents_so_far
FROM incidents
GROUP BY journal_id, check_name, kind, segment, month
