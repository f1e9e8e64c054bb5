#include "data/prepare/prepare.hpp"

#include <algorithm>

#include "apps/cli/cli.hpp"
#include "apps/cli/settings.hpp"
#include "apps/fpanet_tool/commands.hpp"
#include "engine/core/join.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

struct State {
  std::string dataset, source, out;
  Settings settings;
};

int run(const State& state) {
  state.settings.check_required();
  const Prepared prepared =
      prepare_dataset(find_public_dataset(state.dataset), state.source, state.out);
  for (const std::string& note : prepared.notes) fmt::print("{}\n", printable(note));
  fmt::print("next: fpanet_tool check-data {0}\n      fpanet_train --data {0}\n",
             printable(prepared.data.string()));
  return kExitDone;
}

}  // namespace

void add_prepare(CLI::App& app, Action& action) {
  auto state = std::make_shared<State>();
  CLI::App& command = add_command(
      app, "prepare", "Makes the unpacked archive of a public data set ready for training.", action,
      [state] { return run(*state); });
  std::vector<std::string> names;
  for (const PublicDataset& dataset : public_datasets()) names.emplace_back(dataset.name);
  std::string* const chosen = &state->dataset;
  state->settings.add({.name = "dataset",
                       .placeholder = join(names, "|"),
                       .accepted = join(names, ", "),
                       .help = "Which data set it is; docs/datasets.md tells where they come from",
                       .kind = Setting::Kind::text,
                       .assign =
                           [chosen, names](const std::string& text) {
                             *chosen = text;
                             return std::ranges::find(names, text) != names.end();
                           },
                       .str = [chosen] { return *chosen; },
                       .required = true});
  add_argument(command, "SRC", &state->source, "Folder of the unpacked archive");
  add_argument(command, "OUT", &state->out, "New folder; images are linked into it if possible");
  state->settings.add_flags(command);
}

}  // namespace fpanet
