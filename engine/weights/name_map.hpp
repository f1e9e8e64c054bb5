#pragma once
// How the names in a file relate to the names a model wants. Wrappers add segments (DataParallel
// "module.", torch.compile "_orig_mod."), and the same encoder is `conv1` to torchvision,
// `encoder.conv1` to segmentation-models-pytorch and `model.encoder.conv1` to the notebook.

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fpanet {

using NameSet = std::set<std::string, std::less<>>;

struct NameMap {
  std::vector<std::string> wrappers;  ///< segments dropped wherever they stand: "module."
  std::string removed, added;         ///< prefix taken away, prefix put in its place

  /// The wanted name of a file's name; empty when the name does not begin with `removed`.
  std::string operator()(std::string_view name, const NameSet& wanted) const;
  /// "module. dropped, prefix model.encoder. removed"; empty when names are equal already.
  std::string description() const;
};

/// `name` without the segments that wrappers add; those met are appended to `met` once each.
std::string without_wrappers(std::string_view name, std::vector<std::string>* met = nullptr);

/// The map under which most of `names` are wanted; of equally good ones that which changes least.
NameMap find_name_map(const std::vector<std::string_view>& names, const NameSet& wanted);

/// What all names begin with, of the prefixes this file knows: "module.", "model.encoder.", or "".
std::string common_prefix(const std::vector<std::string_view>& names);

}  // namespace fpanet
