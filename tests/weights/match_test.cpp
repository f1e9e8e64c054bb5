#include <doctest/doctest.h>

#include <limits>
#include <numeric>

#include "engine/weights/match_weights.hpp"
#include "engine/weights/name_map.hpp"
#include "tests/support/message_of.hpp"

namespace fpanet {

namespace {

using test::contains;
using test::message_of;
using Shape64 = std::vector<std::int64_t>;

StateEntry filled(const Shape64& shape) {
  std::vector<float> values(static_cast<std::size_t>(checked_numel(shape, "test")));
  std::iota(values.begin(), values.end(), 1.0f);
  return StateEntry::from_values(values, shape);
}

struct Row {
  std::string name;
  Shape64 shape;
};

WeightsFile file_of(const std::vector<Row>& rows, const std::string& prefix = "") {
  WeightsFile file;
  file.name = "f.pth";
  file.container = "zip";
  for (const auto& [name, shape] : rows) file.tensors.add(prefix + name, filled(shape));
  return file;
}

std::vector<WantedTensor> wanted_of(const std::vector<Row>& rows, const std::string& prefix = "") {
  std::vector<WantedTensor> wanted;
  for (const auto& [name, shape] : rows) wanted.push_back({prefix + name, shape});
  return wanted;
}

const std::vector<Row> kEncoder = {
    {"conv1.weight", {4, 3, 2, 2}}, {"bn1.weight", {4}}, {"bn1.num_batches_tracked", {}}};
const std::vector<Row> kNotebook = {{"model.encoder.conv1.weight", {4, 3, 2, 2}},
                                    {"model.decoder.blocks.0.conv1.0.weight", {2, 4, 1, 1}},
                                    {"FreqFeature.conv1.weight", {3}}};

}  // namespace

TEST_CASE("match: equal names, fc.* passed over, missing batch counters are 0") {
  WeightsFile file = file_of({kEncoder[0], kEncoder[1], {"fc.weight", {9, 4}}, {"fc.bias", {9}}});
  const Match match = match_weights(file, wanted_of(kEncoder), {.subject = "encoder"});
  CHECK(match.summary ==
        "3 of 3 encoder tensors from f.pth (zip), fc.* ignored, "
        "1 missing num_batches_tracked set to 0");
  REQUIRE(match.tensors.size() == 3);
  CHECK(match.tensors[0].first == "conv1.weight");
  CHECK(match.tensors.at("bn1.num_batches_tracked").values<double>() == std::vector<double>{0});
}

TEST_CASE("match: every prefix that training code adds is found") {
  const struct {
    std::string in_file, in_model, note;
  } cases[] = {
      {"", "", ""},
      {"module.", "", ", module. dropped"},
      {"_orig_mod.", "", ", _orig_mod. dropped"},
      {"_orig_mod.module.", "", ", _orig_mod. and module. dropped"},
      {"model._orig_mod.encoder.", "encoder.", ", _orig_mod. dropped, prefix model. removed"},
      {"encoder.", "", ", prefix encoder. removed"},
      {"model.encoder.", "", ", prefix model.encoder. removed"},
      {"", "model.encoder.", ", prefix model.encoder. added"},
      {"encoder.", "model.encoder.", ", prefix model. added"},
      {"module.model.encoder.", "encoder.", ", module. dropped, prefix model. removed"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.in_file);
    CAPTURE(one.in_model);
    const Match match =
        match_weights(file_of(kEncoder, one.in_file), wanted_of(kEncoder, one.in_model));
    CHECK(match.summary == "3 of 3 model tensors from f.pth (zip)" + one.note);
    CHECK(match.tensors[0].first == one.in_model + "conv1.weight");
  }
}

TEST_CASE("match: a part that is kept is named with both shapes, and must be in the file") {
  std::vector<Row> in_file = kNotebook, in_model = kNotebook;
  in_file.push_back({"model.head.weight", {7, 2}});
  in_file.push_back({"model.head.bias", {7}});
  in_model.push_back({"model.head.weight", {5, 2}});
  in_model.push_back({"model.head.bias", {5}});
  const MatchOptions options{.kept = "model.head."};
  const Match match = match_weights(file_of(in_file), wanted_of(in_model), options);
  CHECK(match.tensors.size() == 3);
  CHECK(
      match.summary ==
      "3 of 5 model tensors from f.pth (zip), left out: model.head.weight (7,2) in the file, (5,2) "
      "in the model; model.head.bias (7) in the file, (5) in the model");
  // Everything else is as strict as ever.
  in_file.pop_back();
  CHECK(contains(
      message_of<Error>([&] { match_weights(file_of(in_file), wanted_of(in_model), options); }),
      "missing: model.head.bias (5) in the model, not in the file"));
  in_file[1].shape = {3, 4, 1, 1};
  CHECK(contains(
      message_of<Error>([&] { match_weights(file_of(in_file), wanted_of(in_model), options); }),
      "shape: model.decoder.blocks.0.conv1.0.weight is (3,4,1,1) in the file"));
}

TEST_CASE("match: an encoder out of a whole model") {
  const Match match =
      match_weights(file_of(kNotebook), wanted_of({kEncoder[0]}), {.subject = "encoder"});
  CHECK(match.summary ==
        "1 of 1 encoder tensors from f.pth (zip), prefix model.encoder. removed, "
        "2 others ignored");
}

TEST_CASE(
    "match: an encoder out of a whole model whatever its names; inside it nothing is left out") {
  std::vector<Row> wanted = kEncoder;
  const std::string prefix = "model.encoder.";
  const MatchOptions options{.subject = "encoder", .part = prefix};
  for (const std::string in_file : {"model.", "", "module.model."}) {
    CAPTURE(in_file);
    WeightsFile file = file_of(kEncoder, in_file + "encoder.");
    file.tensors.add(in_file + "decoder.a.weight", filled({2}));
    file.tensors.add(in_file + "segmentation_head.0.bias", filled({7}));
    const Match match = match_weights(file, wanted_of(wanted, prefix), options);
    CHECK(match.tensors.size() == 3);
    CHECK(match.summary.ends_with(", 2 others ignored"));
    file.tensors.add(in_file + "encoder.extra", filled({1}));
    CHECK_THROWS_WITH_AS(match_weights(file, wanted_of(wanted, prefix), options),
                         ("f.pth (zip) does not fit the encoder:\n  unexpected: " + in_file +
                          "encoder.extra (1) in the file, not in the encoder")
                             .c_str(),
                         Error);
  }
}

TEST_CASE("match: an averaged model's counter is left aside and said") {
  WeightsFile file = file_of({kEncoder[1]}, "module.");
  file.tensors.add("n_averaged", StateEntry::scalar(9));
  CHECK(match_weights(file, wanted_of({kEncoder[1]})).summary ==
        "1 of 1 model tensors from f.pth (zip), averaged weights (n_averaged ignored), module. "
        "dropped");
}

TEST_CASE("match: values that make every prediction meaningless are refused by name") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const auto message = [](const std::string& name, const StateEntry& entry) {
    WeightsFile file;
    file.name = "f";
    file.container = "zip";
    file.tensors.add(name, entry);
    const std::vector<WantedTensor> wanted = {{name, entry.shape()}};
    return test::message_of<Error>([&] { match_weights(file, wanted); });
  };
  const std::string end = ", so every prediction would be meaningless";
  const std::string begin = "f (zip) does not fit the model:\n  value: ";
  CHECK(message("w", StateEntry::from_values(std::vector{1.F, nan}, {2})) ==
        begin + "w holds nan at element 1" + end);
  CHECK(message("w", StateEntry::from_values(std::vector{-infinity}, {1})) ==
        begin + "w holds -inf at element 0" + end);
  CHECK(message("b.running_var", StateEntry::from_values(std::vector{1.F, -1.F}, {2})) ==
        begin + "b.running_var holds a negative variance" + end);
  CHECK(message("b.running_mean", StateEntry::from_values(std::vector{1.F, -1.F}, {2})).empty());
  const std::vector<double> large = {1.0, 1e300};
  CHECK(message("w", StateEntry(ElementType::f64, {2},
                                Bytes::copy_of(std::as_bytes(std::span(large))))) ==
        begin + "w holds 1e+300 at element 1" + end);
  const std::uint16_t half = 0x7c00, brain = 0x7fc0;
  const auto of = [](ElementType type, const std::uint16_t& bits) {
    return StateEntry(type, {1}, Bytes::copy_of(std::as_bytes(std::span(&bits, 1))));
  };
  CHECK(message("w", of(ElementType::f16, half)) == begin + "w holds inf at element 0" + end);
  CHECK(message("w", of(ElementType::bf16, brain)) == begin + "w holds nan at element 0" + end);
}

