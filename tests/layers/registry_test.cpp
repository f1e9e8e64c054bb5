// Every op has a record in the registry: samples, error samples, and for each of gradient, bf16 and
// CUDA either support or the reason why not. A failure names the file to edit.

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "engine/core/cuda_device.hpp"
#include "engine/core/error.hpp"
#include "layers/gradcheck.hpp"

namespace fpanet {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// What the source of an op class tells.
struct OpSource {
  std::string file;          ///< "layers/relu.cpp"
  bool runs_on_cuda = true;  ///< run() passes its context on to a kernel that may be a CUDA one
};

/// False if run() never reads its context or accepts only a Cpu. A class that inherits run() counts
/// as running on CUDA: its base class is looked at instead.
bool runs_on_cuda(const std::string& class_text, const fs::path& file) {
  if (!contains(class_text, "void run(const RunArgs&")) return true;
  const bool only_declared = contains(class_text, "void run(const RunArgs& args) const override;");
  const std::string text =
      only_declared ? text_of(fs::path(file).replace_extension(".cpp")) : class_text;
  return contains(text, "args.context") && !contains(text, "dispatch_cpu(") &&
         !contains(text, "std::get<Cpu>(");
}

/// The ops of layers/ by the name that their class returns. Read from the sources, so that it also
/// finds an op that nothing else mentions, and works alike in builds with and without CUDA.
std::map<std::string, OpSource> ops_in_sources() {
  static const std::regex kClass(R"(class \w+[^;{]*: public \w+ \{)");
  static const std::regex kName(R"(string_view name\(\) const override \{([^}]*)\})");
  static const std::regex kLiteral(R"re("([a-z0-9_]+)")re");
  std::map<std::string, OpSource> ops;
  for (const auto& entry : fs::directory_iterator(fs::path(FPANET_TEST_DATA) / "../../layers")) {
    if (entry.path().stem() == "gradcheck") continue;  // its two ops only make losses
    const std::string text = text_of(entry.path());
    std::vector<std::size_t> starts;
    for (std::sregex_iterator i(text.begin(), text.end(), kClass), end; i != end; ++i) {
      starts.push_back(static_cast<std::size_t>(i->position()));
    }
    for (std::size_t k = 0; k < starts.size(); ++k) {
      const std::size_t end = k + 1 < starts.size() ? starts[k + 1] : text.size();
      const std::string class_text = text.substr(starts[k], end - starts[k]);
      std::smatch name;
      if (!std::regex_search(class_text, name, kName)) continue;
      const std::string returned = name[1];
      for (std::sregex_iterator i(returned.begin(), returned.end(), kLiteral), last; i != last;
           ++i) {
        ops[(*i)[1]] = {.file = "layers/" + entry.path().filename().string(),
                        .runs_on_cuda = runs_on_cuda(class_text, entry.path())};
      }
    }
  }
  return ops;
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
  const std::map<std::string, OpSource> ops = ops_in_sources();
  CHECK(ops.size() > 50);
  for (const auto& [name, source] : ops) {
    const std::string what_to_do = fmt::format(
        "{} defines the op {}, which has no record: add an OpRecord of that name to a "
        "layers/samples_*.cpp and to the list that the file returns at its end; or, for an op that "
        "only backward records, add the name to .backward_ops of the forward op's record",
        source.file, name);
    CHECK_MESSAGE(known.contains(name), what_to_do);
  }
}

TEST_CASE("registry: every record is complete") {
  for (const OpRecord& record : op_registry()) {
    const std::string where = fmt::format("{}, record of {}: ", record.file, record.name);
    CHECK_MESSAGE(!record.samples.empty(), where << "add .samples, inputs the op is run on");
    CHECK_MESSAGE(!record.errors.empty(),
                  where << "add .errors, a wrong input and the message that infer() throws for it");
    CHECK_MESSAGE(record.why_no_gradient.empty() != record.backward_ops.empty(),
                  where << "give either .backward_ops, the ops that backward records, or "
                           ".why_no_gradient");
    std::set<std::string> forward, all;
    for (const OpSample& sample : record.samples) {
      const SampleRun run = record_sample(sample, Cpu{1}, Graph::Mode::eager, DType::f64);
      forward.merge(recorded_ops(run));
      CHECK_MESSAGE(run.loss.defined() == record.why_no_gradient.empty(),
                    where << "sample '" << sample.name
                          << "' needs an input with a gradient (Kind::variable), or the record "
                             ".why_no_gradient, not both");
      if (run.loss.defined()) run.graph->backward(run.loss);
      all.merge(recorded_ops(run));
    }
    CHECK_MESSAGE(forward.contains(record.name),
                  where << "none of its samples records an op of that name");
    for (const std::string& name : record.backward_ops) {
      CHECK_MESSAGE(all.contains(name),
                    where << ".backward_ops names " << name << ", which no sample records");
    }
  }
}

TEST_CASE("registry: every op runs on CUDA, or its record says why not") {
  const std::map<std::string, OpSource> ops = ops_in_sources();
  for (const OpRecord& record : op_registry()) {
    const auto source = ops.find(record.name);
    if (source == ops.end()) {
      FAIL_CHECK(record.file << ", record of " << record.name
                             << ": no class in layers/ returns that name");
      continue;
    }
    CHECK_MESSAGE((record.why_no_cuda.empty() || !source->second.runs_on_cuda),
                  record.file << ", record of " << record.name << ": remove .why_no_cuda, because "
                              << source->second.file << " runs the op on CUDA");
    std::vector<std::string> names = record.backward_ops;
    names.push_back(record.name);
    for (const std::string& name : names) {
      const auto op = ops.find(name);
      if (op == ops.end()) continue;  // the test above reports it
      CHECK_MESSAGE((op->second.runs_on_cuda || !record.why_no_cuda.empty()),
                    op->second.file
                        << " runs " << name << " on the CPU only: write kernels/" << name
                        << ".cu and call dispatch() with args.context instead of dispatch_cpu(), "
                           "or give the reason as .why_no_cuda in the record of "
                        << record.name << " in " << record.file);
    }
  }
}

TEST_CASE("registry: in a build without CUDA every op throws on a Cuda context") {
  if (cuda_support().built) {
    MESSAGE("skipped: this build has CUDA; its own tests run the Cuda halves");
    return;
  }
  const Context cuda = Cuda{};
  for (const OpRecord& record : op_registry()) {
    if (record.samples.empty()) continue;  // a test above reports it
    const OpSample& sample = record.samples.front();
    const SampleRun run = record_sample(sample, Cpu{1}, Graph::Mode::eager, DType::f32);
    if (run.loss.defined()) run.graph->backward(run.loss);
    for (const Node& node : run.graph->nodes()) {
      const std::string name(node.op->name());
      if (name.starts_with("weighted_sum")) continue;
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
      const bool on_cuda = record.why_no_cuda.empty();
      const std::string what_to_do =
          fmt::format("run() of {} must {}; its record is in {}", name,
                      on_cuda ? "call dispatch() with args.context, which reaches the stub in "
                                "kernels/cuda/stubs.cpp"
                              : "call dispatch_cpu(), because the record gives .why_no_cuda",
                      record.file);
      INFO(what_to_do);
      CHECK_THROWS_WITH_AS(
          execute(), doctest::Contains(on_cuda ? "this build has no CUDA" : "runs on the CPU"),
          Error);
    }
  }
}

}  // namespace
}  // namespace fpanet
