#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/core/layout.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {

namespace {

Bytes with_header(const std::string& json, std::size_t data_bytes) {
  const auto length = static_cast<std::uint64_t>(json.size());
  std::vector<std::byte> file(8 + json.size() + data_bytes);
  std::memcpy(file.data(), &length, 8);
  std::memcpy(file.data() + 8, json.data(), json.size());
  return Bytes::own(std::move(file));
}

StateDict sample() {
  StateDict tensors;
  tensors.add("conv.weight",
              StateEntry::from_values(std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}, {2, 4, 1, 1}));
  tensors.add("bias", StateEntry::from_values(std::vector<float>{0.5f, -0.25f, 3e-9f}, {3}));
  tensors.add("steps", StateEntry::scalar(41));
  tensors.add("empty", StateEntry::from_values({}, {0, 3}));
  return tensors;
}

}  // namespace

TEST_CASE("safetensors: what is written is read back, in order, with metadata") {
  const ScratchFolder folder;
  const auto path = folder / "a.safetensors";
  const StateDict tensors = sample();
  write_safetensors(path, tensors, {{"format", "pt"}, {"note", "\"quoted\" \xC3\xA9"}});
  const SafetensorsFile read = read_safetensors(path);
  REQUIRE(read.tensors.size() == tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& [name, entry] = tensors[i];
    CHECK(read.tensors[i].first == name);
    CHECK(read.tensors[i].second.shape() == entry.shape());
    CHECK(read.tensors[i].second.type() == entry.type());
    CHECK(read.tensors[i].second.values<double>() == entry.values<double>());
    const auto address = reinterpret_cast<std::uintptr_t>(read.tensors[i].second.bytes().data());
    CHECK(address % size_of(entry.type()) == 0);
  }
  CHECK(read.metadata.at("note") == "\"quoted\" \xC3\xA9");
  CHECK(read.metadata.size() == 2);
}

TEST_CASE("safetensors: an empty state dict is a valid file") {
  const ScratchFolder folder;
  write_safetensors(folder / "a.safetensors", {});
  CHECK(read_safetensors(folder / "a.safetensors").tensors.empty());
}

TEST_CASE("safetensors: a header cannot ask for more than its limits") {
  const auto message = [](const std::string& json, std::size_t data) {
    return test::message_of<Error>([&] { read_safetensors(with_header(json, data), "f"); });
  };
  const auto row = [](const std::string& name, const std::string& shape) {
    return "\"" + name + R"(":{"dtype":"F32","shape":[)" + shape + R"(],"data_offsets":[0,0]})";
  };
  std::string rank = "0";
  for (int i = 0; i < 64'000; ++i) rank += ",1";
  CHECK(message("{" + row("a", rank) + "}", 0) == "f: tensor a has more than 64 dimensions");
  CHECK(message("{" + row(std::string((1 << 20) + 1, 'a'), "0") + "}", 0) ==
        "f: header has a name of 1048577 bytes, more than 1048576");
  std::string rows = "{" + row("0", "0"), entries = R"({"__metadata__":{"0":"")";
  for (int i = 1; i <= 1 << 18; ++i) {
    rows += "," + row(std::to_string(i), "0");
    entries += ",\"" + std::to_string(i) + "\":\"\"";
  }
  CHECK(message(rows + "}", 0) == "f: header names more than 262144 tensors");
  CHECK(message(entries + "}}", 0) == "f: header has more than 262144 metadata entries");
}

TEST_CASE("safetensors: a file that is cut while it is read gets a message, not a signal") {
  const ScratchFolder folder;
  const std::string path = (folder / "a.safetensors").string();
  const std::vector<float> values(1 << 16, 1.0f);
  StateDict tensors;
  tensors.add("w", StateEntry::from_values(values, {1 << 16}));
  write_safetensors(path, tensors);
  const pid_t child = ::fork();
  if (child == 0) {
    if (std::freopen((folder / "err").c_str(), "w", stderr) == nullptr) ::_exit(99);
    const SafetensorsFile file = read_safetensors(path);
    std::filesystem::resize_file(path, 4096);
    const std::vector<float> read = file.tensors.at("w").values<float>();
    ::_exit(read.back() == 1.0f ? 98 : 97);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 1);
  std::ifstream err(folder / "err");
  const std::string text(std::istreambuf_iterator<char>(err), {});
  CHECK(text.find(path + ": became shorter while it was read") != std::string::npos);
}

