-- What was planned, what was run, and what was not? One row for each journal, schedule and target date, with
-- `check_name` NULL, and one for each of its checks and target date. Days without any run have a row too, with zeros.
-- Dates go from the first to the last that the schedule, or a result of the check, is about, backfills aside; that a
-- gap goes on to this day shows in that the last date is old. `slots_planned` are due instants of the schedule:
-- `slots_run` have a run that has ended, `slots_running` one that has not, and of `slots_missed` and `slots_skipped`
-- the `reasons` are given. `other_runs` are backfills and runs by hand of the schedule. `answered` (pass, warn or
-- fail), `errored` and `skipped` count results of all these runs once they have ended, by the last attempt of a check
-- in a run.
WITH runs AS (
  SELECT
    journal_id,
    run_id,
    schedule_name,
    target_date,
    trigger_source IN ('schedule', 'catchup') AS is_slot,
    trigger_source = 'backfill' AS is_backfill,
    status,
    reason
  FROM `${dataset}.validation_runs`
  WHERE schedule_name IS NOT NULL
),
outcomes AS (
  SELECT
    runs.journal_id,
    runs.schedule_name,
    runs.target_date,
    runs.is_backfill,
    results.check_name,
    results.status
  FROM `${dataset}.validation_results` AS results
  JOIN runs ON runs.run_id = results.run_id
  WHERE runs.status IS NOT NULL
  QUALIFY ROW_NUMBER() OVER (PARTITION BY results.run_id, results.check_name ORDER BY results.attempt DESC) = 1
),
-- The schedule as a whole is the check `*` until the end.
answers AS (
  SELECT journal_id, schedule_name, check_name, target_date, is_backfill, status FROM outcomes
  UNION ALL
  SELECT journal_id, schedule_name, '*' AS check_name, target_date, is_backfill, status FROM outcomes
),
subjects AS (
  SELECT journal_id, schedule_name, check_name, target_date FROM answers WHERE NOT is_backfill
  UNION ALL
  SELECT journal_id, schedule_name, '*' AS check_name, target_date FROM runs WHERE NOT is_backfill
),
spans AS (
  SELECT journal_id, schedule_name, check_name, MIN(target_date) AS first_date, MAX(target_date) AS last_date
  FROM subjects
  GROUP BY journal_id, schedule_name, check_name
),
-- Where one journal takes the place of another, what was not run in between belongs to the new one.
successions AS (
  SELECT
    journal_id,
    schedule_name,
    check_name,
    first_date,
    last_date,
    MAX(last_date) OVER (
      PARTITION BY schedule_name, check_name
      ORDER BY first_date, journal_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS last_date_before
  FROM spans
),
grid AS (
  SELECT journal_id, schedule_name, check_name, target_date
  FROM successions
  CROSS JOIN UNNEST(
    GENERATE_DATE_ARRAY(
      IF(last_date_before < first_date, DATE_ADD(last_date_before, INTERVAL 1 DAY), first_date),
      last_date
    )
  ) AS target_date
),
run_counts AS (
  SELECT
    journal_id,
    schedule_name,
    target_date,
    COUNTIF(is_slot) AS slots_planned,
    COUNTIF(is_slot AND status IS NOT NULL AND reason IS NULL) AS slots_run,
    COUNTIF(is_slot AND status IS NULL) AS slots_running,
    COUNTIF(is_slot AND reason IS NOT NULL AND status = 'missed') AS slots_missed,
    COUNTIF(is_slot AND reason IS NOT NULL AND status = 'skipped') AS slots_skipped,
    COUNTIF(NOT is_slot) AS other_runs,
    STRING_AGG(DISTINCT reason, ', ' ORDER BY reason) AS reasons
  FROM runs
  GROUP BY journal_id, schedule_name, target_date
),
answer_counts AS (
  SELECT
    journal_id,
    schedule_name,
    check_name,
    target_date,
    COUNTIF(status IN ('pass', 'warn', 'fail')) AS answered,
    COUNTIF(status = 'error') AS errored,
    COUNTIF(status = 'skip') AS skipped
  FROM answers
  GROUP BY journal_id, schedule_name, check_name, target_date
)
SELECT
  grid.journal_id,
  grid.schedule_name,
  NULLIF(grid.check_name, '*') AS check_name,
  grid.target_date,
  IFNULL(run_counts.slots_planned, 0) AS slots_planned,
  IFNULL(run_counts.slots_run, 0) AS slots_run,
  IFNULL(run_counts.slots_running, 0) AS slots_running,
  IFNULL(run_counts.slots_missed, 0) AS slots_missed,
  IFNULL(run_counts.slots_skipped, 0) AS slots_skipped,
  IFNULL(run_counts.other_runs, 0) AS other_runs,
  run_counts.reasons,
  IFNULL(answer_counts.answered, 0) AS answered,
  IFNULL(answer_counts.errored, 0) AS errored,
  IFNULL(answer_counts.skipped, 0) AS skipped
FROM grid
LEFT JOIN run_counts
  ON run_counts.journal_id = grid.journal_id
  AND run_counts.schedule_name = grid.schedule_name
  AND run_counts.target_date = grid.target_date
LEFT JOIN answer_counts
  ON answer_counts.journal_id = grid.journal_id
  AND answer_counts.schedule_name = grid.schedule_name
  AND answer_counts.check_name = grid.check_name
  AND answer_counts.target_date = grid.target_date
