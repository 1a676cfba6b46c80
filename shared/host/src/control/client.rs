//! The command line's side.

use std::{
    fmt, io,
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::Duration,
};

use ureq::{Agent, http::Response};

use super::{
    CALL_HEADER, Call, ControlError, GREETING,
    pipe::{Kind, read_piece},
    read_control_file,
};
use crate::{
    limits,
    output::{ExitCode, Io},
};

/// A connection to the program that uses a data directory.
pub struct Client {
    agent: Agent,
    base: String,
    authorization: String,
    /// Maximum time without output.
    patience: Duration,
}

/// The state of a data directory's program.
#[derive(Debug)]
pub(super) enum Found {
    /// A program that answers.
    Running(Client),
    /// Something that accepted the call and says nothing.
    Silent,
    /// No program that accepts commands.
    Nothing,
}

impl Client {
    /// Looks for the program that uses the directory at `path`.
    pub(super) fn find(path: &Path) -> Found {
        Self::find_within(path, limits::CONTROL_SILENCE_MAX)
    }

    pub(super) fn find_within(path: &Path, patience: Duration) -> Found {
        let Some((address, token, _)) = read_control_file(path) else {
            return Found::Nothing;
        };
        let config = Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_TIME_MAX))
            .timeout_recv_response(Some(patience))
            .build();
        let client = Self {
            agent: config.new_agent(),
            base: format!("http://{address}"),
            authorization: format!("Bearer {token}"),
            patience,
        };
        let here = client.agent.get(format!("{}/here", client.base));
        let here = here.header("authorization", &client.authorization).call();
        let greeting = match here {
            Ok(mut here) => here.body_mut().read_to_string(),
            Err(error) => Err(error),
        };
        match greeting {
            Ok(greeting) if greeting == GREETING => Found::Running(client),
            Err(ureq::Error::Timeout(_)) => Found::Silent,
            Ok(_) | Err(_) => Found::Nothing,
        }
    }

    /// Runs `call` in the program, with this process's input and output.
    ///
    /// # Errors
    /// If the program ends before the command does, is too busy, or stops answering.
    pub fn run(&self, call: &Call, io: &mut Io) -> Result<ExitCode, ControlError> {
        let request = self.agent.post(format!("{}/run", self.base));
        let request = request.header("authorization", &self.authorization);
        let response = request.send_json(call).map_err(|error| match error {
            ureq::Error::Timeout(_) => ControlError::Silent,
            error => ControlError::Broken(error.into_io()),
        })?;
        if response.status() == 503 {
            return Err(ControlError::Busy);
        }
        if response.status() != 200 {
            let status = io::Error::other(response.status().to_string());
            return Err(ControlError::Broken(status));
        }
        let id = call_id(&response);
        let pieces = pieces(response.into_body().into_reader());
        loop {
            let piece = pieces.recv_timeout(self.patience);
            let (kind, bytes) = match piece {
                Ok(piece) => piece.map_err(ControlError::Broken)?,
                Err(RecvTimeoutError::Timeout) => return Err(ControlError::Silent),
                Err(RecvTimeoutError::Disconnected) => {
                    let end = io::ErrorKind::UnexpectedEof.into();
                    return Err(ControlError::Broken(end));
                }
            };
            match kind {
                Kind::Out => io
                    .out()
                    .write_all(&bytes)
                    .map_err(ControlError::Unwritten)?,
                Kind::Err => {
                    let written = io.flush().and_then(|()| io.err().write_all(&bytes));
                    written.map_err(ControlError::Unwritten)?;
                }
                Kind::Question => {
                    let answered = self.answer(&id, &String::from_utf8_lossy(&bytes), io);
                    answered.map_err(ControlError::Broken)?;
                }
                Kind::Exit => {
                    io.flush().map_err(ControlError::Unwritten)?;
                    let number = bytes.first().copied().unwrap_or(u8::MAX);
                    return Ok(ExitCode::from_number(number));
                }
                Kind::Pulse => {}
            }
        }
    }

    fn answer(&self, id: &str, question: &str, io: &mut Io) -> io::Result<()> {
        let answer = io.prompt(question)?;
        let request = self.agent.post(format!("{}/answer/{id}", self.base));
        let request = request.header("authorization", &self.authorization);
        request.send_json(answer).map_err(ureq::Error::into_io)?;
        Ok(())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// Reads the program's output on a separate thread, because a blocking read has no timeout. The
/// thread ends with the answer or with this process.
fn pieces(mut reader: impl io::Read + Send + 'static) -> Receiver<io::Result<(Kind, Vec<u8>)>> {
    let (sender, pieces) = sync_channel(PIECES_WAITING_MAX);
    thread::spawn(move || {
        loop {
            let piece = read_piece(&mut reader);
            let last = !matches!(piece, Ok((kind, _)) if kind != Kind::Exit);
            if sender.send(piece).is_err() || last {
                return;
            }
        }
    });
    pieces
}

fn call_id<B>(response: &Response<B>) -> String {
    let id = response
        .headers()
        .get(CALL_HEADER)
        .and_then(|id| id.to_str().ok());
    id.unwrap_or_default().to_owned()
}

/// Loopback answers at once or not at all.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(2);
/// Pieces of output that were read and are not written yet.
const PIECES_WAITING_MAX: usize = 4;
