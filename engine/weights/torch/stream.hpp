#pragma once
// The common part of PyTorch's two older containers: pickles and raw data in one stream.

#include <map>
#include <string>

#include "engine/weights/byte_cursor.hpp"
#include "engine/weights/bytes.hpp"
#include "engine/weights/pickle/unpickler.hpp"

namespace fpanet {

/// Reads a part of a file that holds pickles and raw data one after another.
class TorchStream {
 public:
  /// `name` denotes `bytes` in messages: "m.pth", or "m.pth: storages" in a tar archive.
  TorchStream(Bytes bytes, std::string name, pickle::Heap& heap, std::size_t at = 0)
      : bytes_(std::move(bytes)), name_(std::move(name)), heap_(&heap), at_(at) {}

  const std::string& name() const { return name_; }
  std::size_t at() const { return at_; }

  const pickle::Object& pickle(const pickle::PersistentLoad& load = pickle::refuse_persistent_ids);
  template <class T>
  T pickle_as(std::string_view what) {
    const T* value = pickle().as<T>();
    require(value != nullptr, "{}: no {} before byte {}", name_, what, at_);
    return *value;
  }

  template <class T>
  T number() {
    ByteCursor cursor(bytes_.text(), name_, at_);
    const T value = cursor.number<T>();
    at_ = cursor.at();
    return value;
  }

  /// Reads a storage: an int64 count, then that many elements.
  Bytes storage(ElementType type);

 private:
  Bytes bytes_;
  std::string name_;
  pickle::Heap* heap_;
  std::size_t at_;
};

/// Throws Error unless the sys_info dict declares the file little-endian.
void check_little_endian(const pickle::Dict& sys_info, const std::string& name);

/// Raw data by storage key, for containers that are read as a whole.
using StorageMap = std::map<std::string, Bytes, std::less<>>;
const Bytes& storage_in(const StorageMap& storages, std::string_view key, const std::string& name);

}  // namespace fpanet