TEST_CASE("match: a file with a million other tensors gets a message that can be read") {
  WeightsFile file = file_of({kEncoder[1]});
  for (int i = 0; i < 1500; ++i) file.tensors.add("x" + std::to_string(i), StateEntry::scalar(0));
  const std::string message =
      test::message_of<Error>([&] { match_weights(file, wanted_of({kEncoder[1]})); });
  CHECK(message.ends_with("\n  and 500 more"));
}

TEST_CASE("match: optional tensors may be missing") {
  const WeightsFile file = file_of(
      {{"encoder.conv1.weight", {4, 3, 2, 2}}, {"decoder.blocks.0.conv1.0.weight", {2, 4, 1, 1}}});
  const Match match = match_weights(file, wanted_of(kNotebook), {.optional = {"FreqFeature."}});
  CHECK(match.summary == "2 of 3 model tensors from f.pth (zip), prefix model. added");
}

TEST_CASE("match: everything that does not fit is listed at once with both shapes") {
  const WeightsFile file = file_of({{"conv1.weight", {4, 3, 3, 3}}, {"extra", {2, 5}}});
  CHECK_THROWS_WITH_AS(match_weights(file, wanted_of(kEncoder), {.subject = "encoder"}),
                       "f.pth (zip) does not fit the encoder:\n"
                       "  unexpected: extra (2,5) in the file, not in the encoder\n"
                       "  shape: conv1.weight is (4,3,3,3) in the file, (4,3,2,2) in the encoder\n"
                       "  missing: bn1.weight (4) in the encoder, not in the file",
                       Error);
  CHECK_THROWS_WITH_AS(match_weights(file_of({{"a", {1}}}), wanted_of(kEncoder)),
                       "f.pth (zip) does not fit the model: none of its 1 tensors is wanted; it "
                       "has a, where conv1.weight is wanted",
                       Error);
  CHECK_THROWS_WITH_AS(
      match_weights(file_of({{"bn1.weight", {4}}, {"module.bn1.weight", {4}}}),
                    wanted_of({kEncoder[1]})),
      "f.pth (zip) does not fit the model:\n  twice: bn1.weight, under two prefixes", Error);
}

