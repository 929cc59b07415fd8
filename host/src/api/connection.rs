//! Connections: so many at once, and each for so long as its requests are answered.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

use crate::clock;

/// Connections at once; more wait until one ends.
const CONNECTIONS_MAX: usize = 256;
/// The longest time from the first byte of a request to its answer, or from an answer to the next request. Longer than
/// an answer may take, so that only one who does not finish a request, or sends none, runs into it.
pub(super) const PATIENCE: Duration = Duration::from_secs(75);

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

impl Connected<IncomingStream<'_, Connections>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Connections>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Takes connections, so many at once.
#[derive(Debug)]
pub(super) struct Connections {
    listener: TcpListener,
    places: Arc<Semaphore>,
}

impl Connections {
    pub(super) fn of(listener: TcpListener) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(CONNECTIONS_MAX)) }
    }
}

impl Listener for Connections {
    type Io = Connection<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let place = match Arc::clone(&self.places).acquire_owned().await {
            Ok(place) => place,
            // Nobody closes it.
            Err(_) => std::future::pending().await,
        };
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        (Connection::new(stream, place), peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that fails when nothing has been answered for [`PATIENCE`].
#[derive(Debug)]
pub(super) struct Connection<S> {
    stream: S,
    patience: Pin<Box<Sleep>>,
    /// Something was answered, and nothing was asked since.
    is_idle: bool,
    _place: OwnedSemaphorePermit,
}

impl<S> Connection<S> {
    fn new(stream: S, place: OwnedSemaphorePermit) -> Self {
        Self { stream, patience: Box::pin(tokio::time::sleep(PATIENCE)), is_idle: true, _place: place }
    }

    fn wait_anew(&mut self) {
        self.patience.as_mut().reset(clock::monotonic() + PATIENCE);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.patience.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let outcome = ready!(Pin::new(&mut self.stream).poll_read(cx, buf));
        if self.is_idle {
            self.is_idle = false;
            self.wait_anew();
        }
        Poll::Ready(outcome)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, buf) {
            Poll::Ready(written) => {
                self.is_idle = true;
                self.wait_anew();
                Poll::Ready(written)
            }
            Poll::Pending if self.patience.as_mut().poll(cx).is_ready() => {
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    use super::*;

    fn connected() -> (Connection<DuplexStream>, DuplexStream, Arc<Semaphore>) {
        let (near, far) = tokio::io::duplex(64);
        let places = Arc::new(Semaphore::new(1));
        let place = Arc::clone(&places).try_acquire_owned().unwrap();
        (Connection::new(near, place), far, places)
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_byte_after_byte_and_finishes_no_request_is_cut_off() {
        let (mut connection, mut far, _places) = connected();
        let began = clock::monotonic();
        let error = loop {
            far.write_all(b"x").await.unwrap();
            match connection.read_u8().await {
                Ok(_) => tokio::time::advance(Duration::from_secs(10)).await,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed(), Duration::from_secs(80), "at the first byte after 75 s");
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_again_and_again_stays() {
        let (mut connection, mut far, _places) = connected();
        for _ in 0..20 {
            tokio::time::advance(Duration::from_secs(70)).await;
            far.write_all(b"?").await.unwrap();
            assert_eq!(connection.read_u8().await.unwrap(), b'?');
            // The answer takes its time too: what counts begins anew with the request.
            tokio::time::advance(Duration::from_secs(30)).await;
            connection.write_all(b"!").await.unwrap();
            assert_eq!(far.read_u8().await.unwrap(), b'!');
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_take_the_answer_is_cut_off() {
        let (mut connection, _far, _places) = connected();
        let error = connection.write_all(&[b'!'; 1_000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_cut_off_and_gives_up_its_place() {
        let (mut connection, _far, places) = connected();
        let began = clock::monotonic();
        assert_eq!(connection.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed(), PATIENCE);
        assert_eq!(places.available_permits(), 0);
        drop(connection);
        assert_eq!(places.available_permits(), 1);
    }
}
