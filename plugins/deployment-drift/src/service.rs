//! What is deployed of a service, and what has been changed.

use std::collections::BTreeMap;

use assay_sdk::{Context, Error, Row, Timestamp, query};

use crate::settings::{Changes, Deployments, Settings, UnknownCommit};

/// A service with changes.
pub(crate) struct Service {
    /// Its name.
    pub(crate) name: String,
    /// Its newest change.
    pub(crate) released: Commit,
    /// Its changes.
    pub(crate) changes: u64,
    /// What is deployed; none for never.
    pub(crate) deployed: Option<Deployed>,
    /// Paths of changes that are not deployed, some of them.
    pub(crate) paths: Option<String>,
}

/// A commit, and when it came.
pub(crate) struct Commit {
    /// Its identity.
    pub(crate) id: String,
    /// When it was made or deployed.
    pub(crate) at: Timestamp,
}

/// What is deployed.
pub(crate) struct Deployed {
    /// The commit, and when it was deployed.
    pub(crate) commit: Commit,
    /// What it lacks; none when nobody knows.
    pub(crate) lacks: Option<Lacks>,
}

/// The changes that a deployed commit lacks.
pub(crate) struct Lacks {
    /// How many.
    pub(crate) changes: u64,
    /// The first of them; none when there is none.
    pub(crate) since: Option<Timestamp>,
}

/// Asks for every service by name: none for one that was deployed and has no change.
pub(crate) fn ask(
    context: &Context,
    source: &str,
    settings: &Settings,
) -> Result<BTreeMap<String, Option<Service>>, Error> {
    let statement = query(source, sql(settings)).bind("now", context.scheduled_for());
    let statement = match &settings.services {
        Some(services) => statement.bind("services", services.clone()),
        None => statement,
    };
    let mut services = BTreeMap::new();
    for row in statement.fetch_whole()? {
        let (name, service) = read(&row)?;
        if services.insert(name.clone(), service).is_some() {
            return Err(Error::new(format!("the query returned `{name}` twice")));
        }
    }
    Ok(services)
}

/// A service by name; none for one without a change.
fn read(row: &Row) -> Result<(String, Option<Service>), Error> {
    let count = |column| Ok::<_, Error>(row.get::<i64>(column)?.unsigned_abs());
    let named: Option<String> = row.get("service")?;
    let of = named.as_deref().map_or_else(|| "no service".to_owned(), |name| format!("`{name}`"));
    for (column, what) in [("broken_deployments", "deployments"), ("broken_changes", "changes")] {
        let broken = count(column)?;
        if broken > 0 {
            return Err(Error::new(format!("{broken} {what} of {of} lack a service, a commit or a time")));
        }
    }
    let name = named.ok_or_else(|| Error::new("the query returned a service without a name"))?;
    let (deployments, changes) = (count("deployments")?, count("changes")?);
    let time = |column| row.get::<Option<Timestamp>>(column);
    let text = |column| row.get::<Option<String>>(column);
    let torn = || Error::new(format!("what the query says of `{name}` contradicts itself"));
    let commit = |id: Option<String>, at: Option<Timestamp>| Some(Commit { id: id?, at: at? });
    let deployed = commit(text("deployed_commit")?, time("deployed_at")?);
    if (deployments > 0) != deployed.is_some() {
        return Err(torn());
    }
    if count("current_commits")? > 1 {
        return Err(Error::new(format!("two commits of `{name}` were deployed at the very same instant")));
    }
    let released = commit(text("released_commit")?, time("released_at")?);
    if (changes > 0) != released.is_some() {
        return Err(torn());
    }
    let paths = text("paths")?;
    // Looked at also where it is not needed: what is torn is torn.
    let (lacking, since) = (count("lacking")?, time("lacking_since")?);
    if (lacking > 0) != since.is_some() {
        return Err(torn());
    }
    let holds_until = time("holds_until")?;
    let Some(released) = released else { return Ok((name, None)) };
    let lacks = holds_until.map(|_| Lacks { changes: lacking, since });
    let deployed = deployed.map(|commit| Deployed { commit, lacks });
    let service = Service { name: name.clone(), released, changes, deployed, paths };
    Ok((name, Some(service)))
}

