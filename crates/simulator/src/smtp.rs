//! The mail catcher: SMTP as `mailin` knows it, over plain TCP. It takes everything and sends
//! nothing on. By the recipient's local part it misbehaves: `bounce` 550, `busy` 451,
//! `greylist` 451 once and then fine, `cut` takes the mail and drops the line without a word, what
//! begins with `slow` is taken and hears of it a while later.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mailin::{Action, Handler, Response, Session, SessionBuilder, response};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::mailbox::Mail;
use crate::state::State;

/// Bytes of one line; RFC 5321 allows 1,000 in a mail's text.
const LINE_BYTES_MAX: u64 = 64 * 1024;
/// Bytes of one mail.
const MAIL_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Silence after which a client is dropped (RFC 5321, 4.5.3.2).
const IDLE_TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// How long whoever is `slow` is kept waiting after the mail was taken.
const SLOW: Duration = Duration::from_millis(400);
/// Open connections.
const CONNECTIONS_MAX: usize = 256;

pub(crate) async fn serve(listener: TcpListener, state: Arc<State>, shutdown: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(_) if connections.len() >= CONNECTIONS_MAX => {}
            Ok((stream, peer)) => {
                let connection = converse(stream, peer, Arc::clone(&state));
                let shutdown = shutdown.clone();
                connections.spawn(async move {
                    tokio::select! {
                        () = shutdown.cancelled() => {}
                        result = connection => if let Err(error) = result {
                            tracing::debug!(%error, "a mail client went away");
                        }
                    }
                });
            }
            Err(error) => tracing::warn!(%error, "cannot accept a mail client"),
        }
    }
    connections.close();
    connections.wait().await;
}

async fn converse(stream: TcpStream, peer: SocketAddr, state: Arc<State>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    state.mailbox().connect();
    let cut = Arc::new(AtomicBool::new(false));
    let slow = Arc::new(AtomicBool::new(false));
    let catcher = Catcher::new(state, Arc::clone(&cut), Arc::clone(&slow));
    let mut session = SessionBuilder::new("simulator.invalid").build(peer.ip(), catcher);
    let mut stream = BufReader::new(stream);
    write(&mut stream, &session.greeting()).await?;
    while let Some(response) = next(&mut stream, &mut session).await? {
        if cut.load(Ordering::Relaxed) {
            break;
        }
        if slow.swap(false, Ordering::Relaxed) {
            tokio::time::sleep(SLOW).await;
        }
        match response.action {
            Action::NoReply => {}
            Action::Close => return write(&mut stream, &response).await,
            Action::Reply | Action::UpgradeTls => write(&mut stream, &response).await?,
        }
    }
    Ok(())
}

/// One line in, one response out; none at the end of the stream or of our patience.
async fn next(
    stream: &mut BufReader<TcpStream>,
    session: &mut Session<Catcher>,
) -> std::io::Result<Option<Response>> {
    let mut line = Vec::new();
    let mut bounded = stream.take(LINE_BYTES_MAX);
    let read = tokio::time::timeout(IDLE_TIMEOUT, bounded.read_until(b'\n', &mut line)).await;
    let Ok(read) = read else { return Ok(None) };
    Ok((read? > 0).then(|| session.process(&line)))
}

async fn write(stream: &mut BufReader<TcpStream>, response: &Response) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    response.write_to(&mut bytes)?;
    stream.write_all(&bytes).await?;
    stream.flush().await
}

/// What the catcher says to each command.
struct Catcher {
    state: Arc<State>,
    cut: Arc<AtomicBool>,
    slow: Arc<AtomicBool>,
    from: String,
    to: Vec<String>,
    raw: Vec<u8>,
}

impl Catcher {
    fn new(state: Arc<State>, cut: Arc<AtomicBool>, slow: Arc<AtomicBool>) -> Self {
        Self {
            state,
            cut,
            slow,
            from: String::new(),
            to: Vec::new(),
            raw: Vec::new(),
        }
    }

    fn refuse(&self, code: u16, message: &str) -> Response {
        self.state.mailbox().refuse();
        Response::custom(code, message.to_owned())
    }
}

impl Handler for Catcher {
    fn mail(&mut self, _ip: IpAddr, _domain: &str, from: &str) -> Response {
        self.from = from.to_owned();
        self.to.clear();
        self.raw.clear();
        response::OK
    }

    fn rcpt(&mut self, to: &str) -> Response {
        match to.split('@').next().unwrap_or_default() {
            "bounce" => return self.refuse(550, "5.1.1 no such user here"),
            "busy" => return self.refuse(451, "4.3.2 try again later"),
            "greylist" if !self.state.mailbox().tried_before(to) => {
                return self.refuse(451, "4.7.1 greylisted, try again");
            }
            _ => {}
        }
        self.to.push(to.to_owned());
        response::OK
    }

    fn data(&mut self, line: &[u8]) -> std::io::Result<()> {
        if self.raw.len() + line.len() > MAIL_BYTES_MAX {
            return Err(std::io::Error::other("the mail is too large"));
        }
        self.raw.extend_from_slice(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mail = Mail::parse(&self.from, &self.to, &self.raw);
        self.raw = Vec::new();
        let cut = mail.to.iter().any(|to| to.starts_with("cut@"));
        self.cut.store(cut, Ordering::Relaxed);
        let slow = mail.to.iter().any(|to| to.starts_with("slow"));
        self.slow.store(slow, Ordering::Relaxed);
        self.state.mailbox().take(mail);
        response::OK
    }
}
