#include "layers/gradcheck.hpp"

#include <fmt/format.h>

#include "apps/common/cli.hpp"
#include "apps/common/usage_error.hpp"
#include "apps/fpanet_tool/commands.hpp"

namespace fpanet {

namespace {

/// The records of the op called so; all of them for "".
std::vector<const OpRecord*> records_of(const std::string& op) {
  std::vector<const OpRecord*> records;
  std::vector<std::string> names;
  for (const OpRecord& record : op_registry()) {
    names.push_back(record.name);
    if (op.empty() || record.name == op) records.push_back(&record);
  }
  if (records.empty()) {
    usage_fail("--op {}: accepted is one of {}", op, fmt::join(names, ", "));
  }
  return records;
}

int run(const std::string& op) {
  const std::vector<const OpRecord*> records = records_of(op);
  bool all_ok = true;
  fmt::print("{:24} {:32} {:>8} {:>10}  {}\n", "op", "sample", "entries", "error", "");
  for (const OpRecord* record : records) {
    if (!record->why_no_gradient.empty()) {
      fmt::print("{:24} no gradient: {}\n", record->name, record->why_no_gradient);
    }
    for (const GradcheckResult& result : gradcheck(*record)) {
      all_ok = all_ok && result.ok;
      fmt::print("{:24} {:32} {:>8} {:>10.2e}  {}\n", result.op, result.sample, result.entries,
                 result.error, result.ok ? "ok" : "WRONG at " + result.where);
    }
  }
  fmt::print("{} (tolerance {:.0e})\n", all_ok ? "all gradients are right" : "wrong gradients",
             kGradcheckTolerance);
  return all_ok ? kExitDone : kExitFailed;
}

}  // namespace

void add_gradcheck(CLI::App& app, Action& action) {
  const auto op = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "gradcheck",
      "Compares every op's backward with central differences, in double. Exits with 1 if one is "
      "wrong.");
  command->add_option("--op", *op, "This op alone")->type_name("an op")->option_text("NAME");
  command->callback([op, &action] { action = [op] { return run(*op); }; });
}

}  // namespace fpanet
