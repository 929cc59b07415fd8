-- Do things get better or worse? One row for each journal, check and week; a week without results has none. A week is
-- named by its Monday, and a result counts in the week in which its run was due, by the clocks of the run's own zone.
-- Only the last attempt of a check in a run counts, and only runs that have ended. `applicable` is all results but
-- those that were skipped, and both shares are of these: `share_passing` counts nothing but passes, `share_answered`
-- all that is not an error. They are NULL where nothing was applicable.
WITH outcomes AS (
  SELECT
    results.journal_id,
    results.check_name,
    DATE_TRUNC(DATE(runs.scheduled_for, runs.timezone), ISOWEEK) AS week,
    results.status
  FROM `${dataset}.validation_results` AS results
  JOIN `${dataset}.validation_runs` AS runs ON runs.run_id = results.run_id
  WHERE runs.status IS NOT NULL
  QUALIFY ROW_NUMBER() OVER (PARTITION BY results.run_id, results.check_name ORDER BY results.attempt DESC) = 1
)
SELECT
  journal_id,
  check_name,
  week,
  COUNT(*) AS results,
  COUNTIF(status = 'pass') AS passed,
  COUNTIF(status = 'warn') AS warned,
  COUNTIF(status = 'fail') AS failed,
  COUNTIF(status = 'error') AS errored,
  COUNTIF(status = 'skip') AS skipped,
  COUNTIF(status != 'skip') AS applicable,
  SAFE_DIVIDE(COUNTIF(status = 'pass'), COUNTIF(status != 'skip')) AS share_passing,
  SAFE_DIVIDE(COUNTIF(status IN ('pass', 'warn', 'fail')), COUNTIF(status != 'skip')) AS share_answered
FROM outcomes
GROUP BY journal_id, check_name, week
