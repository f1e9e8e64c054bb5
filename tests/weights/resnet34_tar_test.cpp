// torchvision's resnet34-333f7ec4.pth, the file that the notebook starts from, is of PyTorch's
// oldest container and 87 MB long: the same names and shapes, generated here.

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "engine/weights/match_weights.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {

namespace {

using namespace std::string_literals;

std::vector<WantedTensor> resnet34(bool with_counters) {
  std::vector<WantedTensor> tensors;
  const auto conv = [&](const std::string& name, std::int64_t out, std::int64_t in,
                        std::int64_t kernel) {
    tensors.push_back({name + ".weight", {out, in, kernel, kernel}});
  };
  const auto norm = [&](const std::string& name, std::int64_t channels) {
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"}) {
      tensors.push_back({name + part, {channels}});
    }
    if (with_counters) tensors.push_back({name + ".num_batches_tracked", {}});
  };
  conv("conv1", 64, 3, 7);
  norm("bn1", 64);
  std::int64_t in = 64, stage = 1;
  for (const int blocks : {3, 4, 6, 3}) {
    const std::int64_t out = 32 << stage;
    for (int block = 0; block < blocks; ++block) {
      const std::string name = "layer" + std::to_string(stage) + "." + std::to_string(block) + ".";
      conv(name + "conv1", out, in, 3);
      norm(name + "bn1", out);
      conv(name + "conv2", out, out, 3);
      norm(name + "bn2", out);
      if (in != out) {
        conv(name + "downsample.0", out, in, 1);
        norm(name + "downsample.1", out);
      }
      in = out;
    }
    ++stage;
  }
  return tensors;
}

float value_at(std::size_t tensor, std::int64_t element) {
  return static_cast<float>(tensor) + static_cast<float>(element % 4096) / 4096.0f;
}

template <class T>
std::string raw(T number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

// Pickles of protocol 2.
const std::string kProto = "\x80\x02";
std::string integer(std::size_t number) {
  return "J"s + raw(static_cast<std::int32_t>(number));
}
std::string text(const std::string& string) {
  return "X"s + raw(static_cast<std::uint32_t>(string.size())) + string;
}

void add_member(std::ofstream& tar, const std::string& name, const std::string& data) {
  std::string header(512, '\0');
  const auto put = [&](std::size_t at, const std::string& field) {
    std::ranges::copy(field, header.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, name);
  put(124, fmt::format("{:011o}", data.size()));
  put(148, "        ");
  put(156, "0");
  put(257, "ustar\0"s + "00");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum) + "\0 "s);
  tar << header << data << std::string((512 - data.size() % 512) % 512, '\0');
}

/// As PyTorch 0.1 wrote it: parameters by NEWOBJ and BUILD, buffers bare, keys as integers.
void write_tar(const std::filesystem::path& path, const std::vector<WantedTensor>& tensors) {
  std::string storages = kProto + integer(tensors.size()) + ".";
  std::string views = kProto + integer(tensors.size()) + ".";
  std::string object = kProto + "ccollections\nOrderedDict\n)R(";
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& [name, shape] = tensors[i];
    const std::int64_t numel = checked_numel(shape, name);
    storages += kProto + integer(i) + text("cpu") + "ctorch\nFloatStorage\n\x87." + raw(numel);
    std::vector<float> values(static_cast<std::size_t>(numel));
    for (std::int64_t e = 0; e < numel; ++e) values[static_cast<std::size_t>(e)] = value_at(i, e);
    storages.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));

    views += kProto + integer(1000 + i) + integer(i) + "ctorch\nFloatTensor\n\x87." +
             raw(static_cast<std::int64_t>(shape.size()));
    for (const std::int64_t size : shape) views += raw(size);
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      views += raw(checked_numel(std::span(shape).subspan(axis + 1), name));
    }
    views += raw(std::int64_t{0});

    const std::string tensor = text(std::to_string(1000 + i)) + "Q";
    const bool is_parameter = name.find("running_") == std::string::npos;
    object += text(name) + (is_parameter ? "ctorch.nn.parameter\nParameter\n)\x81(" + tensor +
                                               "Nccollections\nOrderedDict\n)R\x88\x89tb"
                                         : tensor);
  }
  std::ofstream tar(path, std::ios::binary);
  add_member(tar, "sys_info", kProto + "}" + text("little_endian") + "\x88s.");
  add_member(tar, "pickle", object + "u.");
  add_member(tar, "tensors", views);
  add_member(tar, "storages", storages + kProto + "].");
  tar << std::string(1024, '\0');
}

}  // namespace

TEST_CASE("tar: a file like resnet34-333f7ec4.pth fills a whole encoder") {
  const ScratchFolder folder;
  const auto path = folder / "resnet34-333f7ec4.pth";
  std::vector<WantedTensor> saved = resnet34(false);
  saved.push_back({"fc.weight", {1000, 512}});
  saved.push_back({"fc.bias", {1000}});
  write_tar(path, saved);
  REQUIRE(std::filesystem::file_size(path) > 87'000'000);

  const WeightsFile file = read_weights(path);
  const std::vector<WantedTensor> wanted = resnet34(true);
  REQUIRE(wanted.size() == 216);
  const Match match = match_weights(file, wanted, {.subject = "encoder"});
  CHECK(match.summary ==
        "216 of 216 encoder tensors from resnet34-333f7ec4.pth (tar), fc.* ignored, "
        "36 missing num_batches_tracked set to 0");
  for (std::size_t i = 0; i + 2 < saved.size(); ++i) {
    const StateEntry& entry = match.tensors.at(saved[i].name);
    CHECK(entry.shape() == saved[i].shape);
    std::size_t wrong = 0;
    std::int64_t element = 0;
    for (const float value : entry.values<float>()) wrong += value != value_at(i, element++);
    CHECK(wrong == 0);
  }
}

}  // namespace fpanet
