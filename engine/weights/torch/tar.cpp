#include "engine/weights/pickle/globals.hpp"
#include "engine/weights/pickle/limits.hpp"
#include "engine/weights/pickle/persistent_id.hpp"
#include "engine/weights/printable.hpp"
#include "engine/weights/torch/file.hpp"
#include "engine/weights/torch/stream.hpp"
#include "engine/weights/torch/tar_reader.hpp"

namespace fpanet {

namespace {

using pickle::Object;
using Objects = std::map<std::string, Object*>;  ///< storages or tensors by key

const Bytes& member(const std::map<std::string, Bytes>& members, const char* wanted,
                    const std::string& name) {
  const auto found = members.find(wanted);
  require(found != members.end(),
          "{}: a tar archive without the member {} was not written by torch.save", name, wanted);
  return found->second;
}

/// The items of a pickled tuple, of which there must be `count`.
std::vector<Object*> tuple_items(const Object& object, std::size_t count,
                                 const TorchStream& stream) {
  const auto* tuple = object.as<pickle::Tuple>();
  require(tuple != nullptr && tuple->items.size() == count,
          "{}: {} where a tuple of {} belongs, before byte {}", stream.name(),
          pickle::kind_of(object), count, stream.at());
  return tuple->items;
}

template <class T>
T item_as(const Object& object, const TorchStream& stream) {
  const T* value = object.as<T>();
  require(value != nullptr, "{}: unexpected {} before byte {}", stream.name(),
          pickle::kind_of(object), stream.at());
  return *value;
}

/// Keys are integers; the main pickle has them as decimal text.
std::string key_of(const Object& object, const TorchStream& stream) {
  if (const auto* number = object.as<std::int64_t>()) return std::to_string(*number);
  return std::string(item_as<std::string_view>(object, stream));
}

Object* find_object(const Objects& objects, const std::string& key, const std::string& name) {
  const auto found = objects.find(key);
  require(found != objects.end(), "{}: object {} is missing", name, printable(key));
  return found->second;
}

void add_object(Objects& objects, const std::string& key, Object* object, const std::string& name) {
  require(objects.emplace(key, object).second, "{}: two objects have the key {}", name,
          printable(key));
}

/// Member `storages`: a count; for each storage (key, location, class) and its raw data; finally
/// the list of storages that are views of others: (key, root key, offset, numel).
Objects read_storages(TorchStream& stream, StorageMap& data, pickle::Heap& heap) {
  Objects storages;
  const auto count = stream.pickle_as<std::int64_t>("count of storages");
  for (std::int64_t i = 0; i < count; ++i) {
    const auto items = tuple_items(stream.pickle(), 3, stream);
    const std::string key = key_of(*items[0], stream);
    const ElementType type = pickle::storage_type(*items[2], {stream.name(), stream.at()});
    const Bytes raw = stream.storage(type);
    const auto numel = static_cast<std::int64_t>(raw.size() / size_of(type));
    const auto filed = data.emplace(key, raw).first;  // the storage's key points to this string
    add_object(
        storages, key,
        heap.make(pickle::Storage{
            .key = filed->first, .type = type, .whole_numel = numel, .offset = 0, .numel = numel}),
        stream.name());
  }
  for (const Object* view : stream.pickle_as<pickle::List>("list of storage views").items) {
    const auto items = tuple_items(*view, 4, stream);
    const Object* root = find_object(storages, key_of(*items[1], stream), stream.name());
    pickle::Storage window = *root->as<pickle::Storage>();
    require(window.numel == window.whole_numel, "{}: a view of a view, before byte {}",
            stream.name(), stream.at());
    window.offset = item_as<std::int64_t>(*items[2], stream);
    window.numel = item_as<std::int64_t>(*items[3], stream);
    add_object(storages, key_of(*items[0], stream), heap.make(window), stream.name());
  }
  return storages;
}

/// Member `tensors`: a count; for each tensor (key, storage key, class), the rank as int32, 4
/// unused bytes, and the sizes, the strides and the storage offset as int64.
Objects read_tensors(TorchStream& stream, const Objects& storages, pickle::Heap& heap) {
  Objects tensors;
  const auto count = stream.pickle_as<std::int64_t>("count of tensors");
  for (std::int64_t i = 0; i < count; ++i) {
    const auto items = tuple_items(stream.pickle(), 3, stream);
    pickle::TensorView view;
    view.storage =
        find_object(storages, key_of(*items[1], stream), stream.name())->as<pickle::Storage>();
    view.type = view.storage->type;
    const auto rank = stream.number<std::int32_t>();
    require(rank >= 0 && static_cast<std::size_t>(rank) <= pickle::kMaxRank,
            "{}: tensor of rank {} before byte {}", stream.name(), rank, stream.at());
    stream.number<std::int32_t>();
    for (std::int32_t axis = 0; axis < rank; ++axis) {
      view.shape.push_back(stream.number<std::int64_t>());
    }
    for (std::int32_t axis = 0; axis < rank; ++axis) {
      view.strides.push_back(stream.number<std::int64_t>());
    }
    view.offset = stream.number<std::int64_t>();
    add_object(tensors, key_of(*items[0], stream), heap.make(std::move(view)), stream.name());
  }
  return tensors;
}

}  // namespace

TorchFile open_torch_tar(const Bytes& file, const std::string& name) {
  const std::map<std::string, Bytes> members = read_tar(file, name);
  auto heap = std::make_unique<pickle::Heap>(name, file.size());
  const auto stream = [&](const char* part) {
    return TorchStream(member(members, part, name), name + ": " + part, *heap);
  };
  check_little_endian(stream("sys_info").pickle_as<pickle::Dict>("system information"), name);
  const auto data = std::make_shared<StorageMap>();
  TorchStream storage_stream = stream("storages"), tensor_stream = stream("tensors");
  const Objects storages = read_storages(storage_stream, *data, *heap);
  const Objects tensors = read_tensors(tensor_stream, storages, *heap);
  const Object& root =
      stream("pickle").pickle([&](const Object& id, const pickle::Where& where) -> Object* {
        const auto* key = id.as<std::string_view>();
        require(key != nullptr, "{}: {} as the key of a tensor", where, pickle::kind_of(id));
        return find_object(tensors, std::string(*key), name);
      });
  return {name, file, std::move(heap), &root,
          [data, name](std::string_view key) { return storage_in(*data, key, name); }};
}

}  // namespace fpanet
