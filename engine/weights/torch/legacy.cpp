#include "engine/weights/pickle/persistent_id.hpp"
#include "engine/weights/printable.hpp"
#include "engine/weights/torch/containers.hpp"
#include "engine/weights/torch/file.hpp"
#include "engine/weights/torch/stream.hpp"

namespace fpanet {

namespace {

constexpr std::int64_t kProtocol = 1001;

}  // namespace

TorchFile open_torch_legacy(const Bytes& file, const std::string& name) {
  auto heap = std::make_unique<pickle::Heap>(name, file.size());
  TorchStream stream(file, name, *heap, kLegacyMagic.size());
  const auto protocol = stream.pickle_as<std::int64_t>("protocol version");
  require(protocol == kProtocol, "{}: legacy PyTorch protocol {} instead of {}", name, protocol,
          kProtocol);
  check_little_endian(stream.pickle_as<pickle::Dict>("system information"), name);

  std::map<std::string_view, ElementType> types;  // types of the storages that tensors refer to
  const pickle::Object& root =
      stream.pickle([&](const pickle::Object& id, const pickle::Where& where) {
        pickle::Object* object = pickle::storage_from_id(id, *heap, where);
        const auto& storage = *object->as<pickle::Storage>();
        const auto [entry, is_new] = types.emplace(storage.key, storage.type);
        require(is_new || size_of(entry->second) == size_of(storage.type),
                "{}: storage {} is used as {} and as {}", where, printable(storage.key),
                name_of(entry->second), name_of(storage.type));
        return object;
      });

  StorageMap storages;
  for (const pickle::Object* item : stream.pickle_as<pickle::List>("list of storages").items) {
    const auto* key = item->as<std::string_view>();
    const auto type = key == nullptr ? types.end() : types.find(*key);
    require(type != types.end(), "{}: the list of storages names one that no tensor uses", name);
    const Bytes data = stream.storage(type->second);
    require(storages.emplace(*key, data).second, "{}: storage {} is listed twice", name,
            printable(*key));
  }
  return {name, file, std::move(heap), &root,
          [storages, name](std::string_view key) { return storage_in(storages, key, name); }};
}

}  // namespace fpanet
