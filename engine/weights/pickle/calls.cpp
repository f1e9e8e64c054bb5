#include "engine/weights/pickle/calls.hpp"

#include "engine/weights/pickle/globals.hpp"
#include "engine/weights/pickle/limits.hpp"
#include "engine/weights/state_dict.hpp"

namespace fpanet::pickle {

namespace {

/// The arguments of one call. Each accessor checks the type.
class Arguments {
 public:
  Arguments(const Global& global, const Tuple& args, const Where& where)
      : global_(global), args_(args), where_(where) {}

  std::size_t count() const { return args_.items.size(); }

  void expect_count(std::size_t least, std::size_t most) const {
    require(count() >= least && count() <= most, "{}: {}.{} with {} arguments", where_,
            global_.module, global_.name, count());
  }

  Object& object(std::size_t i) const { return *args_.items[i]; }

  template <class T>
  const T& get(std::size_t i) const {
    const T* value = object(i).as<T>();
    if (value == nullptr) misfit(i);
    return *value;
  }

  std::vector<std::int64_t> integers(std::size_t i) const {
    const auto& items = get<Tuple>(i).items;
    require(items.size() <= kMaxRank, "{}: {}.{} of rank {}", where_, global_.module, global_.name,
            items.size());
    std::vector<std::int64_t> numbers;
    for (const Object* item : items) {
      const auto* number = item->as<std::int64_t>();
      if (number == nullptr) misfit(i);
      numbers.push_back(*number);
    }
    return numbers;
  }

  [[noreturn]] void misfit(std::size_t i) const {
    fail("{}: {}.{} cannot take {} as argument {}", where_, global_.module, global_.name,
         kind_of(object(i)), i);
  }

 private:
  const Global& global_;
  const Tuple& args_;
  const Where& where_;
};

Object* rebuild_tensor(const Arguments& args, Heap& heap, const Where& where) {
  TensorView view;
  view.storage = &args.get<Storage>(0);
  view.type = view.storage->type;
  view.offset = args.get<std::int64_t>(1);
  view.shape = args.integers(2);
  view.strides = args.integers(3);
  require(view.shape.size() == view.strides.size(), "{}: tensor of shape {} has strides {}", where,
          shape_text(view.shape), shape_text(view.strides));
  return heap.make(std::move(view));
}

Object* rebuild_tensor_v3(const Arguments& args, Heap& heap, const Where& where) {
  const Global& dtype = *args.get<const Global*>(6);
  if (dtype.kind != GlobalKind::dtype) args.misfit(6);
  Object* object = rebuild_tensor(args, heap, where);
  object->as<TensorView>()->type = dtype.type;
  return object;
}

/// Python 3 pickles an empty OrderedDict() and fills it with SETITEMS; Python 2 passes a list of
/// pairs.
Object* ordered_dict(const Arguments& args, Heap& heap) {
  Dict dict;
  if (args.count() == 1) {
    for (const Object* item : args.get<List>(0).items) {
      const List* list = item->as<List>();
      const Tuple* tuple = item->as<Tuple>();
      if (list == nullptr && tuple == nullptr) args.misfit(0);
      const auto& pair = list != nullptr ? list->items : tuple->items;
      if (pair.size() != 2) args.misfit(0);
      dict.items.emplace_back(pair[0], pair[1]);
    }
  }
  return heap.make(std::move(dict));
}

Object* parameter_around(const Arguments& args, Heap& heap) {
  Parameter parameter;
  if (args.count() > 0) {
    parameter.tensor = tensor_of(args.object(0));
    if (parameter.tensor == nullptr) args.misfit(0);
  }
  return heap.make(parameter);
}

/// _rebuild_from_type(function, class, arguments, state): the class and its state are not needed.
Object* rebuild_from_type(const Arguments& args, Heap& heap, const Where& where) {
  const Global& function = *args.get<const Global*>(0);
  switch (function.kind) {
    case GlobalKind::rebuild_tensor:
    case GlobalKind::rebuild_tensor_v3:
    case GlobalKind::rebuild_parameter:
      return call(function, args.get<Tuple>(2), heap, where);
    default:
      args.misfit(0);
  }
}

/// copyreg._reconstructor(class, object, None): an empty object of the class.
Object* reconstruct(const Arguments& args, Heap& heap) {
  switch (args.get<const Global*>(0)->kind) {
    case GlobalKind::ordered_dict:
      return heap.make(Dict{});
    case GlobalKind::parameter_class:
      return heap.make(Parameter{});
    default:
      args.misfit(0);
  }
}

}  // namespace

Object* call(const Global& global, const Tuple& tuple, Heap& heap, const Where& where) {
  const Arguments args(global, tuple, where);
  switch (global.kind) {
    case GlobalKind::ordered_dict:
      args.expect_count(0, 1);
      return ordered_dict(args, heap);
    case GlobalKind::size:
      args.expect_count(1, 1);
      return heap.make(args.get<Tuple>(0));
    case GlobalKind::device:
      args.expect_count(1, 2);
      return heap.make(Opaque{});
    case GlobalKind::rebuild_tensor:
      args.expect_count(4, 7);
      return rebuild_tensor(args, heap, where);
    case GlobalKind::rebuild_tensor_v3:
      args.expect_count(7, 8);
      return rebuild_tensor_v3(args, heap, where);
    case GlobalKind::parameter_class:
      args.expect_count(0, 2);
      return parameter_around(args, heap);
    case GlobalKind::rebuild_parameter:
      args.expect_count(3, 4);
      return parameter_around(args, heap);
    case GlobalKind::rebuild_from_type:
      args.expect_count(4, 4);
      return rebuild_from_type(args, heap, where);
    case GlobalKind::reconstructor:
      args.expect_count(3, 3);
      return reconstruct(args, heap);
    case GlobalKind::dtype:
    case GlobalKind::storage_class:
    case GlobalKind::untyped_storage_class:
    case GlobalKind::tensor_class:
    case GlobalKind::object_class:
      break;
  }
  fail("{}: a call to {}.{} is refused", where, global.module, global.name);
}

void build(Object& object, const Object& state, const Where& where) {
  if (Dict* dict = object.as<Dict>()) {
    dict->attributes = &state;
    return;
  }
  Parameter* parameter = object.as<Parameter>();
  const Tuple* tuple = state.as<Tuple>();
  const bool fits = parameter != nullptr && tuple != nullptr && !tuple->items.empty() &&
                    tensor_of(*tuple->items[0]) != nullptr;
  require(fits, "{}: BUILD of {} from {} is refused", where, kind_of(object), kind_of(state));
  parameter->tensor = tensor_of(*tuple->items[0]);
}

}  // namespace fpanet::pickle
