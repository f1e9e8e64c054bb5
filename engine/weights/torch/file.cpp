#include "engine/weights/torch/file.hpp"

#include <algorithm>
#include <cstring>

#include "engine/weights/printable.hpp"

namespace fpanet {

namespace {

using pickle::TensorView;

/// True if every element lies in the storage. Strides must not be negative, so it is enough to
/// check the last element.
bool fits(const TensorView& view, std::int64_t storage_numel) {
  if (view.offset < 0 || view.offset > storage_numel) return false;
  std::int64_t room = storage_numel - view.offset - 1;  // largest possible distance from the first
  for (std::size_t axis = 0; axis < view.shape.size(); ++axis) {
    const std::int64_t steps = view.shape[axis] - 1, stride = view.strides[axis];
    if (stride < 0) return false;
    if (steps == 0 || stride == 0) continue;
    if (steps > room / stride) return false;
    room -= steps * stride;
  }
  return room >= 0;
}

bool is_row_major(const TensorView& view) {
  std::int64_t stride = 1;
  for (std::size_t axis = view.shape.size(); axis-- > 0;) {
    if (view.shape[axis] != 1 && view.strides[axis] != stride) return false;
    stride *= view.shape[axis];
  }
  return true;
}

}  // namespace

StateEntry TorchFile::entry(const TensorView& view, std::string_view entry_name) {
  const std::string label = fmt::format("{}: tensor {}", name_, printable(entry_name));
  const std::int64_t numel = checked_numel(view.shape, label);
  const std::size_t item = size_of(view.type);
  const Bytes storage = storage_of(view, entry_name);
  if (numel == 0) return {view.type, view.shape, {}};
  if (!fits(view, static_cast<std::int64_t>(storage.size() / item))) {
    fail("{}: shape {}, strides {}, offset {} reach outside its storage of {} {}", label,
         shape_text(view.shape), shape_text(view.strides), view.offset, storage.size() / item,
         name_of(view.type));
  }
  const auto first = static_cast<std::size_t>(view.offset) * item;
  const std::size_t bytes = static_cast<std::size_t>(numel) * item;
  if (!heap_->budget().spend(bytes)) {
    fail("{} of shape {} is a view that expands to more memory than its file may use", label,
         shape_text(view.shape));
  }
  if (is_row_major(view)) return {view.type, view.shape, storage.part(first, bytes)};
  return {view.type, view.shape, gather(view, storage, bytes)};
}

Bytes TorchFile::storage_of(const TensorView& view, std::string_view entry_name) const {
  const pickle::Storage& storage = *view.storage;
  const Bytes whole = storages_(storage.key);
  const std::size_t item = size_of(storage.type);
  const bool matches = storage.whole_numel >= 0 && whole.size() % item == 0 &&
                       whole.size() / item == static_cast<std::size_t>(storage.whole_numel);
  require(matches, "{}: tensor {}: storage {} has {} bytes, which is not {} {}", name_,
          printable(entry_name), printable(storage.key), whole.size(), storage.whole_numel,
          name_of(storage.type));
  const bool inside = storage.offset >= 0 && storage.numel >= 0 &&
                      storage.offset <= storage.whole_numel &&
                      storage.numel <= storage.whole_numel - storage.offset;
  require(inside, "{}: tensor {}: {} elements at offset {} reach outside storage {} of {}", name_,
          printable(entry_name), storage.numel, storage.offset, printable(storage.key),
          storage.whole_numel);
  return whole.part(static_cast<std::size_t>(storage.offset) * item,
                    static_cast<std::size_t>(storage.numel) * item);
}

Bytes TorchFile::gather(const TensorView& view, const Bytes& storage, std::size_t bytes) {
  const std::size_t item = size_of(view.type), rank = view.shape.size();
  std::vector<std::byte> result(bytes);
  std::vector<std::int64_t> index(rank, 0);
  std::int64_t from = view.offset;
  for (std::size_t to = 0; to < bytes; to += item) {
    std::memcpy(result.data() + to, storage.data() + static_cast<std::size_t>(from) * item, item);
    for (std::size_t axis = rank; axis-- > 0;) {  // the next index in row-major order
      from += view.strides[axis];
      if (++index[axis] < view.shape[axis]) break;
      from -= view.shape[axis] * view.strides[axis];
      index[axis] = 0;
    }
  }
  return Bytes::own(std::move(result));
}

}  // namespace fpanet
