#pragma once
// The small CSV files around a data set: a header line, then rows of plain cells.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

struct CsvRow {
  Index line = 0;                  ///< in the file, from 1
  std::vector<std::string> cells;  ///< in the order of the columns asked for
};

/// The rows of a file, reduced to `columns`. Cells are split at commas and trimmed of blanks;
/// quotes are not special. Line ends may be LF or CRLF, the last one may be missing; a byte-order
/// mark and empty lines are skipped. Throws Error, naming file and line, when the file cannot be
/// read, its header lacks a column, or a row is too short.
std::vector<CsvRow> read_csv(const std::filesystem::path& path,
                             const std::vector<std::string>& columns);

}  // namespace fpanet
