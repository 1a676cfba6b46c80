//! Hands a command from the command line to the running program, which has the data.
//!
//! A running program listens on a loopback port of its own, and writes the port and a token into a
//! file that only its owner can read. A command that finds the data directory locked sends its
//! arguments there and prints the answer. It works the same on every operating system.

mod client;
mod pipe;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path as FilePath, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc as blocking},
    thread,
    time::Instant,
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
use weft_shared::id::sha256;

pub use self::client::Client;
use self::{
    client::Found,
    pipe::{Kind, Pipe},
};
use crate::{
    data_dir::{DataDir, DataDirError, Layout},
    http::{self, Listener},
    limits,
    output::{Asker, ExitCode, Io},
    random::random_hex,
    task,
};

/// A command as typed, for the program that runs it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Call {
    /// The arguments, including the program's name.
    pub arguments: Vec<String>,
    /// The directory in which it was typed; relative paths start there.
    pub directory: PathBuf,
    /// The program's settings in the environment (`WEFT_...`).
    pub environment: BTreeMap<String, String>,
    /// Whether someone at a terminal can be asked.
    pub terminal: bool,
    /// The text of its standard input, if an argument is `-`.
    #[serde(default)]
    pub input: Option<String>,
}

impl Call {
    /// Returns the call of this process, without its standard input.
    ///
    /// # Errors
    /// If the current directory is gone.
    pub fn of_process() -> io::Result<Self> {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let environment = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
        Ok(Self {
            arguments: std::env::args_os().map(text).collect(),
            directory: std::env::current_dir()?,
            environment: environment
                .filter(|(name, _)| name.starts_with("WEFT_"))
                .collect(),
            terminal: crate::output::is_terminal(),
            input: None,
        })
    }
}

/// Runs a command inside the running program, on a separate thread.
pub type Handler = Arc<dyn Fn(Call, &mut Io) -> ExitCode + Send + Sync>;

/// The place where a command can do its work.
#[derive(Debug)]
pub enum Reach {
    /// In the running program that uses this data directory.
    Running(Client),
    /// Here: no program runs, and this process has opened the directory.
    Free(DataDir),
}

/// Finds out whether a program uses the directory at `path`, and opens it if none does.
///
/// # Errors
/// If the directory cannot be used, or is held by something that does not answer.
pub fn reach(path: &FilePath, layout: Layout) -> Result<Reach, DataDirError> {
    reach_as(path, layout, false)
}

/// Does the same, and sets up an empty or missing directory, which then [is
/// new](DataDir::is_new).
///
/// # Errors
/// If the directory cannot be used, or is held by something that does not answer.
pub fn reach_or_begin(path: &FilePath, layout: Layout) -> Result<Reach, DataDirError> {
    reach_as(path, layout, true)
}

fn reach_as(path: &FilePath, layout: Layout, create: bool) -> Result<Reach, DataDirError> {
    let until = Instant::now() + limits::LOCK_WAIT_MAX;
    loop {
        match DataDir::try_open(path, layout, create) {
            Ok(dir) => return Ok(Reach::Free(dir)),
            Err(error @ DataDirError::InUse { .. }) => {
                if let Some(found) = other_program(path, layout) {
                    return Err(DataDirError::OtherProgram {
                        path: path.to_owned(),
                        found,
                        program: layout.program,
                    });
                }
                match Client::find(path) {
                    Found::Running(client) => return Ok(Reach::Running(client)),
                    Found::Silent => {
                        return Err(DataDirError::Silent {
                            path: path.to_owned(),
                            program: layout.program,
                        });
                    }
                    Found::Nothing => {}
                }
                // The holder is a short command, or a program that is starting or stopping.
                if Instant::now() >= until {
                    return Err(error);
                }
                thread::sleep(limits::LOCK_POLL_INTERVAL);
            }
            // A program may be running on a directory that it has yet to complete.
            Err(error @ DataDirError::Missing { .. }) => {
                return match Client::find(path) {
                    Found::Running(client) => Ok(Reach::Running(client)),
                    Found::Silent | Found::Nothing => Err(error),
                };
            }
            Err(error) => return Err(error),
        }
    }
}

