// No op without samples, an error sample, a gradient check (or the reason why not) and a Cuda half.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "engine/core/cuda_device.hpp"
#include "engine/core/error.hpp"
#include "layers/gradcheck.hpp"

namespace fpanet {
namespace {

/// The names that classes derived from Op give themselves in layers/.
std::set<std::string> op_names_in_sources() {
  const std::filesystem::path folder =
      std::filesystem::path(FPANET_TEST_DATA) / ".." / ".." / "layers";
  const std::regex name_function(R"(string_view name\(\) const override \{([^}]*)\})");
  const std::regex returned(R"re(return "([a-z0-9_]+)")re");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().stem() == "gradcheck") continue;  // its two ops only make losses
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const std::string source = text.str();
    for (std::sregex_iterator i(source.begin(), source.end(), name_function), end; i != end; ++i) {
      const std::string body = (*i)[1];
      for (std::sregex_iterator k(body.begin(), body.end(), returned); k != end; ++k) {
        names.insert((*k)[1]);
      }
    }
  }
  return names;
}

/// Op names of the nodes that a sample records, forward or backward.
std::set<std::string> recorded_ops(const SampleRun& run) {
  std::set<std::string> names;
  for (const Node& node : run.graph->nodes()) names.emplace(node.op->name());
  return names;
}

TEST_CASE("registry: every op class of layers/ is in the table") {
  std::set<std::string> known;
  for (const OpRecord& record : op_registry()) {
    known.insert(record.name);
    known.insert(record.backward_ops.begin(), record.backward_ops.end());
  }
  const std::set<std::string> written = op_names_in_sources();
  CHECK(written.size() > 30);
  for (const std::string& name : written) {
    CAPTURE(name);
    CHECK(known.contains(name));
  }
}

TEST_CASE("registry: every record is complete") {
  for (const OpRecord& record : op_registry()) {
    CAPTURE(record.name);
    CHECK_FALSE(record.samples.empty());
    CHECK_FALSE(record.errors.empty());
    CHECK(record.why_no_gradient.empty() != record.backward_ops.empty());
    std::set<std::string> forward, all;
    for (const OpSample& sample : record.samples) {
      const SampleRun run = record_sample(sample, Cpu{1}, Graph::Mode::eager, DType::f64);
      forward.merge(recorded_ops(run));
      CHECK(run.loss.defined() == record.why_no_gradient.empty());
      if (run.loss.defined()) run.graph->backward(run.loss);
      all.merge(recorded_ops(run));
    }
    CHECK(forward.contains(record.name));
    for (const std::string& name : record.backward_ops) {
      CAPTURE(name);
      CHECK(all.contains(name));
    }
  }
}

TEST_CASE("registry: every op has a Cuda half that throws without CUDA, or says why not") {
  if (cuda_support().built) {
    MESSAGE("skipped: this build has CUDA; its own tests run the Cuda halves");
    return;
  }
  const Context cuda = Cuda{};
  for (const OpRecord& record : op_registry()) {
    const OpSample& sample = record.samples.front();
    const SampleRun run = record_sample(sample, Cpu{1}, Graph::Mode::eager, DType::f32);
    if (run.loss.defined()) run.graph->backward(run.loss);
    for (const Node& node : run.graph->nodes()) {
      CAPTURE(node.op->name());
      if (node.op->name().starts_with("weighted_sum")) continue;
      std::vector<Tensor> inputs, outputs;
      std::vector<Write> writes;
      for (const ValueId id : node.inputs) inputs.push_back(run.graph->info(id).tensor);
      for (const NodeOutput& output : node.outputs) {
        outputs.push_back(output.value < 0 ? Tensor() : run.graph->info(output.value).tensor);
        writes.push_back(output.write);
      }
      const auto execute = [&] {
        node.op->run({.context = cuda,
                      .inputs = inputs,
                      .outputs = outputs,
                      .writes = writes,
                      .workspace = {}});
      };
      const char* const message =
          record.why_no_cuda.empty() ? "this build has no CUDA" : "runs on the CPU alone";
      CHECK_THROWS_WITH_AS(execute(), doctest::Contains(message), Error);
    }
  }
}

}  // namespace
}  // namespace fpanet
