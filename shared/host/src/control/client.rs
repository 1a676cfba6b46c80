//! The command line's end.

use std::{fmt, io, path::Path, time::Duration};

use ureq::{Agent, http::Response};

use super::{
    CALL_HEADER, Call, ControlError, GREETING,
    pipe::{Kind, read_piece},
    read_control_file,
};
use crate::output::{ExitCode, Io};

/// A way to the program that runs on a data directory.
pub struct Client {
    agent: Agent,
    base: String,
    authorization: String,
}

impl Client {
    /// The program that runs on the directory at `path`, where one does and answers.
    #[must_use]
    pub fn find(path: &Path) -> Option<Self> {
        let (address, token, _) = read_control_file(path)?;
        let config = Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_TIME_MAX))
            .build();
        let client = Self {
            agent: config.new_agent(),
            base: format!("http://{address}"),
            authorization: format!("Bearer {token}"),
        };
        let here = client.agent.get(format!("{}/here", client.base));
        let here = here.header("authorization", &client.authorization).call();
        let greeting = here.ok()?.body_mut().read_to_string().ok()?;
        (greeting == GREETING).then_some(client)
    }

    /// Runs `call` there, with this process's input and output.
    ///
    /// # Errors
    /// Where the program ends before the command does, or is too busy.
    pub fn run(&self, call: &Call, io: &mut Io) -> Result<ExitCode, ControlError> {
        let broken = |error: ureq::Error| ControlError::Broken(error.into_io());
        let request = self.agent.post(format!("{}/run", self.base));
        let request = request.header("authorization", &self.authorization);
        let response = request.send_json(call).map_err(broken)?;
        if response.status() == 503 {
            return Err(ControlError::Busy);
        }
        if response.status() != 200 {
            let status = io::Error::other(response.status().to_string());
            return Err(ControlError::Broken(status));
        }
        let id = call_id(&response);
        let mut reader = response.into_body().into_reader();
        loop {
            let (kind, bytes) = read_piece(&mut reader).map_err(ControlError::Broken)?;
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

fn call_id<B>(response: &Response<B>) -> String {
    let id = response
        .headers()
        .get(CALL_HEADER)
        .and_then(|id| id.to_str().ok());
    id.unwrap_or_default().to_owned()
}

/// Loopback answers at once or not at all.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(2);
