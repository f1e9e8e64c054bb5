#include "engine/weights/pickle/persistent_id.hpp"

#include "engine/weights/pickle/globals.hpp"

namespace fpanet::pickle {

ElementType storage_type(const Object& storage_class, const Where& where) {
  if (const auto* global = storage_class.as<const Global*>()) {
    if ((*global)->kind == GlobalKind::storage_class) return (*global)->type;
    if ((*global)->kind == GlobalKind::untyped_storage_class) return ElementType::u8;
  }
  fail("{}: {} where a storage class belongs", where, kind_of(storage_class));
}

Object* storage_from_id(const Object& id, Heap& heap, const Where& where) {
  const Tuple* tuple = id.as<Tuple>();
  require(tuple != nullptr && (tuple->items.size() == 5 || tuple->items.size() == 6),
          "{}: a persistent id that is not PyTorch's ('storage', class, key, location, numel)",
          where);
  const auto& items = tuple->items;
  const auto* word = items[0]->as<std::string_view>();
  const auto* key = items[2]->as<std::string_view>();
  const auto* numel = items[4]->as<std::int64_t>();
  require(word != nullptr && *word == "storage" && key != nullptr && numel != nullptr,
          "{}: a persistent id that is not PyTorch's ('storage', class, key, location, numel)",
          where);
  Storage storage{.key = *key,
                  .type = storage_type(*items[1], where),
                  .whole_numel = *numel,
                  .offset = 0,
                  .numel = *numel};
  if (items.size() == 6 && items[5]->as<None>() == nullptr) {
    const Tuple* view = items[5]->as<Tuple>();
    require(view != nullptr && view->items.size() == 3, "{}: a storage view that is {}", where,
            kind_of(*items[5]));
    const auto* offset = view->items[1]->as<std::int64_t>();
    const auto* view_numel = view->items[2]->as<std::int64_t>();
    require(offset != nullptr && view_numel != nullptr,
            "{}: a storage view without offset and size", where);
    storage.offset = *offset;
    storage.numel = *view_numel;
  }
  return heap.make(storage);
}

}  // namespace fpanet::pickle