/// The running program's side. Commands find it until it is dropped.
pub struct Control {
    task: JoinHandle<()>,
    file: PathBuf,
}

impl Control {
    /// Starts to serve commands for the data directory `dir`.
    ///
    /// # Errors
    /// If no loopback port is available, or the token file cannot be written.
    pub async fn start(dir: &DataDir, handler: Handler) -> Result<Self, ControlError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(ControlError::Listen)?;
        let address = listener.local_addr().map_err(ControlError::Listen)?;
        let token = random_hex::<32>();
        let server = Arc::new(Server {
            token_hash: hash(&token),
            host: address.to_string(),
            handler,
            questions: Mutex::new(BTreeMap::new()),
            free: Arc::new(Semaphore::new(limits::CONTROL_CALLS_MAX)),
        });
        let router = router(server);
        let task = task::spawn(async move {
            http::serve(
                vec![Listener::Port(listener)],
                router,
                std::future::pending(),
            )
            .await;
        });
        let line = format!("{address} {token} {}\n", dir.layout().program);
        dir.write_secret(CONTROL_FILE, line.as_bytes())?;
        Ok(Self {
            task,
            file: dir.path(CONTROL_FILE),
        })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.task.abort();
        // A file left behind names a port on which nothing answers.
        let _stays = std::fs::remove_file(&self.file);
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// The reason a command could not be handed to the running program, or served by it.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No loopback port is available.
    #[error("no loopback port can be had for commands")]
    Listen(#[source] io::Error),
    /// The token file cannot be written.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The program ended, or gave an unexpected answer.
    #[error(
        "the running program ended before the command did; what it had reported as done is done. \
         Whether the rest was saved, the list of what the command changes shows (such as \
         `observation list`, `initiative list` or `location list`); if it was not, repeat the \
         command"
    )]
    Broken(#[source] io::Error),
    /// The program has stopped answering.
    #[error(
        "the running program has stopped answering: it may be stopped or suspended, or this \
         computer is overloaded. The command may still be done; once the program answers, the \
         list of what the command changes shows that"
    )]
    Silent,
    /// The output of the command cannot be written to its destination.
    #[error(
        "the output could not be written, so some of it is missing; what the command did is done. \
         Make room, or send the output elsewhere"
    )]
    Unwritten(#[source] io::Error),
    /// The program already serves as many commands as it can.
    #[error("the running program is busy with other commands; try again in a moment")]
    Busy,
}

/// Waits for a request to end the program: Ctrl-C, or the system's signal. Requests count from this
/// call on, so call it before announcing that the program is ready.
#[cfg(unix)]
pub fn shutdown_asked() -> impl Future<Output = ()> + Send {
    use tokio::signal::unix::{SignalKind, signal};

    let heard = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    async move {
        let [mut interrupt, mut terminate] = heard.map(|heard| {
            heard
                .inspect_err(|error| tracing::error!(%error, "a wish to end cannot be heard"))
                .ok()
        });
        tokio::select! {
            Some(()) = async { interrupt.as_mut()?.recv().await } => {}
            Some(()) = async { terminate.as_mut()?.recv().await } => {}
            else => std::future::pending().await,
        }
    }
}

/// Waits for a request to end the program: Ctrl-C.
#[cfg(not(unix))]
pub async fn shutdown_asked() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "Ctrl-C cannot be heard");
        std::future::pending::<()>().await;
    }
}

struct Server {
    token_hash: [u8; 32],
    host: String,
    handler: Handler,
    /// The channels for answers to open questions, by the id of their call.
    questions: Mutex<BTreeMap<String, blocking::SyncSender<Option<String>>>>,
    free: Arc<Semaphore>,
}

fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/here", get(async || GREETING))
        .route("/run", post(run))
        .route("/answer/{call}", post(answer))
        .layer(DefaultBodyLimit::max(limits::CONTROL_CALL_BYTES_MAX))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&server),
            only_with_token,
        ))
        .with_state(server)
}

