//! `assay init`: a first project that runs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::admission::PluginFolder;
use crate::clock::Clock;
use crate::config::STARTER;

use super::args::InitArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::render;

/// Days of sample data.
const SAMPLE_DAYS: i64 = 30;
/// Sample rows a day.
const SAMPLE_ROWS: u32 = 24;

/// Writes a configuration, sample data and the shipped plugins; all of it or nothing.
pub(super) fn init(args: &InitArgs) -> Result<ExitCode, Failure> {
    let folder = &args.folder;
    for name in ["assay.toml", "data", "plugins"] {
        let path = folder.join(name);
        if path.exists() {
            let error = anyhow::anyhow!("`{}` is already there", path.display());
            return Err(Failure::usage(error, "name a new folder: `assay init FOLDER`"));
        }
    }
    let plugins = shipped_plugins(args.plugins.as_deref())?;
    let today = Clock::system().now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    write(folder, &plugins, today).map_err(|error| Failure::usage(error, "name a folder that can be written"))?;
    let place = if folder == Path::new(".") { String::new() } else { format!("cd {} && ", folder.display()) };
    render::out(&format!(
        "wrote {}, sample data and {} plugins\nnext: {place}assay run",
        folder.join("assay.toml").display(),
        plugins.len()
    ))?;
    Ok(Exit::Ok.code())
}

/// The built plugins, from the folder named or from beside this program.
fn shipped_plugins(named: Option<&Path>) -> Result<Vec<PathBuf>, Failure> {
    let candidates = match named {
        Some(folder) => vec![folder.to_owned()],
        None => {
            let program = std::env::current_exe()?;
            // Beside the program, in an installation's share, or one up, where a build puts them.
            program
                .ancestors()
                .skip(1)
                .take(2)
                .flat_map(|folder| [folder.join("plugins"), folder.join("share/assay/plugins")])
                .collect()
        }
    };
    let plugins = candidates.iter().find_map(|folder| {
        let files = PluginFolder::new(folder.clone()).files().ok()?;
        let named: Vec<_> = files.into_iter().filter(|file| file.reference.is_some()).map(|file| file.path).collect();
        (!named.is_empty()).then_some(named)
    });
    plugins.ok_or_else(|| {
        let looked: Vec<_> = candidates.iter().map(|folder| folder.display().to_string()).collect();
        let error = anyhow::anyhow!("there are no built plugins in {}", looked.join(", "));
        Failure::usage(error, "build them with `cargo xtask build-plugins`, or name their folder: `--plugins DIR`")
    })
}

fn write(folder: &Path, plugins: &[PathBuf], today: Date) -> std::io::Result<()> {
    fs_err::create_dir_all(folder)?;
    // Everything is made under a name of its own first; what is half done never looks like a project.
    let draft = folder.join(".assay-init");
    fs_err::create_dir(&draft)?;
    let written = (|| {
        fs_err::create_dir(draft.join("data"))?;
        fs_err::create_dir(draft.join("plugins"))?;
        fs_err::write(draft.join("data/orders.csv"), orders(today))?;
        fs_err::write(draft.join("data/calendar.csv"), calendar(today))?;
        fs_err::write(draft.join("assay.toml"), STARTER)?;
        for plugin in plugins {
            let name = plugin.file_name().expect("a listed file has a name");
            fs_err::copy(plugin, draft.join("plugins").join(name))?;
        }
        for name in ["data", "plugins", "assay.toml"] {
            fs_err::rename(draft.join(name), folder.join(name))?;
        }
        Ok(())
    })();
    let cleared = fs_err::remove_dir_all(&draft);
    written.and(cleared)
}

/// How many orders each day should have, from the first day of the sample to a year from today.
fn calendar(today: Date) -> String {
    let mut csv = "day,expected_orders\n".to_owned();
    let first = today.saturating_sub((SAMPLE_DAYS - 1).days());
    for day in first.series(1.day()).take_while(|day| *day <= today.saturating_add(1.year())) {
        writeln!(csv, "{day},{SAMPLE_ROWS}").expect("writing to a string cannot fail");
    }
    csv
}

/// Orders of the last days, today included.
fn orders(today: Date) -> String {
    let mut csv = "order_id,order_date,customer,amount\n".to_owned();
    let mut order_id = 1_000;
    for back in (0..SAMPLE_DAYS).rev() {
        let day = today.saturating_sub(back.days());
        for row in 0..SAMPLE_ROWS {
            order_id += 1;
            let customer = (order_id * 7919) % 97 + 1;
            let cents = (order_id * 104_729) % 20_000 + 500 + row;
            writeln!(csv, "{order_id},{day},c{customer:03},{}.{:02}", cents / 100, cents % 100)
                .expect("writing to a string cannot fail");
        }
    }
    csv
}
