//! Commands against a running server.

use std::{
    io::Write,
    net::TcpStream,
    sync::{Arc, Mutex},
};

use super::*;

const LAYOUT: Layout = Layout {
    program: "weft-test",
    version: 1,
};

/// Output that a test can look at afterwards.
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
    let mut dir = DataDir::open(place.path(), LAYOUT, true).unwrap();
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
    assert_eq!(code, ExitCode::Usage, "without a terminal nobody is asked");
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
    let mut dir = DataDir::open(place.path(), LAYOUT, true).unwrap();
    dir.complete().unwrap();
    dir.write_secret(CONTROL_FILE, b"127.0.0.1:1 0000 weft-test\n")
        .unwrap();
    assert!(Client::find(place.path()).is_none());
    drop(dir);
    assert!(matches!(
        reach(place.path(), LAYOUT).unwrap(),
        Reach::Free(_)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_s_commands_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let mut dir = DataDir::open(place.path(), LAYOUT, true).unwrap();
    dir.complete().unwrap();
    let handler: Handler = Arc::new(|_, _| panic!("no command of another program is run"));
    let _control = Control::start(&dir, handler).await.unwrap();
    let other = Layout {
        program: "weft-other",
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
