-- At what time of day do checks fail? One row for each journal, check, zone and hour of that zone's clocks (0 to 23)
-- at which runs were due. Only the last attempt of a check in a run counts, and only runs that have ended.
-- `applicable` is all results but those that were skipped. `share_not_passing` is of these: warned, failed and
-- errored.
WITH outcomes AS (
  SELECT
    results.journal_id,
    results.check_name,
    runs.timezone,
    EXTRACT(HOUR FROM runs.scheduled_for AT TIME ZONE runs.timezone) AS hour,
    results.status
  FROM `${dataset}.validation_results` AS results
  JOIN `${dataset}.validation_runs` AS runs ON runs.run_id = results.run_id
  WHERE runs.status IS NOT NULL
  QUALIFY ROW_NUMBER() OVER (PARTITION BY results.run_id, results.check_name ORDER BY results.attempt DESC) = 1
)
SELECT
  journal_id,
  check_name,
  timezone,
  hour,
  COUNT(*) AS results,
  COUNTIF(status = 'pass') AS passed,
  COUNTIF(status = 'warn') AS warned,
  COUNTIF(status = 'fail') AS failed,
  COUNTIF(status = 'error') AS errored,
  COUNTIF(status = 'skip') AS skipped,
  COUNTIF(status != 'skip') AS applicable,
  SAFE_DIVIDE(COUNTIF(status NOT IN ('pass', 'skip')), COUNTIF(status != 'skip')) AS share_not_passing
FROM outcomes
GROUP BY journal_id, check_name, timezone, hour
