#include "data/class_table.hpp"

#include "data/csv.hpp"
#include "data/file_bytes.hpp"
#include "engine/core/error.hpp"
#include "engine/core/parse_number.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

std::uint8_t parse_channel(const std::filesystem::path& path, const CsvRow& row, std::size_t cell) {
  const std::string& text = row.cells[cell];
  const auto value = parse_number<std::uint8_t>(text);
  require(value.has_value(), "{}:{}: '{}' is not a colour value, expected 0 to 255", path.string(),
          row.line, text);
  return *value;
}

Index squared_distance(const Rgb& a, const Rgb& b) {
  Index sum = 0;
  for (std::size_t c = 0; c < a.size(); ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

}  // namespace

ClassTable::ClassTable(std::vector<ClassInfo> classes) : classes_(std::move(classes)) {
  constexpr Index kMaxClasses = 255;
  require(size() >= 1 && size() <= kMaxClasses, "class table: {} classes, expected 1 to {}", size(),
          kMaxClasses);
  for (Index i = 0; i < size(); ++i) {
    require(is_utf8(name(i)), "class table: the name of class {}, '{}', is not UTF-8 text", i,
            printable(name(i)));
    require(find(name(i)) == i, "class table: two classes are called '{}'", name(i));
    const Index same_color = *find(color(i));
    require(same_color == i, "class table: '{}' and '{}' have the same colour {},{},{}",
            name(same_color), name(i), color(i)[0], color(i)[1], color(i)[2]);
  }
}

ClassTable ClassTable::read(const std::filesystem::path& path) {
  std::vector<ClassInfo> classes;
  for (const CsvRow& row : read_csv(path, {"name", "r", "g", "b"})) {
    classes.push_back(
        {row.cells[0],
         {parse_channel(path, row, 1), parse_channel(path, row, 2), parse_channel(path, row, 3)}});
  }
  try {
    return ClassTable(std::move(classes));
  } catch (const Error& error) {
    fail("{}: {}", path.string(), error.what());
  }
}

ClassTable ClassTable::deepglobe() {
  return ClassTable({{"urban_land", {0, 255, 255}},
                     {"agriculture_land", {255, 255, 0}},
                     {"rangeland", {255, 0, 255}},
                     {"forest_land", {0, 255, 0}},
                     {"water", {0, 0, 255}},
                     {"barren_land", {255, 255, 255}},
                     {"unknown", {0, 0, 0}}});
}

void ClassTable::write(const std::filesystem::path& path) const {
  std::string text = "name,r,g,b\n";
  for (const ClassInfo& info : classes_) {
    text += csv_line(std::vector<std::string>{info.name, std::to_string(info.color[0]),
                                              std::to_string(info.color[1]),
                                              std::to_string(info.color[2])});
  }
  write_file_bytes(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::optional<Index> ClassTable::find(std::string_view name) const {
  for (Index i = 0; i < size(); ++i) {
    if (this->name(i) == name) return i;
  }
  return std::nullopt;
}

std::optional<Index> ClassTable::find(const Rgb& color) const {
  for (Index i = 0; i < size(); ++i) {
    if (this->color(i) == color) return i;
  }
  return std::nullopt;
}

Index ClassTable::nearest(const Rgb& color) const {
  Index best = 0;
  for (Index i = 1; i < size(); ++i) {
    const bool nearer =
        squared_distance(color, this->color(i)) < squared_distance(color, this->color(best));
    if (nearer) best = i;
  }
  return best;
}

}  // namespace fpanet
