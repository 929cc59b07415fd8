//! How the API is served.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::{Router, serve as serve_http};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::clock::Clock;

use super::connection::{Connections, Peer};
use super::control::Control;
use super::gate::{self, Gate};
use super::limit::Limits;
use super::metrics::Metrics;
use super::problem::{Kind, Problem};
use super::routes::{self, Served};

/// The largest body that is read.
pub(super) const BODY_BYTES_MAX: usize = 64 << 10;
/// The longest address, with its query.
const ADDRESS_BYTES_MAX: usize = 8 << 10;
/// All headers together.
const HEADER_BYTES_MAX: usize = 16 << 10;
/// The longest time for an answer, the arrival of the body included.
const ANSWER: Duration = Duration::from_secs(30);
/// How long answers under way may take when the server stops.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// What a server needs beside its host.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The clock of the host.
    pub clock: Clock,
    /// What `/metrics` tells.
    pub metrics: Arc<Metrics>,
}

/// Serves the API on `listener` until `shutdown` completes: then takes no more connections, and returns when requests
/// under way are answered, after 5 seconds at the latest.
///
/// # Cancel safety
/// Dropped, no more connections are taken; requests under way are answered as long as the runtime lives.
pub async fn serve(
    listener: TcpListener,
    control: Arc<dyn Control>,
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let loopback = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    let gate = Arc::new(Gate { control: Arc::clone(&control), limits: Limits::new(), loopback });
    let router = router(gate, Served { control, settings });
    let service = router.into_make_service_with_connect_info::<Peer>();
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    let shutdown = async move {
        shutdown.await;
        stop.notify_one();
    };
    let serving = serve_http(Connections::of(listener), service).with_graceful_shutdown(shutdown);
    tokio::select! {
        // It never fails: a connection that cannot be taken is tried again.
        _ = serving.into_future() => {}
        () = last_answers(&stopped) => tracing::warn!("requests were still under way when the API stopped"),
    }
}

/// Completes when no more time is left for answers.
async fn last_answers(stopped: &Notify) {
    stopped.notified().await;
    tokio::time::sleep(LAST_ANSWERS).await;
}

fn router(gate: Arc<Gate>, served: Served) -> Router {
    let (router, _) = routes::all().split_for_parts();
    router
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .with_state(served)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(gate, gate::pass))
        .layer(middleware::from_fn(bounded))
}

async fn no_such_route() -> Problem {
    Problem::new(Kind::NoSuchRoute, "nothing is served at that address").with_hint("`GET /openapi.json` lists what is")
}

async fn no_such_method() -> Problem {
    Problem::new(Kind::NoSuchMethod, "something is served at that address, but not for that method")
        .with_hint("`GET /openapi.json` lists what is")
}

/// Answers within bounds, or says which one was met.
async fn bounded(request: Request, next: Next) -> Response {
    let mut response = match within_bounds(&request) {
        Err(problem) => problem.into_response(),
        Ok(()) => in_time(next.run(request)).await,
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn in_time(answer: impl Future<Output = Response>) -> Response {
    tokio::time::timeout(ANSWER, answer).await.unwrap_or_else(|_| {
        let seconds = ANSWER.as_secs();
        let detail = format!("there is no answer after {seconds} s; what was asked for may be done all the same");
        Problem::new(Kind::TooSlow, detail).into_response()
    })
}

fn within_bounds(request: &Request) -> Result<(), Problem> {
    let uri = request.uri();
    let address = uri.path_and_query().map_or(0, |address| address.as_str().len());
    if address > ADDRESS_BYTES_MAX {
        let detail = format!("an address has at most {ADDRESS_BYTES_MAX} bytes");
        return Err(Problem::new(Kind::AddressTooLong, detail));
    }
    if header_bytes(request.headers()) > HEADER_BYTES_MAX {
        let detail = format!("headers have at most {HEADER_BYTES_MAX} bytes together");
        return Err(Problem::new(Kind::HeadersTooLarge, detail));
    }
    Ok(())
}

fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;
    use crate::clock;

    #[tokio::test(start_paused = true)]
    async fn the_last_answers_have_their_time_and_no_more() {
        let stopped = Notify::new();
        let began = clock::monotonic();
        let stop = async {
            tokio::time::advance(Duration::from_secs(60)).await;
            stopped.notify_one();
        };
        tokio::join!(last_answers(&stopped), stop);
        assert_eq!(began.elapsed(), Duration::from_secs(60) + LAST_ANSWERS);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_takes_too_long_is_not_waited_for() {
        let began = clock::monotonic();
        let answer = in_time(std::future::pending()).await;
        assert_eq!((answer.status(), began.elapsed()), (StatusCode::SERVICE_UNAVAILABLE, ANSWER));
    }
}
