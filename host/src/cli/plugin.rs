//! `assay plugin list` and `assay plugin inspect`.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use comfy_table::{Cell, CellAlignment};
use serde::Serialize;

use crate::admission::{Admitted, Candidate, PluginFile, PluginFolder, Refusal, admit};
use crate::config::{Config, HostConfig};
use crate::model::{LimitName, Limits, PluginRef};
use crate::runner::{Event, HostError};
use crate::sandbox::{CompileCache, CompileLimits, Compiler, Sandbox};

use super::args::{PlainFormat, PluginCommand};
use super::exit::Exit;
use super::failure::Failure;
use super::progress::Progress;
use super::render::table::{heading, inert, plain, status_cell};
use super::render::{self, AdmittedView, limits};
use super::worker::program;

/// Does `assay plugin …`.
pub(super) async fn plugin(config: &Path, command: PluginCommand) -> Result<ExitCode, Failure> {
    match command {
        PluginCommand::List { format } => list(Config::load(config)?.host, format).await,
        PluginCommand::Inspect { plugin, format } => {
            // A file can be inspected anywhere; a configuration, where there is one, says what is allowed.
            let host = if config.exists() { Config::load(config)?.host } else { HostConfig::default() };
            inspect(host, &plugin, format).await
        }
    }
}

#[derive(Serialize)]
struct Listed {
    file: PathBuf,
    plugin: Option<String>,
    size_bytes: Option<u64>,
    digest: Option<String>,
    status: &'static str,
    code: Option<&'static str>,
    message: String,
}

async fn list(host: HostConfig, format: PlainFormat) -> Result<ExitCode, Failure> {
    let folder = PluginFolder::new(host.plugin_dir.clone());
    let files = folder.files().map_err(|error| {
        Failure::usage(
            error,
            "`plugins` under `[host]` names the folder; `assay init` writes one with the shipped plugins",
        )
    })?;
    let sandbox = sandbox(&host)?;
    let mut listed = Vec::new();
    for file in files {
        listed.push(look_at(&host, &sandbox, file).await);
    }
    match format {
        PlainFormat::Json => render::json(&serde_json::json!({ "plugins": listed }))?,
        PlainFormat::Table => {
            let mut table = plain();
            table.set_header(heading(["STATUS", "PLUGIN", "SIZE", "DIGEST", ""]));
            for plugin in &listed {
                let name = plugin.plugin.clone().unwrap_or_else(|| plugin.file.display().to_string());
                let size =
                    plugin.size_bytes.map_or_else(|| "–".to_owned(), |size| bytesize::ByteSize::b(size).to_string());
                let digest = plugin.digest.as_deref().map_or_else(|| "–".to_owned(), |d| d.chars().take(19).collect());
                table.add_row(vec![
                    status_cell(plugin.status),
                    Cell::new(inert(&name)),
                    Cell::new(size).set_alignment(CellAlignment::Right),
                    Cell::new(digest),
                    Cell::new(inert(&plugin.message)),
                ]);
            }
            render::out(&table.to_string())?;
        }
    }
    Ok(Exit::Ok.code())
}

async fn look_at(host: &HostConfig, sandbox: &Sandbox, file: PluginFile) -> Listed {
    let Some(reference) = file.reference else {
        return Listed {
            file: file.path,
            plugin: None,
            size_bytes: None,
            digest: None,
            status: "refused",
            code: Some("file_name"),
            message: "the name is not `<id>@<version>.wasm`".to_owned(),
        };
    };
    match load(host, sandbox, &file.path, Some(reference.clone())).await {
        Ok(plugin) => Listed {
            file: file.path,
            plugin: Some(reference.to_string()),
            size_bytes: Some(plugin.size),
            digest: Some(plugin.digest.to_string()),
            status: "admitted",
            code: None,
            message: plugin.description.title,
        },
        Err(refusal) => Listed {
            file: file.path,
            plugin: Some(reference.to_string()),
            size_bytes: None,
            digest: None,
            status: "refused",
            code: Some(refusal.code()),
            message: refusal.to_string(),
        },
    }
}

