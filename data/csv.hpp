#pragma once
// Reads the small CSV files of a data set: a header line, then rows of plain cells.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

struct CsvRow {
  Index line = 0;                  ///< line number in the file, from 1
  std::vector<std::string> cells;  ///< in the order of the requested columns
};

/// The rows of a file, reduced to `columns`; other columns are ignored. Cells are separated by
/// commas, and surrounding blanks are removed; quotes have no special meaning. Lines may end with
/// LF or CRLF; the last line end may be missing. A byte-order mark and empty lines are skipped.
/// Throws an Error that names file and line if the file cannot be read, a column is missing in its
/// header, or a row is too short.
std::vector<CsvRow> read_csv(const std::filesystem::path& path,
                             const std::vector<std::string>& columns);

}  // namespace fpanet
