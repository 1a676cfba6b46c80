//! Commands against a running server.

use std::{
    io::Write,
    net::TcpStream,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::*;

const LAYOUT: Layout = Layout {
    program: "weft-test",
    holds: "node",
    begin: "Join first",
    files: &["a.key", "test.db", "root.words"],
    movable: &["root.words"],
    version: 1,
};

/// Output that a test can read afterwards.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn handler(call: Call, io: &mut Io) -> ExitCode {
    match call.arguments.get(1).map(String::as_str) {
        Some("echo") => {
            writeln!(io.out(), "{}", call.directory.display()).unwrap();
            writeln!(io.err(), "{:?}", call.environment).unwrap();
            ExitCode::NeedsAction
        }
        Some("ask") => match io.prompt("your name?").unwrap() {
            Some(name) => {
                writeln!(io.out(), "kia ora {name}").unwrap();
                ExitCode::Ok
            }
            None => ExitCode::Usage,
        },
        Some("much") => {
            let line = [b'x'; 1024];
            for _ in 0..8 * limits::CONTROL_OUTPUT_BYTES_MAX / line.len() {
                io.out().write_all(&line).unwrap();
            }
            ExitCode::Ok
        }
        _ => panic!("a bug"),
    }
}

fn call(argument: &str, terminal: bool) -> Call {
    Call {
        arguments: vec!["weft-test".to_owned(), argument.to_owned()],
        directory: "/some/where".into(),
        environment: BTreeMap::from([("WEFT_A".to_owned(), "b".to_owned())]),
        terminal,
        input: None,
    }
}

/// Runs one command from another thread, as another process would.
async fn run(path: &FilePath, call: Call, answer: Option<&str>) -> (ExitCode, String, String) {
    let (out, err) = (Sink::default(), Sink::default());
    let answer = answer.map(str::to_owned);
    let ask: Option<Asker> = call.terminal.then(|| {
        Box::new(move |question: &str| {
            assert_eq!(question, "your name?");
            Ok(answer.clone())
        }) as Asker
    });
    let mut io = Io::new(Box::new(out.clone()), Box::new(err.clone()), ask);
    let path = path.to_owned();
    let code = tokio::task::spawn_blocking(move || {
        let Reach::Running(client) = reach(&path, LAYOUT).unwrap() else {
            panic!("the server holds the directory");
        };
        client.run(&call, &mut io).unwrap()
    });
    (code.await.unwrap(), out.text(), err.text())
}

async fn serving() -> (tempfile::TempDir, DataDir, Control) {
    let place = tempfile::tempdir().unwrap();
    let dir = DataDir::open(place.path(), LAYOUT, true).unwrap();
    dir.complete().unwrap();
    let control = Control::start(&dir, Arc::new(handler)).await.unwrap();
    (place, dir, control)
}

#[tokio::test]
async fn a_command_runs_where_the_data_is() {
    let (place, dir, control) = serving().await;
    let (code, out, err) = run(place.path(), call("echo", false), None).await;
    assert_eq!(code, ExitCode::NeedsAction);
    assert_eq!(out, "/some/where\n");
    assert_eq!(err, "{\"WEFT_A\": \"b\"}\n");

    drop(control);
    drop(dir);
    assert!(!place.path().join(CONTROL_FILE).exists());
    assert!(matches!(
        reach(place.path(), LAYOUT).unwrap(),
        Reach::Free(_)
    ));
}

#[tokio::test]
async fn questions_travel_to_the_terminal_and_back() {
    let (place, _dir, _control) = serving().await;
    let (code, out, _) = run(place.path(), call("ask", true), Some("Aroha")).await;
    assert_eq!((code, out.as_str()), (ExitCode::Ok, "kia ora Aroha\n"));
    let (code, out, _) = run(place.path(), call("ask", true), None).await;
    assert_eq!((code, out.as_str()), (ExitCode::Usage, ""));
    let (code, _, _) = run(place.path(), call("ask", false), None).await;
    assert_eq!(code, ExitCode::Usage, "without a terminal no one is asked");
}

