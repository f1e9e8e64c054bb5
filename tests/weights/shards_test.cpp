#include "engine/weights/shards.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "engine/core/error.hpp"
#include "engine/weights/safetensors/safetensors.hpp"
#include "tests/support/message_of.hpp"
#include "tests/support/scratch_folder.hpp"

namespace fpanet {
namespace {

using test::contains;
using test::message_of;

/// A folder with a model in two files.
struct Hub {
  Hub() {
    StateDict a, b;
    a.add("x", StateEntry::from_values(std::vector{1.0f, 2.0f}, {2}));
    a.add("y", StateEntry::scalar(3));
    b.add("z", StateEntry::from_values(std::vector{4.0f}, {1}));
    write_safetensors(folder / "model-1.safetensors", a, {{"format", "pt"}});
    write_safetensors(folder / "model-2.safetensors", b, {{"format", "pt"}});
  }
  std::string write(const std::string& map) const {
    std::ofstream(index) << R"({"metadata":{"total_size":20},"weight_map":{)" << map << "}}";
    return message_of<Error>([&] { read_weights(index); });
  }

  ScratchFolder folder;
  std::filesystem::path index = folder / "model.safetensors.index.json";
};

const std::string kA = R"("x":"model-1.safetensors","y":"model-1.safetensors")";
const std::string kB = R"("z":"model-2.safetensors")";

}  // namespace

TEST_CASE("shards: a model in several files is read through its index") {
  const Hub hub;
  REQUIRE(hub.write(kA + "," + kB).empty());
  const WeightsFile file = read_weights(hub.index);
  CHECK(file.container == "index");
  CHECK(file.tensors.size() == 3);
  CHECK(file.tensors.at("x").values<float>() == std::vector{1.0f, 2.0f});
  CHECK(file.tensors.at("z").values<float>() == std::vector{4.0f});
  CHECK(file.metadata.at("format") == "pt");
}

TEST_CASE("shards: an index that does not fit its files is refused by name") {
  const Hub hub;
  const auto refused = [&](const std::string& map, const std::string& reason) {
    CAPTURE(map);
    const std::string message = hub.write(map);
    CHECK(contains(message, hub.index.string()));
    CHECK(contains(message, reason));
  };
  refused(R"("x":"model-1.safetensors")", "does not name y, which is in model-1.safetensors");
  refused(kA + R"(,"w":"model-2.safetensors")", "w is not in model-2.safetensors");
  refused(R"("x":"../model-1.safetensors")", "which is not beside it");
  refused(R"("x":"model.safetensors.index.json")", "which is not beside it");
  refused(R"("x":"..")", "which is not beside it");
  refused(kB + "," + kB, "names the tensor z twice");
  refused("", "has no weight_map");
  refused("\"x\":", "not valid JSON at its byte");
  refused("\"x\":" + std::string(1000, '['), "nested too deeply");
  CHECK(contains(hub.write(R"("x":"gone.safetensors")"), "gone.safetensors: cannot open"));
}

}  // namespace fpanet
