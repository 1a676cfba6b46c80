//! Limits of a file of figures, which others made.

/// Maximum bytes of a file.
pub const FILE_BYTES_MAX: usize = 64 << 20;
/// Maximum bytes of one part of a workbook once it is unpacked, and of all parts together.
pub const UNPACKED_BYTES_MAX: u64 = 256 << 20;
/// Maximum unpacked bytes of the parts of a workbook that are held in memory as a whole, by the end
/// of their names.
pub const PART_BYTES_MAX: [(&str, u64); 5] = [
    ("sharedstrings.xml", 32 << 20),
    ("content.xml", 128 << 20),
    ("styles.xml", 8 << 20),
    ("workbook.xml", 4 << 20),
    (".rels", 4 << 20),
];
/// Maximum number of parts in a workbook: sheets, styles, texts and pictures.
pub const PARTS_MAX: usize = 2_000;
/// Maximum number of rows, header not counted, and of the figures that they unfold to.
pub const ROWS_MAX: usize = 500_000;
/// Maximum number of columns.
pub const COLUMNS_MAX: usize = 1_000;
/// Maximum number of cells that hold something, or stand between others that do.
pub const CELLS_MAX: usize = 8_000_000;
/// Maximum characters of a cell: as many as Excel keeps.
pub const CELL_CHARS_MAX: usize = 32_767;
/// Maximum bytes of the texts of all cells: as many as a file without repetition could have.
pub const TEXT_BYTES_MAX: usize = FILE_BYTES_MAX;
/// Maximum bytes of the same texts once each figure is a row of its own.
pub const UNFOLDED_BYTES_MAX: usize = 128 << 20;
/// Maximum number of elements within one another.
pub const DEPTH_MAX: usize = 64;
/// Maximum number of attributes of one element.
pub const ATTRIBUTES_MAX: usize = 256;
/// Maximum number of elements, and of attributes, of markup that is held as a tree.
pub const NODES_MAX: usize = 8_000_000;
/// Maximum numbers of the elements of a workbook's part that become entries of a list in memory.
/// Excel takes 65,490 formats of cells (`xf`).
pub const LISTED_MAX: [(&str, usize); 9] = [
    ("si", 2_000_000),
    ("xf", 100_000),
    ("font", 100_000),
    ("fill", 100_000),
    ("border", 100_000),
    ("numFmt", 100_000),
    ("sheet", 10_000),
    ("definedName", 100_000),
    ("Relationship", 10_000),
];
/// Maximum bytes of an element whose text each format of a cell copies. Excel takes 255 characters.
pub const COPIED_BYTES_MAX: usize = 2_048;
/// Maximum number of lines above the header.
pub const TITLE_LINES_MAX: usize = 40;
/// Maximum bytes of a plan of columns.
pub const PLAN_BYTES_MAX: usize = 256 << 10;
