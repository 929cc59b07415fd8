//! The season as Parquet tables.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use jiff::civil::Date;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::league::{Game, PlayerLine, Season, TeamLine};

/// Version of the format that files are said to be written by; a constant keeps the bytes the same.
const CREATED_BY: &str = "assay pipeline generator";

pub(super) fn schedule(season: &Season, path: &Path) -> anyhow::Result<()> {
    let games: Vec<_> = season.games.iter().collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("game_id", text(games.iter().map(|game| Some(game.game_id.as_str())))),
        ("game_date", days(games.iter().map(|game| game.date))),
        ("tip_at", instants(games.iter().map(|game| game.tip_at))),
        ("home", text(games.iter().map(|game| Some(game.home)))),
        ("away", text(games.iter().map(|game| Some(game.away)))),
    ];
    save(columns, path)
}

pub(super) fn player_game_summary(season: &Season, path: &Path) -> anyhow::Result<()> {
    let lines: Vec<(&Game, &PlayerLine)> =
        season.games.iter().flat_map(|game| game.players.iter().map(move |line| (game, line))).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("game_id", text(lines.iter().map(|(game, _)| Some(game.game_id.as_str())))),
        ("player_id", text(lines.iter().map(|(_, line)| Some(line.player_id.as_str())))),
        ("game_date", days(lines.iter().map(|(game, _)| game.date))),
        ("team_abbr", text(lines.iter().map(|(_, line)| Some(line.team)))),
        ("minutes_played", Arc::new(lines.iter().map(|(_, line)| line.minutes).collect::<Float64Array>())),
        ("points", Arc::new(lines.iter().map(|(_, line)| line.points).collect::<Int64Array>())),
        ("usage_rate", Arc::new(lines.iter().map(|(_, line)| line.usage_rate).collect::<Float64Array>())),
        ("is_dnp", Arc::new(lines.iter().map(|(_, line)| Some(line.minutes.is_none())).collect::<BooleanArray>())),
        ("processed_at", instants(lines.iter().map(|(_, line)| line.processed_at))),
    ];
    save(columns, path)
}

pub(super) fn team_game_summary(season: &Season, path: &Path) -> anyhow::Result<()> {
    let lines: Vec<(&Game, &TeamLine)> =
        season.games.iter().flat_map(|game| game.teams.iter().map(move |line| (game, line))).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("game_id", text(lines.iter().map(|(game, _)| Some(game.game_id.as_str())))),
        ("team_abbr", text(lines.iter().map(|(_, line)| Some(line.team)))),
        ("game_date", days(lines.iter().map(|(game, _)| game.date))),
        ("points", Arc::new(lines.iter().map(|(_, line)| Some(line.points)).collect::<Int64Array>())),
        ("fg_attempts", Arc::new(lines.iter().map(|(_, line)| Some(line.fg_attempts)).collect::<Int64Array>())),
        ("possessions", Arc::new(lines.iter().map(|(_, line)| Some(line.possessions)).collect::<Float64Array>())),
        ("processed_at", instants(lines.iter().map(|(_, line)| line.processed_at))),
    ];
    save(columns, path)
}

fn text<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn days(dates: impl Iterator<Item = Date>) -> ArrayRef {
    let epoch = jiff::civil::date(1970, 1, 1);
    Arc::new(dates.map(|date| Some((date - epoch).get_days())).collect::<Date32Array>())
}

fn instants(micros: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(micros.map(Some).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

fn save(columns: Vec<(&str, ArrayRef)>, path: &Path) -> anyhow::Result<()> {
    let batch = RecordBatch::try_from_iter(columns)?;
    let properties =
        WriterProperties::builder().set_compression(Compression::SNAPPY).set_created_by(CREATED_BY.to_owned()).build();
    let mut writer = ArrowWriter::try_new(fs_err::File::create(path)?, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}
