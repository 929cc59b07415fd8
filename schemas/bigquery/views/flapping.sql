-- Which checks change to and fro? One row for each journal, check and week. A week is named by its Monday, and a
-- result counts in the week in which its run was due, by the clocks of the run's own zone. Results are compared in
-- the order in which their runs were due; a change counts in the week of the later one. Only the last attempt of a
-- check in a run counts, and only runs that have ended. Skipped results and backfills are passed over. `compared` is
-- the results that have one before them, and `share_changed` is of these.
WITH outcomes AS (
  SELECT
    results.journal_id,
    results.check_name,
    results.run_id,
    results.status,
    runs.scheduled_for,
    DATE_TRUNC(DATE(runs.scheduled_for, runs.timezone), ISOWEEK) AS week
  FROM `${dataset}.validation_results` AS results
  JOIN `${dataset}.validation_runs` AS runs ON runs.run_id = results.run_id
  WHERE runs.status IS NOT NULL AND runs.trigger_source != 'backfill'
  QUALIFY ROW_NUMBER() OVER (PARTITION BY results.run_id, results.check_name ORDER BY results.attempt DESC) = 1
),
steps AS (
  SELECT
    journal_id,
    check_name,
    week,
    status,
    LAG(status) OVER (PARTITION BY journal_id, check_name ORDER BY scheduled_for, run_id) AS status_before
  FROM outcomes
  WHERE status != 'skip'
)
SELECT
  journal_id,
  check_name,
  week,
  COUNT(*) AS results,
  COUNTIF(status_before IS NOT NULL) AS compared,
  COUNTIF(status != status_before) AS changes,
  SAFE_DIVIDE(COUNTIF(status != status_before), COUNTIF(status_before IS NOT NULL)) AS share_changed
FROM steps
GROUP BY journal_id, check_name, week