/// Admits only programs that can read the token file. A web page cannot, whatever it sends.
async fn only_with_token(
    State(server): State<Arc<Server>>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    if text(headers, header::HOST) != Some(&server.host) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let token = text(headers, header::AUTHORIZATION).and_then(|text| text.strip_prefix("Bearer "));
    if headers.contains_key(header::ORIGIN)
        || token.is_none_or(|token| hash(token) != server.token_hash)
    {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    next.run(request).await
}

async fn run(State(server): State<Arc<Server>>, Json(call): Json<Call>) -> Response {
    let Ok(permit) = Arc::clone(&server.free).try_acquire_owned() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let id = random_hex::<16>();
    let (pipe, body) = pipe::pair();
    let headers = [(CALL_HEADER, id.clone())];
    // The thread ends with the command. Nothing waits for it: its output reports its end.
    drop(tokio::task::spawn_blocking(move || {
        let code = serve_call(&server, call, &id, &pipe);
        server
            .questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
        // The caller may be gone; the command is done all the same.
        let _gone = pipe.send(Kind::Exit, &[code.number()]);
        drop(permit);
    }));
    (headers, body).into_response()
}

fn serve_call(server: &Arc<Server>, call: Call, id: &str, pipe: &Pipe) -> ExitCode {
    let ask = call
        .terminal
        .then(|| asker(Arc::clone(server), id.to_owned(), pipe.clone()));
    let (out, err) = (pipe.writer(Kind::Out), pipe.writer(Kind::Err));
    let mut io = Io::new(Box::new(io::BufWriter::new(out)), Box::new(err), ask);
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let code = (server.handler)(call, &mut io);
        // The caller may be gone; the command is done all the same.
        let _gone = io.flush();
        code
    }));
    ran.unwrap_or_else(|_| {
        tracing::error!("a command panicked");
        let text = b"a fault in this program: the command was given up; please report it\n";
        // The caller may be gone; the log has the fault.
        let _gone = pipe.send(Kind::Err, text);
        ExitCode::Failed
    })
}

/// Sends the question down the pipe and waits for its answer, which comes in another request.
fn asker(server: Arc<Server>, id: String, pipe: Pipe) -> Asker {
    Box::new(move |question| {
        let (sender, answered) = blocking::sync_channel(1);
        let mut questions = server
            .questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        questions.insert(id.clone(), sender);
        drop(questions);
        pipe.send(Kind::Question, question.as_bytes())?;
        let answer = answered.recv_timeout(limits::CONTROL_ANSWER_WAIT_MAX);
        answer.map_err(|_| io::ErrorKind::TimedOut.into())
    })
}

async fn answer(
    State(server): State<Arc<Server>>,
    Path(call): Path<String>,
    Json(answer): Json<Option<String>>,
) -> StatusCode {
    let asked = server
        .questions
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(&call);
    match asked.map(|asked| asked.try_send(answer)) {
        Some(Ok(())) => StatusCode::NO_CONTENT,
        _ => StatusCode::NOT_FOUND,
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Hashes a token for comparison, so that timing reveals nothing about it.
fn hash(token: &str) -> [u8; 32] {
    sha256("weft/control-token/1", &[token.as_bytes()])
}

/// Returns the address, token and program in the data directory's control file.
fn read_control_file(dir: &FilePath) -> Option<(SocketAddr, String, String)> {
    let line = std::fs::read_to_string(dir.join(CONTROL_FILE)).ok()?;
    let mut words = line.split_whitespace();
    let (address, token, program) = (words.next()?, words.next()?, words.next()?);
    let address: SocketAddr = address.parse().ok()?;
    address
        .ip()
        .is_loopback()
        .then(|| (address, token.to_owned(), program.to_owned()))
}

/// Returns the program that uses the directory, if it is not this one. Both have commands of the
/// same names with different meanings.
fn other_program(dir: &FilePath, layout: Layout) -> Option<String> {
    let (_, _, program) = read_control_file(dir)?;
    (program != layout.program).then_some(program)
}

const CONTROL_FILE: &str = "control";
const CALL_HEADER: &str = "weft-call";
const GREETING: &str = "weft-control/1";
