#pragma once
// The objects that a pickle of tensors contains once it is read. They are plain data; nothing in
// them can be executed.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/weights/element_type.hpp"

namespace fpanet::pickle {

struct Global;  // a row of the allow-list, pickle/globals.hpp
struct Object;

struct None {};
/// A value that checkpoints contain but the project does not use: a device, a long integer.
struct Opaque {};
struct Tuple {
  std::vector<Object*> items;
};
struct List {
  std::vector<Object*> items;
};
struct Dict {
  std::vector<std::pair<Object*, Object*>> items;  ///< as assigned; the last value of a key counts
  const Object* attributes = nullptr;  ///< of an OrderedDict with any, such as `_metadata`: a dict
};
/// Elements [offset, offset + numel) of the raw data stored under `key`.
struct Storage {
  std::string_view key;
  ElementType type = ElementType::u8;
  std::int64_t whole_numel = 0;  ///< elements in the raw data
  std::int64_t offset = 0;
  std::int64_t numel = 0;
};
/// A view of a storage; offset and strides count elements of `type`.
struct TensorView {
  const Storage* storage = nullptr;
  ElementType type = ElementType::f32;
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape, strides;
};
/// A torch.nn.Parameter and its tensor, which is null between the object's creation and its BUILD.
struct Parameter {
  const TensorView* tensor = nullptr;
};

struct Object {
  std::variant<None, Opaque, bool, std::int64_t, double, std::string_view, Tuple, List, Dict,
               Storage, TensorView, Parameter, const Global*>
      value;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&value);
  }
  template <class T>
  T* as() {
    return std::get_if<T>(&value);
  }
};

/// "a dict", "a tensor", ..., for messages.
std::string_view kind_of(const Object& object);
/// The tensor that `object` is or wraps; nullptr if none.
const TensorView* tensor_of(const Object& object);
/// The value last assigned to a string key; nullptr if there is none.
const Object* find(const Dict& dict, std::string_view key);

/// Owns all objects in the pickles of a file and limits their number. The objects may refer to each
/// other in any way, cycles included.
class Heap {
 public:
  explicit Heap(std::string file) : file_(std::move(file)) {}

  template <class T>
  Object* make(T value) {
    check_room();
    return &objects_.emplace_back(Object{std::move(value)});
  }

 private:
  void check_room() const;

  std::string file_;
  std::deque<Object> objects_;
};

}  // namespace fpanet::pickle
