#pragma once
// Reads and writes CSV files with the quoting of RFC 4180: class table, split, metrics, steps.

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

struct CsvRow {
  Index line = 0;                  ///< number of its first line in the file, from 1
  std::vector<std::string> cells;  ///< of read_csv: in the order of the requested columns
};

/// The rows of a CSV text, the header among them. A cell in double quotes may contain commas, line
/// ends and doubled quotes; blanks around other cells are removed. Lines may end with LF or CRLF;
/// the last line end may be missing. A byte-order mark and empty lines are skipped. Throws an Error
/// that names `source` and the line if the text is not UTF-8 or a quote has no partner.
std::vector<CsvRow> parse_csv(std::string_view text, std::string_view source);

/// The rows of a file, reduced to `columns`; other columns are ignored. Throws an Error that names
/// file and line if the file cannot be read or parsed, a column is missing in its header, or a row
/// is too short.
std::vector<CsvRow> read_csv(const std::filesystem::path& path,
                             const std::vector<std::string>& columns);

/// One line of a CSV file, quoted where parse_csv would otherwise not return `cells` unchanged.
std::string csv_line(std::span<const std::string> cells, std::string_view line_end = "\n");

}  // namespace fpanet
