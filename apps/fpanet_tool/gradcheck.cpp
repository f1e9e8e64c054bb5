#include "layers/gradcheck.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "apps/cli/cli.hpp"
#include "apps/cli/settings.hpp"
#include "apps/cli/usage_error.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "apps/training/network_settings.hpp"
#include "engine/core/join.hpp"
#include "models/network_gradcheck.hpp"

namespace fpanet {

namespace {

/// The record of the op named `op`, or all records for "".
std::vector<const OpRecord*> records_of(const std::string& op) {
  std::vector<const OpRecord*> records;
  std::vector<std::string> names;
  for (const OpRecord& record : op_registry()) {
    names.push_back(record.name);
    if (op.empty() || record.name == op) records.push_back(&record);
  }
  if (records.empty()) {
    usage_fail("--op {}: expected one of {}", op, join(names, ", "));
  }
  return records;
}

/// Prints a row per sample. The gradients of a row are those of the entry whose error is the largest.
bool check_ops(const std::vector<const OpRecord*>& records) {
  bool all_ok = true;
  Index entries = 0;
  fmt::print("{:24} {:32} {:>8} {:24} {:>12} {:>12} {:>10}\n", "op", "sample", "entries", "worst",
             "analytic", "numeric", "error");
  for (const OpRecord* record : records) {
    if (!record->why_no_gradient.empty()) {
      fmt::print("{:24} nothing to check, no gradient: {}\n", record->name,
                 record->why_no_gradient);
    }
    for (const GradcheckResult& result : gradcheck(*record)) {
      entries += result.entries;
      if (result.entries == 0) {
        fmt::print("{:24} {:32} nothing to check: no input has a gradient\n", result.op,
                   result.sample);
        continue;
      }
      all_ok = all_ok && result.ok;
      fmt::print("{:24} {:32} {:>8} {:24} {:>12.4e} {:>12.4e} {:>10.2e}  {}\n", result.op,
                 result.sample, result.entries, result.where, result.analytic, result.numeric,
                 result.error, result.ok ? "ok" : "WRONG");
    }
  }
  if (entries == 0) {
    fmt::print("nothing to check\n");
    return true;
  }
  fmt::print("{} (tolerance {:.0e})\n", all_ok ? "all gradients are right" : "wrong gradients",
             kGradcheckTolerance);
  return all_ok;
}

/// Prints, for each op, the largest error of all samples for each step of the central differences. An
/// op is right if one of the steps finds it within the tolerance.
bool tabulate_steps(const std::vector<const OpRecord*>& records) {
  constexpr std::array kSteps = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9};
  fmt::print("{:24}", "op        step:");
  for (const double step : kSteps) fmt::print(" {:>8.0e}", step);
  fmt::print("\n");
  bool all_ok = true;
  Index entries = 0;
  for (const OpRecord* record : records) {
    std::array<double, kSteps.size()> errors{};
    Index own = 0;
    for (std::size_t i = 0; i < kSteps.size(); ++i) {
      for (const GradcheckResult& result : gradcheck(*record, kSteps[i])) {
        own += result.entries;
        errors[i] = std::max(errors[i], result.error);
      }
    }
    entries += own;
    fmt::print("{:24}", record->name);
    if (own == 0) {
      fmt::print(" nothing to check\n");
      continue;
    }
    for (const double error : errors) fmt::print(" {:>8.1e}", error);
    const bool ok = *std::ranges::min_element(errors) < kGradcheckTolerance;
    all_ok = all_ok && ok;
    fmt::print("  {}\n", ok ? "ok" : "WRONG");
  }
  if (entries == 0) {
    fmt::print("nothing to check\n");
    return true;
  }
  fmt::print(
      "The error of a central difference falls with the square of its step, until rounding, "
      "divided "
      "by the step, is larger. A large step also crosses kinks (relu, max). gradcheck takes "
      "{:.0e}.\n",
      kGradcheckStep);
  return all_ok;
}

/// "unet with encoder resnet18, ..."
std::string description(const NetworkConfig& config) {
  std::vector<std::string> parts;
  for (const auto& [option, value] : config.options) parts.push_back(option + " " + value);
  return fmt::format("{} with {}", config.name, join(parts, ", "));
}

bool check_network(const NetworkConfig& config) {
  bool all_ok = true;
  fmt::print("\nThe whole network ({}), one direction per tensor\n", description(config));
  fmt::print("{:56} {:>12} {:>12} {:>10}\n", "parameter", "analytic", "numeric", "error");
  for (const NetworkGradcheckRow& row : network_gradcheck(config)) {
    all_ok = all_ok && row.ok;
    fmt::print("{:56} {:>12.4e} {:>12.4e} {:>10.2e}  {}\n", row.name, row.analytic, row.numeric,
               row.error, row.ok ? "ok" : "WRONG");
  }
  fmt::print("{} (tolerance {:.0e})\n", all_ok ? "the network's gradients are right" : "wrong",
             kNetworkGradcheckTolerance);
  return all_ok;
}

struct State {
  std::string op;
  bool steps = false;
  NetworkFlags network;
  Settings settings;
};

NetworkConfig narrow(const ToldNetwork& told) {
  NetworkConfig config{.options = told.options};
  if (!told.network.empty()) config.name = told.network;
  try {
    return narrow_network(std::move(config));
  } catch (const NetworkOptionError& error) {
    refuse(error);
  }
}

int run(const State& state) {
  const ToldNetwork told = told_network(state.network, state.settings);
  const NetworkConfig network = narrow(told);
  if (!state.op.empty() && !told.empty()) {
    usage_fail("--op {}: checks an op without the network; leave out --network and its options",
               state.op);
  }
  if (state.steps) {
    if (!told.empty()) {
      usage_fail("--steps: tabulates ops, not a network; leave out --network and its options");
    }
    return tabulate_steps(records_of(state.op)) ? kExitDone : kExitFailed;
  }
  bool all_ok = check_ops(records_of(state.op));
  if (state.op.empty()) all_ok = check_network(network) && all_ok;
  return all_ok ? kExitDone : kExitFailed;
}

}  // namespace

void add_gradcheck(CLI::App& app, Action& action) {
  auto state = std::make_shared<State>();
  state->settings.text("op", "NAME", &state->op, "an op",
                       "Check only this op, and not the network");
  state->settings.flag("steps", &state->steps,
                       "Instead tabulate each op's error against the step of the differences");
  add_network(state->settings, &state->network, narrow_network(NetworkConfig()));
  state->settings.add_flags(add_command(
      app, "gradcheck",
      "Compares every op's backward, then the whole network's, with central differences, in "
      "double. Exits with 1 if one is wrong.",
      action, [state] { return run(*state); }));
}

}  // namespace fpanet
