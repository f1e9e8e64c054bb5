#include "data/csv.hpp"

#include <algorithm>

#include "data/file_bytes.hpp"
#include "engine/core/error.hpp"

namespace fpanet {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string_view> split_at(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(trimmed(text.substr(begin, end - begin)));
    if (end == text.npos) return parts;
    begin = end + 1;
  }
}

/// The position of each of `columns` in the header.
std::vector<std::size_t> locate(const std::filesystem::path& path, std::string_view header,
                                const std::vector<std::string>& columns) {
  const std::vector<std::string_view> found = split_at(header, ',');
  std::vector<std::size_t> positions;
  for (const std::string& column : columns) {
    const auto it = std::find(found.begin(), found.end(), column);
    require(it != found.end(), "{}: the header '{}' has no column '{}'", path.string(), header,
            column);
    positions.push_back(static_cast<std::size_t>(it - found.begin()));
  }
  return positions;
}

}  // namespace

std::vector<CsvRow> read_csv(const std::filesystem::path& path,
                             const std::vector<std::string>& columns) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  const std::vector<std::uint8_t> bytes = read_file_bytes(path);
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());

  std::vector<CsvRow> rows;
  std::vector<std::size_t> positions;
  Index line = 0;
  for (const std::string_view content : split_at(text, '\n')) {
    ++line;
    if (content.empty()) continue;
    if (positions.empty()) {
      positions = locate(path, content, columns);
      continue;
    }
    const std::vector<std::string_view> cells = split_at(content, ',');
    CsvRow row{line, {}};
    for (std::size_t i = 0; i < positions.size(); ++i) {
      require(positions[i] < cells.size(), "{}:{}: '{}' has no value for column '{}'",
              path.string(), line, content, columns[i]);
      row.cells.emplace_back(cells[positions[i]]);
    }
    rows.push_back(std::move(row));
  }
  require(!positions.empty(), "{}: is empty", path.string());
  return rows;
}

}  // namespace fpanet
