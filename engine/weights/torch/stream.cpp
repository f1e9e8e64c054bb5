#include "engine/weights/torch/stream.hpp"

#include "engine/weights/printable.hpp"

namespace fpanet {

const pickle::Object& TorchStream::pickle(const pickle::PersistentLoad& load) {
  const auto [object, end] = pickle::unpickle(bytes_.text(), at_, name_, *heap_, load);
  at_ = end;
  return *object;
}

Bytes TorchStream::storage(ElementType type) {
  const std::size_t begin = at_;
  const auto count = number<std::int64_t>();
  const std::size_t item = size_of(type), left = bytes_.size() - at_;
  require(count >= 0 && static_cast<std::uint64_t>(count) <= left / item,
          "{}: ends early: the storage at byte {} announces {} {}, {} bytes are left", name_, begin,
          count, name_of(type), left);
  const std::size_t size = static_cast<std::size_t>(count) * item;
  const Bytes data = bytes_.part(at_, size);
  at_ += size;
  return data;
}

void check_little_endian(const pickle::Dict& sys_info, const std::string& name) {
  const pickle::Object* flag = pickle::find(sys_info, "little_endian");
  const bool* little = flag == nullptr ? nullptr : flag->as<bool>();
  require(little != nullptr && *little, "{}: only little-endian files are read", name);
}

const Bytes& storage_in(const StorageMap& storages, std::string_view key, const std::string& name) {
  const auto found = storages.find(key);
  require(found != storages.end(), "{}: storage {} is missing", name, printable(key));
  return found->second;
}

}  // namespace fpanet
