#!/bin/sh
# Runs on BigQuery itself what the tests ask of its emulator. See docs/bigquery.md.
set -eu
: "${ASSAY_BIGQUERY_PROJECT:?names the project to run on}"
cd "$(dirname "$0")/../.."
exec cargo test --workspace --locked --test bigquery -- emulator:: sink:: views::
