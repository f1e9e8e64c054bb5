#pragma once
// Writes pickles as torch.save does (protocol 2): plain values and tensors. The data of the tensors
// are numbered consecutively.

#include <string>
#include <string_view>
#include <vector>

#include "engine/weights/state_dict.hpp"

namespace fpanet {

class PickleWriter {
 public:
  PickleWriter();

  PickleWriter& none();
  PickleWriter& boolean(bool value);
  PickleWriter& integer(std::int64_t value);
  PickleWriter& real(double value);
  PickleWriter& text(std::string_view value);
  /// Writes torch._utils._rebuild_tensor_v2 with a separate storage. Throws an Error that names the
  /// element type if PyTorch has no storage class for it (u16, u32, u64).
  PickleWriter& tensor(const StateEntry& entry);
  PickleWriter& tensor(float value);  ///< rank 0

  // Containers. The items of a dict are written as key, value, key, value.
  PickleWriter& begin_dict();
  PickleWriter& begin_ordered_dict();
  PickleWriter& end_dict();
  /// Gives the OrderedDict written before it the attributes in the dict written last.
  PickleWriter& set_attributes();
  PickleWriter& begin_list();
  PickleWriter& end_list();
  PickleWriter& begin_tuple();
  PickleWriter& end_tuple();

  /// An OrderedDict of names and tensors, in the order of `tensors`.
  PickleWriter& state_dict(const StateDict& tensors);

  /// Ends and returns the pickle. Nothing can be written afterwards.
  std::string finish();
  /// Raw data of the tensors written so far: element i has the key "i".
  const std::vector<Bytes>& storages() const { return storages_; }

 private:
  template <class T>
  PickleWriter& raw(char opcode, T value);
  PickleWriter& global(std::string_view module, std::string_view name);
  PickleWriter& integers(const std::vector<std::int64_t>& values);

  std::string out_;
  std::vector<Bytes> storages_;
};

}  // namespace fpanet
