//! The door for SQLite: its tables of functions, called through pointers.
#![expect(
    unsafe_code,
    reason = "SQLite calls a VFS through C pointers, and there is no other way"
)]

use std::{
    collections::BTreeMap,
    ffi::{CStr, CString, c_char, c_int, c_void},
    ptr,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use rusqlite::ffi;

use crate::{
    shm::Region,
    state::{Code, Place, State},
};

/// The name under which SQLite finds the disks.
pub const VFS: &str = "weft-disk";

/// The disks that exist, by their numbers.
static DISKS: Mutex<BTreeMap<u64, Weak<Mutex<State>>>> = Mutex::new(BTreeMap::new());
static MOUNTED: AtomicU64 = AtomicU64::new(0);

/// Registers the VFS if this is the first disk, and gives the disk a number.
pub(crate) fn mount(state: &Arc<Mutex<State>>) -> u64 {
    static REGISTERED: OnceLock<c_int> = OnceLock::new();
    let registered = REGISTERED.get_or_init(|| {
        let name = CString::new(VFS).expect("no zero inside").into_raw();
        let vfs = Box::leak(Box::new(table(name)));
        // SAFETY: the table and its name live as long as the process.
        unsafe { ffi::sqlite3_vfs_register(vfs, 0) }
    });
    assert_eq!(*registered, ffi::SQLITE_OK, "SQLite takes one VFS more");
    let number = MOUNTED.fetch_add(1, Ordering::Relaxed);
    lock(&DISKS).insert(number, Arc::downgrade(state));
    number
}

pub(crate) fn unmount(number: u64) {
    lock(&DISKS).remove(&number);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Finds the disk of a path such as `/weft-disk-7/hub.db`, and the name below it.
fn find(path: &str) -> Option<(Arc<Mutex<State>>, &str)> {
    let rest = path.strip_prefix('/')?.strip_prefix(VFS)?;
    let (number, name) = rest.strip_prefix('-')?.split_once('/')?;
    let disk = lock(&DISKS).get(&number.parse().ok()?)?.upgrade()?;
    Some((disk, name))
}

/// An open file as SQLite holds it: it allocates the room and gives us the address.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

/// Our side of an open file.
struct Open {
    disk: Arc<Mutex<State>>,
    place: Place,
    /// Shared memory whose address SQLite has.
    regions: Vec<Region>,
}

const fn code(result: Result<(), Code>) -> c_int {
    match result {
        Ok(()) => ffi::SQLITE_OK,
        Err(code) => code,
    }
}

/// # Safety
/// `path` is a C string or null.
unsafe fn text<'a>(path: *const c_char) -> Option<&'a str> {
    if path.is_null() {
        return None;
    }
    // SAFETY: the caller says so.
    unsafe { CStr::from_ptr(path) }.to_str().ok()
}

/// # Safety
/// `file` was filled in by [`open`], and SQLite uses it for one call at a time.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Open {
    // SAFETY: the caller says so.
    unsafe { &mut *(*file.cast::<Handle>()).open }
}

fn place_in(at: i64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

unsafe extern "C" fn open(
    _vfs: *mut ffi::sqlite3_vfs,
    path: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a C string or null, and room for a `Handle`.
    let path = unsafe {
        (*file).pMethods = ptr::null();
        text(path)
    };
    static NOWHERE: OnceLock<Arc<Mutex<State>>> = OnceLock::new();
    let (disk, name) = match path {
        Some(path) => match find(path) {
            Some((disk, name)) => (disk, Some(name)),
            None => return ffi::SQLITE_CANTOPEN,
        },
        // Files for SQLite's own use have no name, and so no disk.
        None => {
            let nowhere = NOWHERE.get_or_init(|| Arc::new(Mutex::new(State::new(0))));
            (Arc::clone(nowhere), None)
        }
    };
    let place = match lock(&disk).open(name, flags) {
        Ok(place) => place,
        Err(code) => return code,
    };
    let open = Box::new(Open {
        disk,
        place,
        regions: Vec::new(),
    });
    // SAFETY: `szOsFile` asked for room for a `Handle`; `flags_out` may be null.
    unsafe {
        (*file.cast::<Handle>()).open = Box::into_raw(open);
        (*file).pMethods = &raw const METHODS;
        if !flags_out.is_null() {
            *flags_out = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: `open` made the box, and SQLite closes a file once.
    let open = unsafe { Box::from_raw((*file.cast::<Handle>()).open) };
    lock(&open.disk).close(&open.place);
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(
    _vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    sync: c_int,
) -> c_int {
    // SAFETY: SQLite gives a C string.
    match unsafe { text(path) }.and_then(find) {
        Some((disk, name)) => code(lock(&disk).delete(name, sync != 0)),
        None => ffi::SQLITE_IOERR_DELETE_NOENT,
    }
}

unsafe extern "C" fn access(
    _vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    _flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a C string and an address for the answer.
    unsafe {
        let found = text(path).and_then(find);
        *out = found
            .is_some_and(|(disk, name)| lock(&disk).exists(name))
            .into();
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path(
    _vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite gives a C string, and `room` bytes for the answer.
    unsafe {
        let bytes = CStr::from_ptr(path).to_bytes_with_nul();
        if bytes.len() > usize::try_from(room).unwrap_or(0) {
            return ffi::SQLITE_CANTOPEN;
        }
        ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(
    _vfs: *mut ffi::sqlite3_vfs,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    let mut random = crate::Random::new(MOUNTED.load(Ordering::Relaxed));
    let room = usize::try_from(room).unwrap_or(0);
    // SAFETY: SQLite gives `room` bytes for the answer.
    let out = unsafe { std::slice::from_raw_parts_mut(out.cast::<u8>(), room) };
    out.fill_with(|| random.next().to_le_bytes()[0]);
    c_int::try_from(room).unwrap_or(0)
}

/// Nothing is waited for: what holds a lock runs on the same thread.
const unsafe extern "C" fn sleep(_vfs: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

/// The time at which every simulation begins, in milliseconds of the Julian calendar.
const NOW_MS: i64 = 210_866_760_000_000 + 1_795_000_000_000;

unsafe extern "C" fn now(_vfs: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: SQLite gives an address for the answer.
    unsafe { *out = 2_461_366.0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn now_ms(_vfs: *mut ffi::sqlite3_vfs, out: *mut i64) -> c_int {
    // SAFETY: SQLite gives an address for the answer.
    unsafe { *out = NOW_MS };
    ffi::SQLITE_OK
}

const unsafe extern "C" fn last_error(
    _vfs: *mut ffi::sqlite3_vfs,
    _room: c_int,
    _out: *mut c_char,
) -> c_int {
    0
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    out: *mut c_void,
    len: c_int,
    at: i64,
) -> c_int {
    // SAFETY: SQLite gives an open file, and `len` bytes for the answer.
    let (open, out) = unsafe {
        let len = usize::try_from(len).unwrap_or(0);
        (
            opened(file),
            std::slice::from_raw_parts_mut(out.cast(), len),
        )
    };
    code(lock(&open.disk).read(&open.place, place_in(at), out))
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    len: c_int,
    at: i64,
) -> c_int {
    // SAFETY: SQLite gives an open file and `len` bytes.
    let (open, bytes) = unsafe {
        let len = usize::try_from(len).unwrap_or(0);
        (opened(file), std::slice::from_raw_parts(bytes.cast(), len))
    };
    code(lock(&open.disk).write(&open.place, place_in(at), bytes))
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, len: i64) -> c_int {
    // SAFETY: SQLite gives an open file.
    let open = unsafe { opened(file) };
    code(lock(&open.disk).resize(&open.place, place_in(len)))
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: SQLite gives an open file.
    let open = unsafe { opened(file) };
    code(lock(&open.disk).sync(&open.place))
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    // SAFETY: SQLite gives an open file and an address for the answer.
    let open = unsafe { opened(file) };
    match lock(&open.disk).len(&open.place) {
        Ok(len) => {
            // SAFETY: as above.
            unsafe { *out = i64::try_from(len).unwrap_or(i64::MAX) };
            ffi::SQLITE_OK
        }
        Err(code) => code,
    }
}

unsafe extern "C" fn lock_file(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite gives an open file.
    let open = unsafe { opened(file) };
    match lock(&open.disk).locks(&open.place) {
        Some(locks) => match locks.raise(open.place.owner, level) {
            true => ffi::SQLITE_OK,
            false => ffi::SQLITE_BUSY,
        },
        None => ffi::SQLITE_IOERR_LOCK,
    }
}

unsafe extern "C" fn unlock_file(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite gives an open file.
    let open = unsafe { opened(file) };
    if let Some(locks) = lock(&open.disk).locks(&open.place) {
        locks.lower(open.place.owner, level);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn is_reserved(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite gives an open file and an address for the answer.
    let open = unsafe { opened(file) };
    let mut state = lock(&open.disk);
    let reserved = state
        .locks(&open.place)
        .is_some_and(|held| held.is_reserved());
    // SAFETY: as above.
    unsafe { *out = reserved.into() };
    ffi::SQLITE_OK
}

const unsafe extern "C" fn control(
    _file: *mut ffi::sqlite3_file,
    _what: c_int,
    _argument: *mut c_void,
) -> c_int {
    ffi::SQLITE_NOTFOUND
}

/// As SQLite's own systems report it.
const unsafe extern "C" fn sector_size(_file: *mut ffi::sqlite3_file) -> c_int {
    4096
}

/// A write changes no byte beside it, which SQLite's own systems promise too.
const unsafe extern "C" fn characteristics(_file: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    index: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite gives an open file and an address for the answer.
    let open = unsafe { opened(file) };
    let (index, bytes) = (place_in(index.into()), place_in(bytes.into()));
    let mut state = lock(&open.disk);
    let Some(locks) = state.locks(&open.place) else {
        return ffi::SQLITE_IOERR_SHMMAP;
    };
    let region = locks.region(open.place.owner, index, bytes, extend != 0);
    let address = region.map_or(ptr::null_mut(), |region| {
        let address = region.as_ptr().cast_mut().cast();
        open.regions.push(region);
        address
    });
    // SAFETY: as above. Atomics may be changed through a shared address.
    unsafe { *out = address };
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    offset: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: SQLite gives an open file.
    let open = unsafe { opened(file) };
    let mut state = lock(&open.disk);
    let Some(locks) = state.locks(&open.place) else {
        return ffi::SQLITE_IOERR_SHMLOCK;
    };
    let mask = (((1_u32 << count) - 1) << offset).to_le_bytes()[0];
    let exclusive = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        locks.release(open.place.owner, mask);
    } else if !locks.take(open.place.owner, mask, exclusive) {
        return ffi::SQLITE_BUSY;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_barrier(_file: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _delete: c_int) -> c_int {
    // SAFETY: SQLite gives an open file.
    let open = unsafe { opened(file) };
    if let Some(locks) = lock(&open.disk).locks(&open.place) {
        locks.unmap(open.place.owner);
    }
    open.regions.clear();
    ffi::SQLITE_OK
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock_file),
    xUnlock: Some(unlock_file),
    xCheckReservedLock: Some(is_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

fn table(name: *const c_char) -> ffi::sqlite3_vfs {
    ffi::sqlite3_vfs {
        iVersion: 2,
        szOsFile: c_int::try_from(size_of::<Handle>()).expect("two addresses"),
        mxPathname: 512,
        pNext: ptr::null_mut(),
        zName: name,
        pAppData: ptr::null_mut(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_path),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(now),
        xGetLastError: Some(last_error),
        xCurrentTimeInt64: Some(now_ms),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }
}
