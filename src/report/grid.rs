//! Tables on a terminal.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// A table without lines, as wide as the page at most; these columns stand at the right.
pub(super) fn table(width: u16, header: &[&str], right: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(header.iter().map(|h| h.to_string()));
    for column in right {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The table without the blanks behind its lines.
pub(super) fn drawn(table: &Table) -> String {
    table.lines().map(|l| l.trim_end().to_string()).collect::<Vec<_>>().join("\n")
}
