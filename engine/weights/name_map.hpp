#pragma once
// Maps the names in a file to the names that a model wants. Wrappers add segments (DataParallel
// "module.", torch.compile "_orig_mod."), and projects use different prefixes: the same layer is
// `conv1` in torchvision, `encoder.conv1` in segmentation-models-pytorch and `model.encoder.conv1`
// in the notebook.

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fpanet {

using NameSet = std::set<std::string, std::less<>>;

struct NameMap {
  std::vector<std::string> wrappers;  ///< segments that are dropped anywhere in a name: "module."
  std::string removed, added;         ///< the prefix that is removed and its replacement

  /// The wanted name for a name in the file; empty if the name does not begin with `removed`.
  std::string operator()(std::string_view name, const NameSet& wanted) const;
  /// "module. dropped, prefix model.encoder. removed"; empty if the names are not changed.
  std::string description() const;
};

/// `name` without the segments that wrappers add. Appends each kind of segment found to `met` once.
std::string without_wrappers(std::string_view name, std::vector<std::string>* met = nullptr);

/// The map that turns the most `names` into wanted ones; among equals, the one that changes the
/// names least.
NameMap find_name_map(const std::vector<std::string_view>& names, const NameSet& wanted);

/// The longest known prefix that all names share: "module.", "model.encoder.", or "".
std::string common_prefix(const std::vector<std::string_view>& names);

}  // namespace fpanet
