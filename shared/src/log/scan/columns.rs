//! The operations of a change, row by row through all columns at once, as Automerge reads them.
//!
//! ```text
//! column                   encoding  left out if         what is checked
//! 01 object: actor         runs      all are the root    both null, or with each other an
//! 02 object: counter       runs      all are the root    earlier operation
//! 11 key: actor            runs      all are texts       with its counter an earlier operation
//! 13 key: counter          deltas    all are texts       0 without an actor: the head of a list
//! 15 key: text             runs      none is a text      stands alone; its length
//! 34 insert                flags     never
//! 42 action                runs      never               0 to 7; their number is that of the rows
//! 56 value: type, length   runs      never               a type that the action takes
//! 57 value: bytes          plain     all are empty       one whole value of that type
//! 70 predecessors: count   runs      never               the sum of all
//! 71 predecessors: actor   runs      there are none      with its counter an earlier operation
//! 73 predecessors: counter deltas    there are none
//! 94 expand                flags     all are false       true on marks alone
//! a5 mark name             runs      all are null        a text on marks alone
//! ```
//!
//! Columns come in this order, none twice, none empty. Each holds one item for each operation
//! (`71` and `73` one for each predecessor), no more and no fewer.

use super::{
    ScanError,
    reader::Reader,
    runs::{Deltas, Flags, Runs},
};
use crate::wire::limits::{
    CHANGE_OPS_MAX, CHANGE_PREDS_MAX, CHANGE_TEXT_BYTES_MAX, CHANGE_VALUE_BYTES_MAX,
};

/// Reads the column table and all columns after it, to the end of the data; returns the number of
/// operations. `start_op` is the number of the first one; `n_actors` includes its own actor.
pub(super) fn count_ops(
    data: &mut Reader<'_>,
    start_op: u64,
    n_actors: u64,
) -> Result<u32, ScanError> {
    let bytes = cut(data)?;
    let [_, _, _, _, _, _, action, ..] = bytes;
    if action.is_empty() {
        let none = bytes.iter().all(|column| column.is_empty());
        return if none { Ok(0) } else { Err(ScanError::Actions) };
    }
    let n_ops = sum_runs(Reader(action))?;
    let mut rows = Rows::new(bytes, n_actors);
    for id in start_op..start_op.saturating_add(u64::from(n_ops)) {
        rows.read_row(id)?;
    }
    if rows.are_used_up() {
        Ok(n_ops)
    } else {
        Err(ScanError::Rows)
    }
}

/// The bytes of each column, in the order of [`COLUMNS`]; empty if it is left out.
pub(super) fn cut<'a>(data: &mut Reader<'a>) -> Result<[&'a [u8]; COUNT], ScanError> {
    let n_columns = data.uleb()?;
    if n_columns > COLUMNS.len() as u64 {
        return Err(ScanError::Columns);
    }
    let mut lengths = [0; COUNT];
    let mut known = COLUMNS.iter().zip(&mut lengths);
    for _ in 0..n_columns {
        let spec = data.uleb()?;
        let len = data.uleb()?;
        match known.find(|(column, _)| **column == spec) {
            Some((_, length)) if len > 0 => *length = len,
            Some(_) | None => return Err(ScanError::Columns),
        }
    }
    let mut columns: [&[u8]; COUNT] = [&[]; COUNT];
    for (column, len) in columns.iter_mut().zip(lengths) {
        *column = data.take(len)?;
    }
    if data.0.is_empty() {
        Ok(columns)
    } else {
        Err(ScanError::Length)
    }
}

