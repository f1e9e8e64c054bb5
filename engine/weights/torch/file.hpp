#pragma once
// A file written by torch.save in any of its three containers. Holds the pickled object and reads
// the raw data of its tensors on demand.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/weights/bytes.hpp"
#include "engine/weights/pickle/object.hpp"
#include "engine/weights/state_dict.hpp"

namespace fpanet {

class TorchFile {
 public:
  /// Returns the raw data for a storage key; throws Error if there are none.
  using StorageSource = std::function<Bytes(std::string_view key)>;

  TorchFile(std::string name, Bytes file, std::unique_ptr<pickle::Heap> heap,
            const pickle::Object* root, StorageSource storages)
      : name_(std::move(name)),
        file_(std::move(file)),
        heap_(std::move(heap)),
        root_(root),
        storages_(std::move(storages)) {}

  const std::string& name() const { return name_; }  ///< the file's name, for messages
  const pickle::Object& root() const { return *root_; }
  pickle::Heap& heap() { return *heap_; }

  /// The tensor as an entry: a view of the file if the tensor is contiguous, otherwise a gathered
  /// copy. Throws an Error that names the entry if the tensor reaches outside its storage, or if the
  /// file's tensors together are larger than its ReadBudget: an expanded view, or many views of one
  /// storage, could otherwise ask for any amount of memory or time.
  StateEntry entry(const pickle::TensorView& view, std::string_view entry_name);

 private:
  Bytes storage_of(const pickle::TensorView& view, std::string_view entry_name) const;
  static Bytes gather(const pickle::TensorView& view, const Bytes& storage, std::size_t bytes);

  std::string name_;
  Bytes file_;  ///< strings in the pickled objects point into it
  std::unique_ptr<pickle::Heap> heap_;
  const pickle::Object* root_;
  StorageSource storages_;
};

/// PyTorch 1.6 and later: a zip archive with data.pkl and data/<key>. Source:
/// torch/serialization.py, _save and _load.
TorchFile open_torch_zip(const Bytes& file, const std::string& name);
/// PyTorch 0.1.10 to 1.5: five pickles, then the raw data. Source: torch/serialization.py,
/// _legacy_load.
TorchFile open_torch_legacy(const Bytes& file, const std::string& name);
/// Before 0.1.10: a tar archive of sys_info, storages, tensors and pickle. Source:
/// torch/serialization.py, legacy_load in _legacy_load.
TorchFile open_torch_tar(const Bytes& file, const std::string& name);

}  // namespace fpanet
