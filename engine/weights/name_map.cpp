#include "engine/weights/name_map.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "engine/core/join.hpp"

namespace fpanet {

namespace {

constexpr std::array<std::string_view, 2> kWrappers = {"module.", "_orig_mod."};
constexpr std::array<std::string_view, 4> kPrefixes = {"", "model.", "encoder.", "model.encoder."};

}  // namespace

std::string without_wrappers(std::string_view name, std::vector<std::string>* met) {
  std::string result;
  while (!name.empty()) {
    const std::string_view segment =
        name.substr(0, name.find('.') + 1);  // empty if there is no '.'
    const std::string_view piece = segment.empty() ? name : segment;
    name.remove_prefix(piece.size());
    if (std::ranges::find(kWrappers, piece) == kWrappers.end()) {
      result += piece;
    } else if (met != nullptr && std::ranges::find(*met, piece) == met->end()) {
      met->emplace_back(piece);
    }
  }
  return result;
}

std::string NameMap::operator()(std::string_view name, const NameSet& wanted) const {
  const std::string bare = without_wrappers(name);
  if (wanted.contains(bare)) return bare;
  if (!bare.starts_with(removed)) return {};
  return added + bare.substr(removed.size());
}

std::string NameMap::description() const {
  std::vector<std::string> parts;
  if (!wrappers.empty()) parts.push_back(fmt::format("{} dropped", join(wrappers, " and ")));
  if (!removed.empty()) parts.push_back(fmt::format("prefix {} removed", removed));
  if (!added.empty()) parts.push_back(fmt::format("prefix {} added", added));
  return join(parts, ", ");
}

NameMap find_name_map(const std::vector<std::string_view>& names, const NameSet& wanted) {
  NameMap best;
  for (const std::string_view name : names) without_wrappers(name, &best.wrappers);
  std::ptrdiff_t most = -1;
  for (const std::string_view removed : kPrefixes) {
    for (const std::string_view added : kPrefixes) {
      const NameMap map{best.wrappers, std::string(removed), std::string(added)};
      const auto hits = std::ranges::count_if(
          names, [&](std::string_view name) { return wanted.contains(map(name, wanted)); });
      if (hits > most) {
        most = hits;
        best = map;
      }
    }
  }
  return best;
}

std::string common_prefix(const std::vector<std::string_view>& names) {
  const auto all_begin_with = [&](const std::string& prefix) {
    return !names.empty() && std::ranges::all_of(names, [&](std::string_view name) {
      return name.starts_with(prefix);
    });
  };
  std::string prefix;
  for (bool longer = true; longer;) {
    longer = false;
    for (const std::string_view piece : {"module.", "_orig_mod.", "model.", "encoder."}) {
      const std::string extended = prefix + std::string(piece);
      if (!all_begin_with(extended)) continue;
      prefix = extended;
      longer = true;
    }
  }
  return prefix;
}

}  // namespace fpanet