/// Sums the runs of the action column before any other loop runs that many times: `count value` for
/// a repeated value, `-count values` for different ones. Nulls are not allowed here.
fn sum_runs(mut column: Reader<'_>) -> Result<u32, ScanError> {
    let mut n_ops = 0_u64;
    while !column.0.is_empty() {
        let count = column.sleb()?;
        n_ops = n_ops.saturating_add(count.unsigned_abs());
        if n_ops > u64::from(CHANGE_OPS_MAX) {
            return Err(ScanError::Operations);
        }
        let n_values = match count {
            0 => return Err(ScanError::Actions),
            1.. => 1,
            ..0 => count.unsigned_abs(),
        };
        let actions = column.take(n_values).map_err(|_| ScanError::Actions)?;
        if actions.iter().any(|action| u64::from(*action) > MARK) {
            return Err(ScanError::Actions);
        }
    }
    u32::try_from(n_ops).map_err(|_| ScanError::Operations)
}

/// The read position in each column.
struct Rows<'a> {
    object: (Runs<'a, u64>, Runs<'a, u64>),
    element: (Runs<'a, u64>, Deltas<'a>),
    key: Runs<'a, &'a str>,
    insert: Flags<'a>,
    has_insert: bool,
    action: Runs<'a, u64>,
    value_meta: Runs<'a, u64>,
    value: Reader<'a>,
    pred_count: Runs<'a, u64>,
    pred: (Runs<'a, u64>, Deltas<'a>),
    expand: Flags<'a>,
    mark_name: Runs<'a, &'a str>,
    n_actors: u64,
    n_preds: u64,
    text_bytes: usize,
}