TEST_CASE("safetensors: every broken header is refused with the reason") {
  const std::string good = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  const struct {
    std::string json;
    std::size_t data;
    const char* reason;
  } cases[] = {
      {"{" + good + "}", 7, "f: tensors take 8 bytes but the file holds 7"},
      {"{" + good + "}", 9, "f: tensors take 8 bytes but the file holds 9"},
      {"{" + good + "," + good + "}", 8,
       "f: tensor a begins at byte 0 of the data but 8 is expected"},
      {R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},)"
       R"("a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})",
       0, "f: two tensors are named a"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12,
       "f: tensor a begins at byte 4 of the data but 0 is expected"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8,
       "f: tensor a of f32 (2) does not take the bytes 8..0"},
      {R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8,
       "f: tensor a of f32 (3) does not take the bytes 0..8"},
      {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
       "f: tensor a: shape (4294967296,4294967296) has too many elements"},
      {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}})", 0,
       "f: header holds a negative number where the format allows none, at tensor a"},
      {R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", 8,
       "f: header holds a fraction where the format allows none, at tensor a"},
      {R"({"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}})", 2,
       "f: tensor a has dtype F8_E4M3, which is not supported"},
      {R"({"a":{"dtype":"F32","shape":[2]}})", 8,
       "f: tensor a lacks one of dtype, shape, data_offsets"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}})", 8,
       "f: tensor a has an unknown member x"},
      {R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8,
       "f: tensor a has two members dtype"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}})", 8,
       "f: tensor a has 3 data_offsets instead of 2"},
      {R"({"__metadata__":{"k":1}})", 0, "f: header holds a number where the format allows none"},
      {R"({"__metadata__":{"k":"1","k":"2"}})", 0, "f: two metadata entries are named k"},
      {R"({"__metadata__":{"k":{}}})", 0, "f: header holds an object where the format allows none"},
      {R"({"a":[]})", 0, "f: header holds a list where the format allows none, at tensor a"},
      {R"({"a":3})", 0, "f: header holds a number where the format allows none, at tensor a"},
      {R"({"a":)", 0, "f: header is not valid JSON at its byte 6"},
      {"{} x", 0, "f: header is not valid JSON at its byte 4"},
      {"[]", 0, "f: safetensors header does not begin with '{'"},
      {"{\"\xff\":1}", 0, "f: header is not valid JSON at its byte 3"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.json);
    CHECK_THROWS_WITH_AS(read_safetensors(with_header(c.json, c.data), "f"), c.reason, Error);
  }
  CHECK_THROWS_WITH_AS(read_safetensors(Bytes{}, "f"), "f: too short for safetensors: 0 bytes",
                       Error);
}

TEST_CASE("safetensors: header padding and any member order are accepted") {
  const auto file = with_header(
      R"({"a":{"data_offsets":[0,2],"shape":[],"dtype":"F16"},"__metadata__":{}}   )", 2);
  const SafetensorsFile read = read_safetensors(file, "f");
  CHECK(read.tensors.at("a").shape().empty());
  CHECK(read.tensors.at("a").values<float>() == std::vector<float>{0.0f});
}

TEST_CASE("safetensors: a full disk is an error and leaves what was there") {
  const ScratchFolder folder;
  const auto path = folder / "a.safetensors";
  write_safetensors(path, sample(), {{"version", "old"}});
  StateDict large;
  large.add("w", StateEntry::from_values(std::vector<float>(100'000), {100'000}));

  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes stands in for a full disk
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit tight{.rlim_cur = 65536, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tight);
  std::string message;
  try {
    write_safetensors(path, large);
  } catch (const Error& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);

  CHECK(message == path.string() + ": cannot write: File too large");
  CHECK(read_safetensors(path).metadata.at("version") == "old");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("safetensors: a folder that is not there is named") {
  CHECK_THROWS_WITH_AS(write_safetensors("no/such/folder/a.safetensors", sample()),
                       "no/such/folder/a.safetensors: cannot write: No such file or directory",
                       Error);
  CHECK_THROWS_WITH_AS(read_safetensors("no/such.safetensors"),
                       "no/such.safetensors: cannot open: No such file or directory", Error);
}

}  // namespace fpanet