async fn inspect(host: HostConfig, plugin: &str, format: PlainFormat) -> Result<ExitCode, Failure> {
    let path = match plugin.parse::<PluginRef>() {
        Ok(reference) if !Path::new(plugin).exists() => PluginFolder::new(host.plugin_dir.clone()).path_of(&reference),
        _ => PathBuf::from(plugin),
    };
    // Who a plugin is stands in its name; a file of another name is asked, and taken at its word.
    let named = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
    let sandbox = sandbox(&host)?;
    match (load(&host, &sandbox, &path, named).await, format) {
        (Ok(plugin), PlainFormat::Json) => {
            let mut view = serde_json::to_value(AdmittedView::of(&plugin)).map_err(std::io::Error::other)?;
            view["status"] = "admitted".into();
            view["limits"] = limits::view(&plugin.limits(&host.ceilings, &[]));
            view["host_limits"] = serde_json::to_value(limits::of_host(&host)).map_err(std::io::Error::other)?;
            render::json(&view)?;
            Ok(Exit::Ok.code())
        }
        (Ok(plugin), PlainFormat::Table) => {
            show(&plugin)?;
            render::out("\nlimits")?;
            limits::table(&plugin.limits(&host.ceilings, &[]))?;
            render::out("\nlimits of the host")?;
            limits::host_table(limits::of_host(&host))?;
            Ok(Exit::Ok.code())
        }
        (Err(refusal), PlainFormat::Json) => {
            render::json(&serde_json::json!({
                "file": path, "status": "refused", "code": refusal.code(),
                "message": refusal.to_string(), "hint": refusal.hint(),
            }))?;
            Ok(Exit::Usage.code())
        }
        (Err(refusal), PlainFormat::Table) => {
            let hint = refusal.hint();
            let context = format!("{} is refused ({})", path.display(), refusal.code());
            Err(Failure::usage(anyhow::Error::new(refusal).context(context), hint))
        }
    }
}

fn show(plugin: &Admitted) -> std::io::Result<()> {
    let view = AdmittedView::of(plugin);
    render::out(&format!("{} · {}", view.plugin, inert(&view.title)))?;
    for line in view.description.lines() {
        render::out(&format!("  {}", inert(line)))?;
    }
    render::out(&format!("\nowner   {}", inert(&view.owner)))?;
    render::out(&format!("digest  {}", view.digest))?;
    render::out(&format!("size    {}", bytesize::ByteSize::b(view.size_bytes)))?;
    for (title, interfaces) in [("imports", &view.imports), ("exports", &view.exports)] {
        render::out(&format!("\n{title}"))?;
        for interface in interfaces {
            render::out(&format!("  {}  {}", interface.name, interface.functions.join(", ")))?;
        }
    }
    render::out("\nsettings (JSON Schema)")?;
    render::json(&view.settings_schema)
}

/// A sandbox for one plugin at a time, with the cache of the configuration where there is one.
fn sandbox(host: &HostConfig) -> Result<Sandbox, Failure> {
    let memory = Limits::resolve(&host.ceilings, &[]).limit(LimitName::Memory).ceiling;
    let limits = CompileLimits { time: host.compile_time, memory_bytes: host.compile_memory_bytes };
    let sandbox = Sandbox::new(NonZeroU32::MIN, memory, Compiler::new(program()?, limits)).map_err(HostError::from)?;
    // Looking at a file leaves nothing behind: a folder is not made for it.
    Ok(match host.cache_dir().is_dir().then(|| CompileCache::open(&host.cache_dir())) {
        Some(Ok(cache)) => sandbox.with_cache(cache),
        _ => sandbox,
    })
}

async fn load(
    host: &HostConfig,
    sandbox: &Sandbox,
    path: &Path,
    reference: Option<PluginRef>,
) -> Result<Admitted, Refusal> {
    let plugin = reference.as_ref().map_or_else(|| path.display().to_string(), PluginRef::to_string);
    let candidate = Candidate::read(path, reference, host.component_bytes_max)?;
    let progress = Progress::follow();
    let compiling = Event::Compiling { plugin, bytes: candidate.bytes.len() as u64 };
    let admitted = admit(candidate, sandbox, &host.ceilings, || drop(progress.events().send(compiling))).await;
    progress.done().await;
    admitted
}
