// Looking inside: inspect, explain, summary, gradcheck and bench as a user calls them.

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <sstream>
#include <vector>

#include "tests/apps/xml_check.hpp"
#include "tests/programs/run_program.hpp"

using namespace fpanet;
using namespace fpanet::test;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

const std::string kNarrow =
    " --encoder resnet18 --encoder-depth 3 --decoder-channels 8,6,4 --image-size 64 --device cpu "
    "--threads 1 ";

}  // namespace

TEST_CASE("inspect shows what a trained network sees") {
  const ScratchFolder work;
  const std::string data = (work / "data").string(), run = (work / "run").string();
  REQUIRE(run_program(work, "tool", "synth --out " + data + " --count 8 --size 64").code == 0);
  REQUIRE(run_program(work, "train",
                      "--data " + data + kNarrow + "--epochs 1 --batch-size 4 --quiet --run " + run)
              .code == 0);
  const std::string inspect = "inspect --checkpoint " + run + " --image " + data +
                              "/0000_sat.jpg --mask " + data + "/0000_mask.png --out " +
                              (work / "inside").string();
  const Outcome outcome = run_program(work, "tool", inspect + " --layer model.encoder.layer1");
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(has(outcome.out, "model.encoder.layer1.0.conv1"));
  CHECK(has(outcome.out, " of 4096 entries hold 90 % of the map (64 positions)"));
  for (const char* file : {"high_pass.png", "attention.png", "attention_map.png", "filters.png",
                           "features.png", "nodes.csv", "index.html"}) {
    CAPTURE(file);
    CHECK(!contents(work / "inside" / file).empty());
  }
  const std::string npy = contents(work / "inside" / "attention.npy");
  CHECK(has(npy, "'shape': (64, 64, )"));
  REQUIRE(npy.size() == 128 + 64 * 64 * 4);
  std::vector<float> map(64 * 64);
  std::memcpy(map.data(), npy.data() + 128, map.size() * sizeof(float));
  const long largest = std::max_element(map.begin(), map.end()) - map.begin();
  const long asks = largest / 64, gives = largest % 64;
  CHECK(has(outcome.out, fmt::format("share of the map: ({},{}) looks at ({},{}) {:.1f} %, (",
                                     asks / 8, asks % 8, gives / 8, gives % 8,
                                     100 * map[static_cast<std::size_t>(largest)])));
  CHECK(has(outcome.out, " on a grid of 8 by 8."));
  const std::string page = contents(work / "inside" / "index.html");
  CHECK(xml_problem(page) == "");
  CHECK(count(page, "data:image/png;base64,") == 7);
  CHECK_FALSE(has(page, "http"));

  const Outcome unknown = run_program(work, "tool", inspect + " --layer encoder.layer9");
  CHECK(unknown.code == 2);
  CHECK(says(unknown, "--layer encoder.layer9"));
  CHECK(says(unknown, "model.encoder.layer1.0.conv1"));
}

TEST_CASE("explain shows the sums of ranks where they begin") {
  const ScratchFolder work;
  const Outcome outcome = run_program(work, "tool", "explain --ranks 2 --batch 3" + kNarrow);
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(has(outcome.out, "u8(2,3,"));  // this rank's images
  const auto at = [&](const std::string& text) {
    const std::size_t found = outcome.out.find(text);
    CAPTURE(text);
    CHECK(found != std::string::npos);
    return found;
  };
  CHECK(at("backward all_reduce_segments ranks=2") < at("backward all_reduce_finish ranks=2"));
  CHECK(at("backward all_reduce_finish ranks=2") < at("update   adamw"));
  CHECK(at("forward  all_reduce_statistics ranks=2") < at("forward  all_reduce ranks=2"));
  const Outcome refused = run_program(work, "tool", "explain --ranks 3 --batch 2" + kNarrow);
  CHECK(refused.code == 2);
  CHECK(refused.err.find("--ranks 3: ranks share a training step") != std::string::npos);
}

