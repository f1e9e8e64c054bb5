#include <algorithm>
#include <cstring>

#include "engine/weights/printable.hpp"
#include "engine/weights/safetensors/header.hpp"
#include "engine/weights/safetensors/safetensors.hpp"

namespace fpanet {

namespace {

constexpr std::uint64_t kMaxHeader = 100'000'000;

using Row = SafetensorsHeader::Row;

void check_size(const Row& row, const std::string& file) {
  const auto numel = static_cast<std::uint64_t>(
      checked_numel(row.shape, fmt::format("{}: tensor {}", file, printable(row.name))));
  // numel < 2^62 and an element has up to 8 = 2^3 bytes, so a product could overflow. Divide
  // instead.
  const std::uint64_t size = size_of(row.type);
  const bool fits = row.begin <= row.end && (row.end - row.begin) % size == 0 &&
                    (row.end - row.begin) / size == numel;
  if (fits) return;
  fail("{}: tensor {} of {} {} does not take the bytes {}..{}", file, printable(row.name),
       name_of(row.type), shape_text(row.shape), row.begin, row.end);
}

/// Checks that the tensors cover the data from 0 to its end without gaps and overlaps.
void check_tiling(const std::vector<Row>& rows, std::uint64_t data_bytes, const std::string& file) {
  std::vector<const Row*> by_offset;
  by_offset.reserve(rows.size());
  for (const Row& row : rows) by_offset.push_back(&row);
  std::ranges::sort(by_offset, {}, [](const Row* row) { return std::pair(row->begin, row->end); });
  std::uint64_t end = 0;
  for (const Row* row : by_offset) {
    require(row->begin == end, "{}: tensor {} begins at byte {} of the data but {} is expected",
            file, printable(row->name), row->begin, end);
    end = row->end;
  }
  require(end == data_bytes, "{}: tensors take {} bytes but the file holds {}", file, end,
          data_bytes);
}

}  // namespace

SafetensorsFile read_safetensors(const Bytes& file, const std::string& name) {
  std::uint64_t length = 0;
  require(file.size() >= sizeof(length), "{}: too short for safetensors: {} bytes", name,
          file.size());
  std::memcpy(&length, file.data(), sizeof(length));
  const std::uint64_t rest = file.size() - sizeof(length);
  require(length <= kMaxHeader && length <= rest,
          "{}: header of {} bytes in a safetensors file of {} (at most {})", name, length,
          file.size(), kMaxHeader);
  const std::string_view json = file.text().substr(sizeof(length), length);
  require(json.starts_with('{'), "{}: safetensors header does not begin with '{{'", name);

  SafetensorsHeader header = parse_safetensors_header(json, name);
  for (const Row& row : header.rows) check_size(row, name);
  check_tiling(header.rows, rest - length, name);
  const Bytes data = file.part(sizeof(length) + length, rest - length);
  SafetensorsFile result{.tensors = {}, .metadata = std::move(header.metadata)};
  for (Row& row : header.rows) {
    require(!result.tensors.contains(row.name), "{}: two tensors are named {}", name,
            printable(row.name));
    result.tensors.add(std::move(row.name),
                       {row.type, std::move(row.shape), data.part(row.begin, row.end - row.begin)});
  }
  return result;
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  return read_safetensors(Bytes::map(path), path.string());
}

}  // namespace fpanet
