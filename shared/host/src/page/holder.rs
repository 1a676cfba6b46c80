//! The program that uses a port of this computer, by name.

#[cfg(target_os = "linux")]
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Returns words for the program that listens at `port`, such as `weft-node (process 4711)`.
#[cfg(target_os = "linux")]
pub(super) fn of_port(port: u16) -> String {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
    let sockets: Vec<u64> = tables
        .iter()
        .flatten()
        .flat_map(|table| listening(table, port))
        .collect();
    if sockets.is_empty() {
        return UNKNOWN.to_owned();
    }
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    // `self` and `thread-self` are links to processes that have numbers too.
    let numbered = processes.filter(|entry| {
        let name = entry.file_name();
        name.to_str()
            .is_some_and(|name| name.parse::<u32>().is_ok())
    });
    let mut paths = numbered.map(|process| process.path());
    let found = paths.find(|process| {
        let files = fs::read_dir(process.join("fd")).into_iter().flatten();
        let links = files.flatten().filter_map(|file| socket(&file.path()));
        links.into_iter().any(|inode| sockets.contains(&inode))
    });
    let named = found.and_then(|process| named(&process));
    // The files of other accounts' processes cannot be read.
    named.unwrap_or_else(|| "a program of another account".to_owned())
}

/// Elsewhere the system is not asked.
#[cfg(not(target_os = "linux"))]
pub(super) fn of_port(_port: u16) -> String {
    UNKNOWN.to_owned()
}

const UNKNOWN: &str = "another program";

/// Returns the inodes of the sockets that listen at `port`, from a table such as `/proc/net/tcp`:
/// the second column is the address and port in hexadecimal, the fourth the state, the tenth the
/// inode (Linux, Documentation/networking/proc_net_tcp.rst).
#[cfg(target_os = "linux")]
fn listening(table: &str, port: u16) -> impl Iterator<Item = u64> {
    table.lines().skip(1).filter_map(move |line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (_, at) = columns.get(1)?.rsplit_once(':')?;
        let is_ours = u16::from_str_radix(at, 16) == Ok(port);
        let listens = columns.get(3) == Some(&"0A");
        let inode = columns.get(9)?.parse().ok()?;
        (is_ours && listens).then_some(inode)
    })
}

/// Returns the inode behind a link such as `socket:[12345]`.
#[cfg(target_os = "linux")]
fn socket(file: &Path) -> Option<u64> {
    let target: PathBuf = fs::read_link(file).ok()?;
    let inode = target.to_str()?.strip_prefix("socket:[")?;
    inode.strip_suffix(']')?.parse().ok()
}

#[cfg(target_os = "linux")]
fn named(process: &Path) -> Option<String> {
    let number = process.file_name()?.to_str()?;
    let name = fs::read_to_string(process.join("comm")).ok()?;
    let name: String = name.trim().chars().filter(|c| !c.is_control()).collect();
    Some(format!("{name} (process {number})"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_listening_socket_is_found_by_its_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n\
            \x20  0: 0100007F:20F2 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 \
            0 4711 1 0 100\n\
            \x20  1: 0100007F:20F2 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000 \
            0 4712 1 0 100\n\
            \x20  2: 0100007F:20F3 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 \
            0 4713 1 0 100\n\
            nonsense\n";
        assert_eq!(listening(table, 8434).collect::<Vec<_>>(), [4711]);
        assert_eq!(listening(table, 8436).count(), 0);
        assert_eq!(listening("", 8434).count(), 0);
    }

    #[test]
    fn a_port_of_this_process_is_named() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let holder = of_port(taken.local_addr().unwrap().port());
        let process = format!("(process {})", std::process::id());
        assert!(holder.ends_with(&process), "{holder}");
    }
}
