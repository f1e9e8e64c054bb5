// Corners of the containers that PyTorch 1.13 does not write by itself.

#include <doctest/doctest.h>

#include "engine/weights/torch/containers.hpp"
#include "engine/weights/torch/zip_writer.hpp"
#include "engine/weights/weights_file.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {

namespace {

using namespace std::string_literals;

using Members = std::vector<std::pair<std::string, std::string>>;

const std::string kProto = "\x80\x02";

template <class T>
std::string raw(T number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

std::string text(const std::string& string) {
  return "X"s + raw(static_cast<std::uint32_t>(string.size())) + string;
}

std::string integer(std::int32_t number) {
  return "J"s + raw(number);
}

std::string tuple(const std::vector<std::int32_t>& numbers) {
  std::string items = "(";
  for (const std::int32_t number : numbers) items += integer(number);
  return items + "t";
}

/// A tensor on float storage "0" of `numel`; `view` is the storage id's last item, if any.
std::string tensor(std::int32_t numel, std::int32_t offset, const std::vector<std::int32_t>& shape,
                   const std::vector<std::int32_t>& strides, const std::string& view = "") {
  return "ctorch._utils\n_rebuild_tensor\n((" + text("storage") + "ctorch\nFloatStorage\n" +
         text("0") + text("cpu") + integer(numel) + view + "tQ" + integer(offset) + tuple(shape) +
         tuple(strides) + "tR";
}

const std::string kFourFloats = raw(1.0f) + raw(2.0f) + raw(3.0f) + raw(4.0f);

WeightsFile read_zip(const Members& members) {
  const ScratchFolder folder;
  ZipWriter zip(folder / "a.pth");
  for (const auto& [name, data] : members) zip.add(name, data);
  zip.finish();
  return read_weights(Bytes::map(folder / "a.pth"), "f");
}

WeightsFile read_object(const std::string& object) {
  return read_zip({{"a/data.pkl", kProto + object + "."}, {"a/data/0", kFourFloats}});
}

std::string dict(const std::string& name, const std::string& value) {
  return "}"s + text(name) + value + "s";
}

void check_refused(const std::string& object, const std::string& reason) {
  CHECK_THROWS_WITH_AS(read_object(object), ("f: " + reason).c_str(), Error);
}

}  // namespace

TEST_CASE("torch zip: what is not a saved state dict is told apart") {
  const std::pair<Members, const char*> cases[] = {
      {{{"a/x", ""}}, "f: a zip archive without data.pkl was not written by torch.save"},
      {{{"a/data.pkl", ""}, {"b/data.pkl", ""}}, "f: more than one data.pkl in the zip archive"},
      {{{"a/data.pkl", ""}, {"a/constants.pkl", ""}},
       "f: a TorchScript archive; save only the weights with torch.save(model.state_dict())"},
      {{{"a/data.pkl", ""}, {"a/byteorder", "big"}},
       "f: byte order is 'big'; only little-endian files are read"},
  };
  for (const auto& [members, reason] : cases) {
    CHECK_THROWS_WITH_AS(read_zip(members), reason, Error);
  }
  check_refused("]", "holds a list, not a state dict");
  check_refused("}"s + text("epoch") + "K\3s", "no state dict in it; its keys are: epoch");
}

TEST_CASE("torch files: the tensors may lie under a key, beside other things") {
  for (const std::string key : {"state_dict", "model_state_dict", "model"}) {
    const WeightsFile file = read_object("}("s + text("lr") + "K\1" + text(key) + "}("s +
                                         text("w") + tensor(4, 0, {4}, {1}) + text("note") + "Nuu");
    CHECK(file.wrapper == key);
    CHECK(file.tensors.size() == 1);
    CHECK(file.skipped == std::vector<std::string>{"note"});
  }
}

TEST_CASE("torch files: which of several sets of weights is read is said") {
  const auto weights = [](float first) { return tensor(4, static_cast<int>(first) - 1, {1}, {1}); };
  const auto item = [&](const std::string& key, float first) {
    return text(key) + dict("w", weights(first));
  };
  const auto read = [&](const std::string& items, ReadTraining training) {
    const ScratchFolder folder;
    ZipWriter zip(folder / "a.ckpt");
    zip.add("a/data.pkl", kProto + "}(" + items + "u.");
    zip.add("a/data/0", kFourFloats);
    zip.finish();
    return read_weights(Bytes::map(folder / "a.ckpt"), "f", training);
  };
  const auto value = [](const WeightsFile& file) {
    return file.tensors.at("w").values<float>()[0];
  };
  // As Lightning's WeightAveraging saves: the optimizer's state belongs to the trained weights.
  const std::string both = item("state_dict", 1) + item("current_model_state", 2);
  const WeightsFile average = read(both, ReadTraining::no), trained = read(both, ReadTraining::yes);
  CHECK(value(average) == 1);
  CHECK(average.note ==
        "the averaged weights under 'state_dict'; the trained ones under 'current_model_state' are "
        "left aside");
  CHECK(value(trained) == 2);
  CHECK(trained.note ==
        "the trained weights under 'current_model_state'; the averaged ones under 'state_dict' are "
        "left aside");
  for (const ReadTraining training : {ReadTraining::no, ReadTraining::yes}) {
    const WeightsFile file = read(item("state_dict", 1) + item("state_dict_ema", 3), training);
    CHECK(value(file) == 1);
    CHECK(
        file.note ==
        "the weights under 'state_dict'; the averaged ones under 'state_dict_ema' are left aside");
  }
  CHECK(read(item("state_dict", 1), ReadTraining::no).note.empty());
}

TEST_CASE("torch files: many views of one storage are checked once and cannot add up without end") {
  std::string items;
  for (int i = 0; i < 5000; ++i) {
    items += text("w" + std::to_string(i)) +
             (i == 0 ? "ctorch._utils\n_rebuild_tensor\nq\0(("s + text("storage") +
                           "ctorch\nFloatStorage\n" + text("0") + text("cpu") + integer(1 << 18) +
                           "tQK\0"s + tuple({1 << 18}) + tuple({1}) + "tq\1R"
                     : "h\0h\1R"s);
  }
  CHECK_THROWS_WITH_AS(
      read_zip(
          {{"a/data.pkl", kProto + "}(" + items + "u."}, {"a/data/0", std::string(4 << 18, '\0')}}),
      "f: tensor w20 of shape (262144) is a view that expands to more memory than its file may use",
      Error);
}

TEST_CASE("torch files: views of every kind") {
  const auto values = [](const std::string& object) {
    return read_object(dict("w", object)).tensors.at("w").values<float>();
  };
  CHECK(values(tensor(4, 1, {2}, {2})) == std::vector<float>{2, 4});
  CHECK(values(tensor(4, 0, {2, 2}, {1, 2})) == std::vector<float>{1, 3, 2, 4});
  CHECK(values(tensor(4, 3, {2, 3}, {0, 0})) == std::vector<float>{4, 4, 4, 4, 4, 4});
  CHECK(values(tensor(4, 3, {}, {})) == std::vector<float>{4});
  CHECK(values(tensor(4, 4, {0}, {1})).empty());
}

TEST_CASE("torch files: a view cannot leave its storage nor unroll without end") {
  const auto refused = [](const std::string& object, const std::string& reason) {
    check_refused(dict("w", object), "tensor w" + reason);
  };
  refused(tensor(4, 1, {4}, {1}),
          ": shape (4), strides (1), offset 1 reach outside its storage of 4 f32");
  refused(tensor(4, 0, {2, 3}, {2, 2}),
          ": shape (2,3), strides (2,2), offset 0 reach outside its storage of 4 f32");
  refused(tensor(4, 3, {2}, {-1}),
          ": shape (2), strides (-1), offset 3 reach outside its storage of 4 f32");
  refused(tensor(4, -1, {1}, {1}),
          ": shape (1), strides (1), offset -1 reach outside its storage of 4 f32");
  refused(tensor(4, 0, {-1}, {1}), ": shape (-1) has a negative size");
  refused(tensor(4, 0, {1 << 30, 1 << 30, 1 << 30}, {0, 0, 0}),
          ": shape (1073741824,1073741824,1073741824) has too many elements");
  refused(tensor(4, 0, {1 << 30}, {0}),
          " of shape (1073741824) is a view that expands to more memory than its file may use");
  refused(tensor(-4, 0, {1}, {1}), ": storage 0 has 16 bytes, which is not -4 f32");
}

TEST_CASE("torch legacy: a storage may be a window on another, and big-endian is refused") {
  const auto file = [](const std::string& flag, const std::string& window) {
    return std::string(kLegacyMagic) + kProto + integer(1001) + "." + kProto +
           dict("little_endian", flag) + "." + kProto +
           dict("w", tensor(4, 0, {2}, {1}, "("s + text("9") + window + "t")) + "." + kProto + "]" +
           text("0") + "a." + raw(std::int64_t{4}) + kFourFloats;
  };
  const auto read = [](const std::string& bytes) {
    return read_weights(Bytes::copy_of(std::as_bytes(std::span(bytes.data(), bytes.size()))), "f");
  };
  CHECK(read(file("\x88", integer(1) + integer(2))).tensors.at("w").values<float>() ==
        std::vector<float>{2, 3});
  CHECK_THROWS_WITH_AS(read(file("\x88", integer(1) + integer(1))),
                       "f: tensor w: shape (2), strides (1), offset 0 reach outside its storage of "
                       "1 f32",
                       Error);
  CHECK_THROWS_WITH_AS(read(file("\x88", integer(3) + integer(2))),
                       "f: tensor w: 2 elements at offset 3 reach outside storage 0 of 4", Error);
  CHECK_THROWS_WITH_AS(read(file("\x89", integer(1) + integer(2))),
                       "f: only little-endian files are read", Error);
}

}  // namespace fpanet
