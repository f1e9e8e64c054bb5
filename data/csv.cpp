#include "data/csv.hpp"

#include <algorithm>

#include "data/file_bytes.hpp"
#include "engine/core/error.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

constexpr std::string_view kBlank = " \t\r";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

Index lines_in(std::string_view text) {
  return std::count(text.begin(), text.end(), '\n');
}

void require_utf8(std::string_view text, std::string_view source) {
  require(!text.starts_with("\xff\xfe") && !text.starts_with("\xfe\xff"),
          "{}: is UTF-16 text; save it as UTF-8", source);
  Index number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    ++number;
    require(is_utf8(line),
            "{}:{}: '{}' is not UTF-8 text (perhaps Latin-1); save the file as UTF-8", source,
            number, printable(trimmed(line)));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
}

/// Takes cells and rows from the front of a text.
class CsvParser {
 public:
  CsvParser(std::string_view text, std::string_view source) : rest_(text), source_(source) {}

  std::vector<CsvRow> rows() {
    std::vector<CsvRow> rows;
    while (!rest_.empty()) {
      CsvRow row = take_row();
      if (!row.cells.empty()) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  /// The cells up to the end of the line; none for an empty line.
  CsvRow take_row() {
    CsvRow row{line_, {}};
    bool quoted = false;
    do {
      quoted = begins_with_quote();
      row.cells.push_back(quoted ? take_quoted() : take_plain());
    } while (take(','));
    take('\n');
    const bool empty = row.cells.size() == 1 && row.cells[0].empty() && !quoted;
    if (empty) row.cells.clear();
    return row;
  }

  bool begins_with_quote() const {
    const std::size_t first = rest_.find_first_not_of(kBlank);
    return first != rest_.npos && rest_[first] == '"';
  }

  std::string take_plain() {
    const std::string_view cell = rest_.substr(0, rest_.find_first_of(",\n"));
    rest_.remove_prefix(cell.size());
    return std::string(trimmed(cell));
  }

  std::string take_quoted() {
    const Index begin = line_;
    std::string cell;
    rest_.remove_prefix(rest_.find('"') + 1);
    while (true) {
      const std::size_t quote = rest_.find('"');
      require(quote != rest_.npos, "{}:{}: a cell begins with a quote that is never closed",
              source_, begin);
      cell += rest_.substr(0, quote);
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) break;
      cell += '"';
      rest_.remove_prefix(1);
    }
    line_ += lines_in(cell);
    const std::string_view after = rest_.substr(0, rest_.find_first_of(",\n"));
    require(trimmed(after).empty(), "{}:{}: '{}' follows a quoted cell; expected a comma", source_,
            line_, trimmed(after));
    rest_.remove_prefix(after.size());
    return cell;
  }

  /// Takes this character if it is next.
  bool take(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    if (wanted == '\n') ++line_;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_, source_;
  Index line_ = 1;
};

std::string readable(const std::vector<std::string>& cells) {
  std::string line = csv_line(cells);
  line.pop_back();
  return line;
}

/// The position of each of `columns` in the header.
std::vector<std::size_t> locate(const std::filesystem::path& path, const CsvRow& header,
                                const std::vector<std::string>& columns) {
  std::vector<std::size_t> positions;
  for (const std::string& column : columns) {
    const auto it = std::find(header.cells.begin(), header.cells.end(), column);
    require(it != header.cells.end(), "{}: the header '{}' has no column '{}'", path.string(),
            readable(header.cells), column);
    positions.push_back(static_cast<std::size_t>(it - header.cells.begin()));
  }
  return positions;
}

std::string quoted_if_needed(std::string_view cell) {
  const bool plain = cell.find_first_of("\",\r\n") == cell.npos && trimmed(cell) == cell &&
                     !cell.starts_with(kByteOrderMark);
  if (plain) return std::string(cell);
  std::string text = "\"";
  for (const char c : cell) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text, std::string_view source) {
  require_utf8(text, source);
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return CsvParser(text, source).rows();
}

std::vector<CsvRow> read_csv(const std::filesystem::path& path,
                             const std::vector<std::string>& columns) {
  const std::vector<std::uint8_t> bytes = read_file_bytes(path);
  std::vector<CsvRow> rows =
      parse_csv({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
  require(!rows.empty(), "{}: is empty", path.string());
  const std::vector<std::size_t> positions = locate(path, rows.front(), columns);
  rows.erase(rows.begin());
  for (CsvRow& row : rows) {
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < positions.size(); ++i) {
      require(positions[i] < row.cells.size(), "{}:{}: '{}' has no value for column '{}'",
              path.string(), row.line, readable(row.cells), columns[i]);
      cells.push_back(row.cells[positions[i]]);
    }
    row.cells = std::move(cells);
  }
  return rows;
}

std::string csv_line(std::span<const std::string> cells, std::string_view line_end) {
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != cells.data()) line += ',';
    line += quoted_if_needed(cell);
  }
  // A row of one empty cell would be an empty line, which is no row.
  if (cells.size() == 1 && line.empty()) line = "\"\"";
  return line + std::string(line_end);
}

}  // namespace fpanet