TEST_CASE("match: the first convolution follows the number of channels") {
  const std::vector<Row> rows = {{"conv1.weight", {1, 3, 1, 2}}};  // values 1 2 | 3 4 | 5 6
  const auto load = [&](std::int64_t channels) {
    const std::vector<WantedTensor> wanted = {{"conv1.weight", {1, channels, 1, 2}}};
    return match_weights(file_of(rows), wanted, {.first_conv = "conv1.weight"});
  };
  const auto adapted = [&](std::int64_t channels) {
    return load(channels).tensors[0].second.values<float>();
  };
  // To the bit what patch_first_conv of segmentation-models-pytorch 0.6 makes of these.
  CHECK(adapted(1) == std::vector<float>{9, 12});
  CHECK(adapted(2) == std::vector<float>{1.5f, 3, 4.5f, 6});
  CHECK(adapted(3) == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(adapted(4) == std::vector<float>{0.75f, 1.5f, 2.25f, 3, 3.75f, 4.5f, 0.75f, 1.5f});
  CHECK(adapted(5) == std::vector<float>{0.6f, 1.2f, 1.8000001f, 2.4f, 3, 3.6000001f, 0.6f, 1.2f,
                                         1.8000001f, 2.4f});
  CHECK(load(2).summary ==
        "1 of 1 model tensors from f.pth (zip), first convolution adapted from 3 to 2 channels");
  const std::vector<WantedTensor> four = {{"conv1.weight", {1, 4, 1, 2}}};
  CHECK_THROWS_WITH_AS(match_weights(file_of(rows), four),
                       "f.pth (zip) does not fit the model:\n"
                       "  shape: conv1.weight is (1,3,1,2) in the file, (1,4,1,2) in the model",
                       Error);
}

TEST_CASE("common prefix: of all names, whole segments only") {
  CHECK(common_prefix({"module.model.a", "module.model.b"}) == "module.model.");
  CHECK(common_prefix({"model.a", "FreqFeature.b"}).empty());
  CHECK(common_prefix({}).empty());
}

}  // namespace fpanet
