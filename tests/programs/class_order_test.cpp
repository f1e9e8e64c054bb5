// Data whose class table lists the classes in another order than the model's, or other classes.

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "data/class_table.hpp"
#include "tests/programs/run_program.hpp"

using namespace fpanet;
using namespace fpanet::test;
namespace fs = std::filesystem;

namespace {

struct ClassOrder {
  ClassOrder() {
    REQUIRE(run_program(work, "tool", "synth --out " + data + " --count 6 --size 32").code == 0);
    fs::copy(data, reordered);
    std::vector<ClassInfo> infos = ClassTable::deepglobe().classes();
    std::rotate(infos.begin(), infos.begin() + 4, infos.begin() + 5);  // water first
    ClassTable(infos).write(fs::path(reordered) / "class_dict.csv");
    fs::copy(data, renamed);
    infos[0].name = "sea";
    ClassTable(infos).write(fs::path(renamed) / "class_dict.csv");
    REQUIRE(train("--epochs 1 --run " + run + " --data " + data).code == 0);
  }

  Outcome train(const std::string& flags) const {
    return run_program(
        work, "train",
        "--image-size 64 " + kSmallNetwork + "--batch-size 2 --cache off --quiet " + flags);
  }
  Outcome resume(const std::string& from, const std::string& folder) const {
    return run_program(work, "train",
                       "--cache off --quiet --epochs 2 --resume " + from + " --data " + folder);
  }
  Outcome evaluate(const std::string& folder, const std::string& json) const {
    return run_program(work, "eval",
                       "--checkpoint " + run + " --split all --cache off --quiet --data " + folder +
                           " --json " + (work / json).string());
  }

  ScratchFolder work;
  std::string data = (work / "data").string(), reordered = (work / "reordered").string(),
              renamed = (work / "renamed").string(), run = (work / "run").string();
};

}  // namespace

TEST_CASE_FIXTURE(ClassOrder, "evaluation matches classes by name, or refuses") {
  REQUIRE(evaluate(data, "a.json").code == 0);
  const Outcome mapped = evaluate(reordered, "b.json");
  CHECK(mapped.code == 0);
  CHECK(says(mapped, "lists the classes in another order"));
  CHECK(contents(work / "a.json") == contents(work / "b.json"));

  const Outcome refused = evaluate(renamed, "c.json");
  CHECK(refused.code == 1);
  CHECK(says(refused, "have different classes"));
  CHECK(says(refused, "4 'water'"));
  CHECK(says(refused, "0 'sea'"));
  CHECK_FALSE(fs::exists(work / "c.json"));
}

TEST_CASE_FIXTURE(ClassOrder, "a resumed run keeps its classes") {
  const std::string copy = (work / "copy").string(), third = (work / "third").string();
  fs::copy(run, copy, fs::copy_options::recursive);
  fs::copy(run, third, fs::copy_options::recursive);
  REQUIRE(resume(run, data).code == 0);
  const Outcome mapped = resume(copy, reordered);
  CHECK(mapped.code == 0);
  CHECK(says(mapped, "they are matched by name"));
  const char* const last = "checkpoints/last.safetensors";
  CHECK(contents(fs::path(run) / last) == contents(fs::path(copy) / last));

  const Outcome refused = resume(third, renamed);
  CHECK(refused.code == 1);
  CHECK(says(refused, "have different classes"));
  // The same without class_dict.csv, as in runs of earlier versions.
  fs::remove(fs::path(third) / "class_dict.csv");
  CHECK(says(resume(third, renamed), "have different classes"));
}

TEST_CASE_FIXTURE(ClassOrder, "--init keeps the classes of its file") {
  const std::string init = " --init " + run + "/checkpoints/last.safetensors --epochs 1 --run ";
  const Outcome mapped = train("--data " + reordered + init + (work / "b").string());
  CHECK(mapped.code == 0);
  CHECK(says(mapped, "they are matched by name"));
  REQUIRE(train("--data " + data + init + (work / "a").string()).code == 0);
  const char* const last = "checkpoints/last.safetensors";
  CHECK(contents(work / "a" / last) == contents(work / "b" / last));
  const Outcome refused = train("--data " + renamed + init + (work / "c").string());
  CHECK(refused.code == 1);
  CHECK(says(refused, "--encoder-weights"));
  CHECK_FALSE(fs::exists(work / "c"));
}