/// One row a service that is looked at, of either table, and one of what belongs to none.
fn sql(settings: &Settings) -> String {
    let Deployments { table, service_column, commit_column, time_column } = &settings.deployments;
    let deployments = format!(
        "SELECT CAST({service_column} AS STRING) AS service, CAST({commit_column} AS STRING) AS id, \
         {time_column} AS happened_at, MAX({time_column}) OVER (PARTITION BY CAST({service_column} AS STRING)) AS newest \
         FROM {table} WHERE {time_column} <= @now OR {time_column} IS NULL"
    );
    let Changes { table, service_column, commit_column, time_column, path_column } = &settings.changes;
    let path = path_column.as_ref().map_or("NULL".to_owned(), ToString::to_string);
    let made = format!(
        "SELECT CAST({service_column} AS STRING) AS service, CAST({commit_column} AS STRING) AS id, \
         {time_column} AS happened_at, CAST({path} AS STRING) AS path \
         FROM {table} WHERE {time_column} <= @now OR {time_column} IS NULL"
    );
    // The newest change of a path is deployed only if all of them are.
    let changes = format!(
        "SELECT *, MAX(IF(id IS NULL, NULL, happened_at)) OVER (PARTITION BY service) AS newest, \
         ROW_NUMBER() OVER (PARTITION BY service, path ORDER BY happened_at DESC, id) = 1 AS is_last_of_path \
         FROM ({made}) AS made"
    );
    let holds_until = match settings.unknown_commit {
        UnknownCommit::Fail => "known.committed_at",
        UnknownCommit::ByTime => "COALESCE(known.committed_at, deployed.deployed_at)",
    };
    let looked_at = match &settings.services {
        Some(_) => {
            " WHERE COALESCE(placed.service, changes.service) IS NULL \
             OR COALESCE(placed.service, changes.service) IN UNNEST(@services)"
        }
        None => "",
    };
    format!(
        "WITH changes AS ({changes}), \
         deployed AS (\
         SELECT service, COUNT(*) AS deployments, MAX(happened_at) AS deployed_at, \
         MAX(IF(happened_at = newest, id, NULL)) AS id, COUNT(DISTINCT IF(happened_at = newest, id, NULL)) AS current_commits, \
         COUNTIF(service IS NULL OR id IS NULL OR happened_at IS NULL) AS broken \
         FROM ({deployments}) AS all_deployments GROUP BY service), \
         known AS (SELECT id, MIN(happened_at) AS committed_at FROM changes WHERE id IS NOT NULL GROUP BY id), \
         placed AS (SELECT deployed.service, deployed.deployments, deployed.deployed_at, deployed.id, \
         deployed.current_commits, deployed.broken, {holds_until} AS holds_until \
         FROM deployed LEFT JOIN known ON known.id = deployed.id) \
         SELECT COALESCE(placed.service, changes.service) AS service, \
         COALESCE(MAX(placed.deployments), 0) AS deployments, MAX(placed.deployed_at) AS deployed_at, \
         MAX(placed.id) AS deployed_commit, COALESCE(MAX(placed.current_commits), 0) AS current_commits, \
         COALESCE(MAX(placed.broken), 0) AS broken_deployments, MAX(placed.holds_until) AS holds_until, \
         COUNT(DISTINCT changes.id) AS changes, MAX(changes.happened_at) AS released_at, \
         MIN(IF(changes.happened_at = changes.newest, changes.id, NULL)) AS released_commit, \
         COUNTIF(placed.service IS NULL AND changes.service IS NULL AND changes.happened_at IS NOT NULL \
         OR changes.happened_at IS NULL AND (changes.id IS NOT NULL OR changes.service IS NOT NULL) \
         OR changes.id IS NULL AND changes.happened_at IS NOT NULL) AS broken_changes, \
         COUNT(DISTINCT IF(changes.happened_at > placed.holds_until, changes.id, NULL)) AS lacking, \
         MIN(IF(changes.happened_at > placed.holds_until, changes.happened_at, NULL)) AS lacking_since, \
         STRING_AGG(IF(changes.happened_at > placed.holds_until AND changes.is_last_of_path, changes.path, NULL), ', ' \
         ORDER BY changes.path LIMIT 5) AS paths \
         FROM placed FULL JOIN changes ON changes.service = placed.service{looked_at} \
         GROUP BY COALESCE(placed.service, changes.service)"
    )
}