impl<'a> Rows<'a> {
    const fn new(bytes: [&'a [u8]; COUNT], n_actors: u64) -> Self {
        let [
            object_actor,
            object_counter,
            key_actor,
            key_counter,
            key,
            insert,
            action,
            value_meta,
            value,
            pred_count,
            pred_actor,
            pred_counter,
            expand,
            mark_name,
        ] = bytes;
        Self {
            object: (Runs::new(object_actor), Runs::new(object_counter)),
            element: (Runs::new(key_actor), Deltas::new(key_counter)),
            key: Runs::new(key),
            insert: Flags::new(insert),
            has_insert: !insert.is_empty(),
            action: Runs::new(action),
            value_meta: Runs::new(value_meta),
            value: Reader(value),
            pred_count: Runs::new(pred_count),
            pred: (Runs::new(pred_actor), Deltas::new(pred_counter)),
            expand: Flags::new(expand),
            mark_name: Runs::new(mark_name),
            n_actors,
            n_preds: 0,
            text_bytes: 0,
        }
    }

    /// Reads operation `id` from every column.
    fn read_row(&mut self, id: u64) -> Result<(), ScanError> {
        match (self.object.0.next()?, self.object.1.next()?) {
            (None, None) => {}
            (Some(actor), Some(counter)) => self.check_earlier(id, actor, counter)?,
            (Some(_), None) | (None, Some(_)) => return Err(ScanError::Reference),
        }
        self.read_key(id)?;
        if !self.has_insert {
            return Err(ScanError::Rows);
        }
        self.insert.next()?;
        let action = self.action.next()?.ok_or(ScanError::Actions)?;
        self.read_value(action)?;
        self.read_preds(id)?;
        let expand = self.expand.next()?;
        let name = self.mark_name.next()?;
        if action != MARK && (expand || name.is_some()) {
            return Err(ScanError::Value);
        }
        self.add_text(name.unwrap_or_default())
    }

    /// Reads a text key in a map, or the position of an element in a list.
    fn read_key(&mut self, id: u64) -> Result<(), ScanError> {
        let element = (self.element.0.next()?, self.element.1.next()?);
        match (self.key.next()?, element) {
            (Some(text), (None, None)) => self.add_text(text),
            (None, (None, Some(0))) => Ok(()),
            (None, (Some(actor), Some(counter))) => self.check_earlier(id, actor, counter),
            _ => Err(ScanError::Key),
        }
    }

    /// Limits the text: run lengths repeat it at no cost in the change, but at full cost in memory.
    const fn add_text(&mut self, text: &str) -> Result<(), ScanError> {
        self.text_bytes += text.len();
        if self.text_bytes > CHANGE_TEXT_BYTES_MAX {
            return Err(ScanError::Text);
        }
        Ok(())
    }

    fn read_value(&mut self, action: u64) -> Result<(), ScanError> {
        let meta = self.value_meta.next()?.ok_or(ScanError::Rows)?;
        let (kind, len) = (meta & 0xf, meta >> 4);
        let bytes = self.value.take(len).map_err(|_| ScanError::Value)?;
        let whole = match kind {
            NULL | FALSE | TRUE => len == 0,
            UINT => is_whole(bytes, Reader::uleb),
            INT | COUNTER | TIMESTAMP => is_whole(bytes, Reader::sleb),
            FLOAT => len == 8,
            TEXT => bytes.len() <= CHANGE_VALUE_BYTES_MAX && std::str::from_utf8(bytes).is_ok(),
            BYTES => bytes.len() <= CHANGE_VALUE_BYTES_MAX,
            _ => false,
        };
        let fits = match action {
            SET | MARK => true,
            INCREMENT => matches!(kind, UINT | INT),
            _ => kind == NULL,
        };
        if whole && fits {
            Ok(())
        } else {
            Err(ScanError::Value)
        }
    }

    fn read_preds(&mut self, id: u64) -> Result<(), ScanError> {
        let count = self.pred_count.next()?.ok_or(ScanError::Rows)?;
        self.n_preds = self.n_preds.saturating_add(count);
        if self.n_preds > CHANGE_PREDS_MAX {
            return Err(ScanError::Predecessors);
        }
        for _ in 0..count {
            match (self.pred.0.next()?, self.pred.1.next()?) {
                (Some(actor), Some(counter)) => self.check_earlier(id, actor, counter)?,
                _ => return Err(ScanError::Rows),
            }
        }
        Ok(())
    }

    /// Checks that an operation named by operation `id` comes before it, and its actor is listed.
    fn check_earlier(&self, id: u64, actor: u64, counter: u64) -> Result<(), ScanError> {
        if actor < self.n_actors && (1..id).contains(&counter) {
            Ok(())
        } else {
            Err(ScanError::Reference)
        }
    }

    /// Whether every column ends with the last operation.
    const fn are_used_up(&self) -> bool {
        self.object.0.is_used_up()
            && self.object.1.is_used_up()
            && self.element.0.is_used_up()
            && self.element.1.is_used_up()
            && self.key.is_used_up()
            && self.insert.is_used_up()
            && self.action.is_used_up()
            && self.value_meta.is_used_up()
            && self.value.0.is_empty()
            && self.pred_count.is_used_up()
            && self.pred.0.is_used_up()
            && self.pred.1.is_used_up()
            && self.expand.is_used_up()
            && self.mark_name.is_used_up()
    }
}

/// Whether the bytes are exactly one number.
fn is_whole<'a, T>(bytes: &'a [u8], read: fn(&mut Reader<'a>) -> Result<T, ScanError>) -> bool {
    let mut reader = Reader(bytes);
    read(&mut reader).is_ok() && reader.0.is_empty()
}

/// Number of columns that there may be.
pub(super) const COUNT: usize = 14;

/// All columns of a change, in their order: column number << 4 | type. Bit 3, which would mark the
/// column as deflated, is never set.
const COLUMNS: [u64; COUNT] = [
    0x01, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73, 0x94, 0xa5,
];

// Actions: 0, 2, 4 and 6 make a map, a list, a text and a table; 3 deletes.
pub(super) const SET: u64 = 1;
const INCREMENT: u64 = 5;
const MARK: u64 = 7;

// Value types, in the low 4 bits of column 56; the other bits hold the length.
const NULL: u64 = 0;
const FALSE: u64 = 1;
const TRUE: u64 = 2;
const UINT: u64 = 3;
const INT: u64 = 4;
const FLOAT: u64 = 5;
pub(super) const TEXT: u64 = 6;
const BYTES: u64 = 7;
const COUNTER: u64 = 8;
const TIMESTAMP: u64 = 9;
