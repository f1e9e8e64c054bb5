#include "apps/training/network_settings.hpp"

#include <algorithm>

#include "apps/cli/usage_error.hpp"
#include "engine/core/join.hpp"
#include "models/model_file.hpp"
#include "models/network_metadata.hpp"

namespace fpanet {

namespace {

/// The options of all networks that have a flag, each name once.
std::vector<const NetworkOption*> options_with_flags() {
  std::vector<const NetworkOption*> options;
  for (const NetworkKind& kind : network_kinds()) {
    for (const NetworkOption& option : kind.options) {
      const bool known = std::ranges::any_of(
          options, [&](const NetworkOption* other) { return other->name == option.name; });
      if (option.has_flag && !known) options.push_back(&option);
    }
  }
  return options;
}

/// "fpanet only", if not every network takes the option.
std::string takers(const NetworkOption& option) {
  std::vector<std::string> names;
  for (const NetworkKind& kind : network_kinds()) {
    if (kind.find(option.name) != nullptr) names.push_back(kind.name);
  }
  return names.size() == network_kinds().size() ? "" : fmt::format(" ({})", join(names, ", "));
}

void add_option(Settings& settings, const NetworkOption& option, NetworkFlags* flags,
                const std::string& standard) {
  settings.add({.name = option.name,
                .placeholder = option.placeholder,
                .accepted = option.accepted,
                .help = option.help + takers(option),
                .kind = option.is_integer ? Setting::Kind::integer : Setting::Kind::text,
                .assign =
                    [flags, name = option.name, fits = option.fits](const std::string& text) {
                      flags->options[name] = text;
                      return fits(text);
                    },
                .str =
                    [flags, name = option.name, standard] {
                      const auto told = flags->options.find(name);
                      return told == flags->options.end() ? standard : told->second;
                    }});
}

void add_network_choice(Settings& settings, NetworkFlags* flags, const std::string& help,
                        const std::string& standard) {
  flags->network = standard;
  settings.choice("network", &flags->network, network_names(), help);
}

NetworkConfig completed(NetworkConfig config) {
  try {
    return complete(std::move(config));
  } catch (const NetworkOptionError& error) {
    refuse(error);
  }
}

/// Throws UsageError unless what was told agrees with what a file says about itself.
void require_agreement(const NetworkConfig& config, const ToldNetwork& told,
                       const std::string& source) {
  if (!told.network.empty() && told.network != config.name) {
    usage_fail("--network {}: {} holds the network {}", told.network, source, config.name);
  }
  NetworkConfig asked = config;
  for (const auto& [option, value] : told.options) {
    const auto known = config.options.find(option);
    if (known != config.options.end() && known->second != value) {
      usage_fail("--{} {}: {} holds a network with {} {}", option, value, source, option,
                 known->second);
    }
    asked.options[option] = value;
  }
  completed(std::move(asked));  // refuses what this network does not take
}

struct Candidate {
  const NetworkKind* kind;
  Recognition found;
};

std::vector<Candidate> candidates(const StateDict& weights, const std::string& source,
                                  const ToldNetwork& told) {
  std::vector<Candidate> all;
  for (const NetworkKind& kind : network_kinds()) {
    if (!kind.recognise) continue;
    try {
      if (auto found = kind.recognise(weights, source, told.options)) {
        all.push_back({&kind, std::move(*found)});
      }
    } catch (const NetworkOptionError& error) {
      refuse(error);
    }
  }
  return all;
}

/// "--network fpanet (with --input highpass, image or both) or --network unet"
[[noreturn]] void ask(const std::vector<Candidate>& fitting, const ToldNetwork& told,
                      const std::string& source) {
  std::vector<std::string> ways;
  for (const auto& [kind, found] : fitting) {
    std::string way = told.network.empty() ? "--network " + kind->name : "";
    for (const std::string& option : found.untold) {
      way += fmt::format("{}--{} ({})", way.empty() ? "" : " and ", option,
                         kind->find(option)->accepted);
    }
    ways.push_back(way);
  }
  usage_fail(
      "{}: has no metadata, and its names and shapes do not tell which network it holds; say so by "
      "{}",
      source, join(ways, ", or by "));
}

NetworkConfig recognised(const WeightsFile& weights, const ToldNetwork& told) {
  const StateDict named = with_notebook_names(weights.tensors);
  std::vector<Candidate> fitting = candidates(named, weights.name, told);
  require(!fitting.empty(), "{}: its names and shapes are those of no known network", weights.name);
  if (!told.network.empty()) {
    std::vector<std::string> names;
    for (const Candidate& candidate : fitting) names.push_back(candidate.kind->name);
    std::erase_if(fitting, [&](const Candidate& c) { return c.kind->name != told.network; });
    if (fitting.empty()) {
      usage_fail("--network {}: the names in {} are those of {}", told.network, weights.name,
                 join(names, " or "));
    }
  }
  if (fitting.size() > 1 || !fitting.front().found.untold.empty()) ask(fitting, told, weights.name);
  NetworkConfig config = std::move(fitting.front().found.config);
  require_agreement(config, told, weights.name);
  for (const auto& [option, value] : told.options) config.options.emplace(option, value);
  return completed(std::move(config));
}

}  // namespace

void refuse(const NetworkOptionError& error) {
  usage_fail("--{} {}: {}", error.option(), error.value(), error.reason());
}

void add_network(Settings& settings, NetworkFlags* flags, const NetworkConfig& standard) {
  add_network_choice(settings, flags, "Network", standard.name);
  for (const NetworkOption* option : options_with_flags()) {
    const auto value = standard.options.find(option->name);
    add_option(settings, *option, flags, value == standard.options.end() ? "" : value->second);
  }
}

std::vector<std::string> network_flag_names() {
  std::vector<std::string> names;
  for (const NetworkOption* option : options_with_flags()) names.push_back(option->name);
  return names;
}

void add_network_of_file(Settings& settings, NetworkFlags* flags) {
  const std::string of_file = "the file's";
  add_network_choice(settings, flags, "Network, for a weight file that does not say it", of_file);
  for (const NetworkOption* option : options_with_flags()) {
    if (!option->told_by_names) add_option(settings, *option, flags, of_file);
  }
}

ToldNetwork told_network(const NetworkFlags& flags, const Settings& settings) {
  ToldNetwork told;
  if (settings.told("network")) told.network = flags.network;
  for (const auto& [option, value] : flags.options) {
    if (settings.told(option)) told.options.emplace(option, value);
  }
  return told;
}

NetworkConfig network_of(const ToldNetwork& told) {
  NetworkConfig config{.options = told.options};
  if (!told.network.empty()) config.name = told.network;
  return completed(std::move(config));
}

NetworkConfig network_of(const WeightsFile& weights, const ToldNetwork& told) {
  const auto recorded = read_network(weights.metadata, weights.name);
  if (!recorded) return recognised(weights, told);
  require_agreement(*recorded, told, weights.name);
  return *recorded;
}

}  // namespace fpanet
