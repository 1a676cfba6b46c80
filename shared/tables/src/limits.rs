//! Limits of a file of figures, which others made.

/// Maximum bytes of a file.
pub const FILE_BYTES_MAX: usize = 64 << 20;
/// Maximum bytes of one part of a workbook once it is unpacked, and of all parts together.
pub const UNPACKED_BYTES_MAX: u64 = 256 << 20;
/// Maximum number of parts in a workbook: sheets, styles, texts and pictures.
pub const PARTS_MAX: usize = 2_000;
/// Maximum number of rows, header not counted, and of the figures that they unfold to.
pub const ROWS_MAX: usize = 500_000;
/// Maximum number of columns.
pub const COLUMNS_MAX: usize = 1_000;
/// Maximum number of cells that hold something.
pub const CELLS_MAX: usize = 8_000_000;
/// Maximum number of lines above the header.
pub const TITLE_LINES_MAX: usize = 40;
/// Maximum bytes of a plan of columns.
pub const PLAN_BYTES_MAX: usize = 256 << 10;