#[tokio::test]
async fn much_output_and_a_fault_get_through() {
    let (place, _dir, _control) = serving().await;
    let (code, out, _) = run(place.path(), call("much", false), None).await;
    assert_eq!(code, ExitCode::Ok);
    assert_eq!(out.len(), 8 * limits::CONTROL_OUTPUT_BYTES_MAX);
    let (code, _, err) = run(place.path(), call("fault", false), None).await;
    assert_eq!(code, ExitCode::Failed);
    assert!(err.contains("a fault in this program"), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_in_without_the_token() {
    let (place, _dir, _control) = serving().await;
    let (address, token, _) = read_control_file(place.path()).unwrap();
    let ask = |headers: &str| {
        let headers = headers
            .replace("HOST", &address.to_string())
            .replace("TOKEN", &token);
        let mut stream = TcpStream::connect(address).unwrap();
        let text = format!("GET /here HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n");
        stream.write_all(text.as_bytes()).unwrap();
        io::read_to_string(stream).unwrap()
    };
    let check = |headers: &'static str, status: &'static str| {
        let ask = ask(headers);
        assert!(
            ask.starts_with(&format!("HTTP/1.1 {status} ")),
            "{headers}: {ask}"
        );
    };
    tokio::task::block_in_place(|| {
        check("Host: HOST\r\nAuthorization: Bearer TOKEN", "200");
        check("Host: HOST", "401");
        check("Host: HOST\r\nAuthorization: Bearer 0000", "401");
        check(
            "Host: HOST\r\nAuthorization: Bearer TOKEN\r\nOrigin: http://HOST",
            "401",
        );
        check("Host: evil.example\r\nAuthorization: Bearer TOKEN", "421");
    });
}

#[test]
fn a_token_that_stayed_behind_is_no_running_program() {
    let place = tempfile::tempdir().unwrap();
    let dir = DataDir::open(place.path(), LAYOUT, true).unwrap();
    dir.complete().unwrap();
    dir.write_secret(CONTROL_FILE, b"127.0.0.1:1 0000 weft-test\n")
        .unwrap();
    assert!(matches!(Client::find(place.path()), Found::Nothing));
    drop(dir);
    assert!(matches!(
        reach(place.path(), LAYOUT).unwrap(),
        Reach::Free(_)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_s_commands_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let dir = DataDir::open(place.path(), LAYOUT, true).unwrap();
    dir.complete().unwrap();
    let handler: Handler = Arc::new(|_, _| panic!("no command of another program is run"));
    let _control = Control::start(&dir, handler).await.unwrap();
    let other = Layout {
        program: "weft-other",
        holds: "node",
        begin: "Join first",
        files: &["a.key", "test.db", "root.words"],
        movable: &["root.words"],
        ..LAYOUT
    };
    let path = place.path().to_owned();
    let reached = tokio::task::spawn_blocking(move || reach(&path, other));
    let refused = reached.await.unwrap();
    let Err(DataDirError::OtherProgram { found, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(found, LAYOUT.program);
}

/// Makes a data directory whose control file names a port that accepts calls and answers none, like
/// the port of a stopped process.
fn stopped() -> (tempfile::TempDir, std::net::TcpListener) {
    let place = tempfile::tempdir().unwrap();
    let dir = DataDir::open(place.path(), LAYOUT, true).unwrap();
    dir.complete().unwrap();
    let deaf = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let line = format!("{} 0000 weft-test\n", deaf.local_addr().unwrap());
    dir.write_secret(CONTROL_FILE, line.as_bytes()).unwrap();
    (place, deaf)
}

#[test]
fn a_program_that_does_not_answer_is_not_waited_for() {
    let (place, _deaf) = stopped();
    let found = Client::find_within(place.path(), Duration::from_millis(200));
    assert!(matches!(found, Found::Silent), "{found:?}");
}

#[test]
fn a_program_that_stops_during_a_command_is_not_waited_for() {
    let (place, deaf) = stopped();
    let answers = thread::spawn(move || {
        // The greeting, then the head of the answer to a command, then nothing.
        for answer in [
            format!("Content-Length: {}\r\n\r\n{GREETING}", GREETING.len()),
            "Transfer-Encoding: chunked\r\n\r\n5\r\n\u{5}\0\0\0\0\r\n".to_owned(),
        ] {
            let (mut stream, _) = deaf.accept().unwrap();
            let mut head = [0; 4096];
            let _some = io::Read::read(&mut stream, &mut head).unwrap();
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
            stream
                .write_all((head.to_owned() + &answer).as_bytes())
                .unwrap();
            if answer.starts_with("Transfer") {
                return stream;
            }
        }
        unreachable!("the second answer ends the loop")
    });
    let Found::Running(client) = Client::find_within(place.path(), Duration::from_millis(500))
    else {
        panic!("it has greeted");
    };
    let mut io = Io::new(Box::new(Sink::default()), Box::new(Sink::default()), None);
    let ran = client.run(&call("echo", false), &mut io);
    assert!(matches!(ran, Err(ControlError::Silent)), "{ran:?}");
    drop(answers.join().unwrap());
}

#[tokio::test]
async fn a_command_at_work_shows_that_it_is() {
    let (_pipe, body) = pipe::pair();
    let mut body = Box::pin(body.into_data_stream());
    let first =
        std::future::poll_fn(|context| futures_core::Stream::poll_next(body.as_mut(), context));
    let first = first.await.unwrap().unwrap();
    let (kind, bytes) = pipe::read_piece(&mut &first[..]).unwrap();
    assert_eq!((kind, bytes.len()), (Kind::Pulse, 0));
}
