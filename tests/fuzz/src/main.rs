//! Runs libFuzzer on the target that `WEFT_FUZZ` names; built by `tests/all --long`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
mod fuzzer {
    use std::sync::OnceLock;

    libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
        static TARGET: OnceLock<weft_fuzz::Run> = OnceLock::new();
        let run = TARGET.get_or_init(|| {
            let name = std::env::var("WEFT_FUZZ").expect("WEFT_FUZZ names a target");
            weft_fuzz::target(&name).expect("WEFT_FUZZ names a target that exists")
        });
        run(bytes);
    });
}

/// Lists the targets if built without a fuzzer.
#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    let words = "This build has no fuzzer in it. Run tests/all --long. Targets:";
    let names: Vec<&str> = weft_fuzz::TARGETS.iter().map(|(name, _)| *name).collect();
    let text = format!("{words} {}\n", names.join(", "));
    match std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes()) {
        Ok(()) => std::process::ExitCode::from(2),
        Err(_) => std::process::ExitCode::FAILURE,
    }
}