TEST_CASE("explain draws the program") {
  const ScratchFolder work;
  const std::string dot = (work / "a.dot").string(), html = (work / "a.html").string();
  const Outcome outcome =
      run_program(work, "tool", "explain --batch 2" + kNarrow + "--dot " + dot + " --html " + html);
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(has(outcome.out, "How to read it"));
  CHECK(has(outcome.out, " update "));
  CHECK(contents(dot).starts_with("digraph program {"));
  CHECK(has(contents(dot), "conv2d"));
  CHECK(has(contents(dot), " -> "));
  const std::string page = contents(html);
  CHECK(xml_problem(page) == "");
  CHECK(has(page, "the arena over time"));
  CHECK(has(page, " ms</text>"));
  CHECK_FALSE(has(page, "http"));

  const Outcome backward =
      run_program(work, "tool", "explain --measure off --phase backward" + kNarrow);
  CHECK(has(backward.out, " backward "));
  CHECK_FALSE(has(backward.out, " update "));
  CHECK_FALSE(has(backward.out, " forward "));

  const Outcome modules =
      run_program(work, "tool", "explain --modules" + kNarrow + "--html " + html);
  REQUIRE(modules.code == 0);
  CHECK(has(modules.out, "model.encoder.layer1.0.conv1"));
  CHECK(count(modules.out, "\n") < count(outcome.out, "\n") / 2);
  CHECK(count(contents(html), "<path class=\"") < count(page, "<path class=\""));
}

TEST_CASE("summary adds up the parts") {
  const ScratchFolder work;
  const Outcome outcome = run_program(work, "tool", "summary" + kNarrow);
  REQUIRE(outcome.code == 0);
  const std::size_t begin = outcome.out.find("\nsubtotals\n");
  REQUIRE(begin != std::string::npos);
  std::istringstream lines(outcome.out.substr(begin + 11));
  long long sum = 0;
  for (std::string line; std::getline(lines, line) && !line.empty();) {
    std::istringstream words(line);
    std::string part;
    long long parameters = 0;
    words >> part >> parameters;
    sum += parameters;
  }
  CHECK(has(outcome.out, "(" + std::to_string(sum) + " used by this program)"));
  CHECK(has(outcome.out, "\nencoder.layer1 "));
}

TEST_CASE("gradcheck shows both gradients, says when there is none, and tabulates steps") {
  const ScratchFolder work;
  const Outcome relu = run_program(work, "tool", "gradcheck --op relu");
  CHECK(relu.code == 0);
  CHECK(has(relu.out, "analytic"));
  CHECK(has(relu.out, "x["));
  CHECK(has(relu.out, "all gradients are right"));
  const Outcome none = run_program(work, "tool", "gradcheck --op confusion");
  CHECK(none.code == 0);
  CHECK(has(none.out, "nothing to check"));
  CHECK_FALSE(has(none.out, "all gradients are right"));
  const Outcome steps = run_program(work, "tool", "gradcheck --op softmax --steps");
  CHECK(steps.code == 0);
  CHECK(has(steps.out, "1e-05"));
  CHECK(has(steps.out, "ok"));
  CHECK(run_program(work, "tool", "gradcheck --steps --network unet").code == 2);
}

TEST_CASE("bench --ops explains its columns") {
  const ScratchFolder work;
  const Outcome outcome = run_program(
      work, "tool", "bench --task infer --ops --repeat 1 --warmup 1 --batch 1" + kNarrow);
  REQUIRE(outcome.code == 0);
  CHECK(has(outcome.out, "executed, those that the implementation makes"));
  CHECK(has(outcome.out, "%peak passes 100"));
}

TEST_CASE("weights list takes a run folder as convert does") {
  const ScratchFolder work;
  const std::string run = (work / "run").string();
  REQUIRE(
      run_program(work, "train",
                  "--data synthetic:8" + kNarrow + "--epochs 1 --batch-size 4 --quiet --run " + run)
          .code == 0);
  const Outcome list = run_program(work, "tool", "weights list " + run);
  CHECK(list.code == 0);
  CHECK(has(list.out, "model.encoder.conv1.weight"));
}
