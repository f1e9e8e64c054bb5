#include "engine/weights/pickle/object.hpp"

#include <array>

#include "engine/weights/pickle/limits.hpp"

namespace fpanet::pickle {

std::string_view kind_of(const Object& object) {
  static constexpr std::array<std::string_view, 13> kKinds = {"None",
                                                              "an unused value",
                                                              "a boolean",
                                                              "an integer",
                                                              "a number",
                                                              "a string",
                                                              "a tuple",
                                                              "a list",
                                                              "a dict",
                                                              "a storage",
                                                              "a tensor",
                                                              "a parameter",
                                                              "a class or function"};
  static_assert(kKinds.size() == std::variant_size_v<decltype(Object::value)>);
  return kKinds[object.value.index()];
}

const TensorView* tensor_of(const Object& object) {
  if (const auto* parameter = object.as<Parameter>()) return parameter->tensor;
  return object.as<TensorView>();
}

const Object* find(const Dict& dict, std::string_view key) {
  for (auto item = dict.items.rbegin(); item != dict.items.rend(); ++item) {
    const auto* text = item->first->as<std::string_view>();
    if (text != nullptr && *text == key) return item->second;
  }
  return nullptr;
}

void Heap::charge(std::size_t bytes) {
  require(budget_.spend(bytes),
          "{}: its pickles repeat their contents, which would take more memory or time than a file "
          "of its size may use",
          file_);
}

void Heap::check_room() const {
  require(objects_.size() < kMaxObjects, "{}: its pickles have more than {} objects", file_,
          kMaxObjects);
}

}  // namespace fpanet::pickle
