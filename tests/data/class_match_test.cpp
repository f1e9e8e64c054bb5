#include "data/class_match.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "engine/core/error.hpp"
#include "engine/core/rng.hpp"
#include "tests/data/scene_files.hpp"

namespace fpanet {

using test::contains;
using test::message_of;

namespace {

ClassTable reversed(const ClassTable& table) {
  std::vector<ClassInfo> infos = table.classes();
  std::reverse(infos.begin(), infos.end());
  return ClassTable(std::move(infos));
}

std::string mismatch(const ClassTable& model, const ClassTable& data) {
  return message_of<Error>([&] {
    match_classes({"runs/demo", model}, {"data/x", data}, "; rename some");
  });
}

}  // namespace

TEST_CASE("class match: by name, whatever the order and the colours") {
  const ClassTable model({{"a", {1, 0, 0}}, {"b", {2, 0, 0}}, {"c", {3, 0, 0}}});
  const ClassTable data({{"c", {1, 0, 0}}, {"a", {7, 7, 7}}, {"b", {8, 8, 8}}});
  CHECK(match_classes({"m", model}, {"d", data}) == std::vector<Index>{2, 0, 1});
  CHECK(is_identity(match_classes({"m", model}, {"d", model})));
  CHECK_FALSE(is_identity(match_classes({"m", model}, {"d", data})));
}

TEST_CASE("class match: other names, more classes and fewer are refused with both tables") {
  const ClassTable model({{"land", {1, 0, 0}}, {"water", {2, 0, 0}}});
  const std::string message =
      mismatch(model, ClassTable({{"land", {1, 0, 0}}, {"sea", {2, 0, 0}}}));
  CHECK(contains(message, "runs/demo and data/x have different classes; rename some:"));
  CHECK(contains(message, "\n  runs/demo has 0 'land', 1 'water'"));
  CHECK(contains(message, "\n  data/x has 0 'land', 1 'sea'"));
  CHECK_FALSE(mismatch(model, ClassTable({{"land", {1, 0, 0}}})).empty());
  CHECK_FALSE(
      mismatch(model, ClassTable({{"water", {0, 0, 0}}, {"land", {1, 0, 0}}, {"x", {2, 0, 0}}}))
          .empty());
}

TEST_CASE("class match: any permutation is found, any other name is not") {
  Rng rng(3);
  for (int trial = 0; trial < 200; ++trial) {
    const std::uint64_t count = 1 + rng.below(12);
    std::vector<ClassInfo> infos;
    for (std::uint64_t i = 0; i < count; ++i) {
      infos.push_back({fmt::format("c{}", i), {static_cast<std::uint8_t>(i), 0, 0}});
    }
    const ClassTable model(infos);
    for (std::size_t i = infos.size() - 1; i > 0; --i) std::swap(infos[i], infos[rng.below(i + 1)]);
    const ClassTable data(infos);
    const std::vector<Index> to_model = match_classes({"m", model}, {"d", data});
    for (Index label = 0; label < data.size(); ++label) {
      REQUIRE(model.name(to_model[static_cast<std::size_t>(label)]) == data.name(label));
    }
    infos[rng.below(count)].name += "'";
    REQUIRE_FALSE(mismatch(model, ClassTable(infos)).empty());
  }
}

TEST_CASE("class match: labels of colour and of index masks follow the model's order") {
  const ScratchFolder scratch;
  const ClassTable model = ClassTable::deepglobe(), data = reversed(model);
  test::write_folder(scratch.path(), 2, 8, 28);
  data.write(scratch / "class_dict.csv");
  const auto load = [&](Index scene) {
    DatasetOptions options;
    options.size = {};
    auto dataset = std::make_unique<FolderDataset>(scratch.path(), options);
    const auto mapped = with_labels(std::move(dataset), match_classes({"m", model}, {"d", data}));
    CHECK(mapped->classes() == model);
    CHECK(mapped->ids() == std::vector<std::string>{"00", "01"});
    return mapped->load(scene).labels.labels;
  };
  CHECK(load(1) == test::striped_labels(8, 28, 1));

  Image indices = test::striped_labels(8, 28, 1);
  for (std::uint8_t& label : indices.pixels) label = static_cast<std::uint8_t>(6 - label);
  indices.pixels[0] = kIgnoreByte;
  write_png(scratch / "00_mask.png", indices);
  write_png(scratch / "01_mask.png", indices);
  Image expected = test::striped_labels(8, 28, 1);
  expected.pixels[0] = kIgnoreByte;
  CHECK(load(1) == expected);
}

}  // namespace fpanet
