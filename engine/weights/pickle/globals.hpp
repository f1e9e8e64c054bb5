#pragma once
// The allow-list: every class and function that a pickle may name. The names are never looked up or
// executed; pickle/calls.cpp handles each kind explicitly.

#include <string_view>

#include "engine/weights/element_type.hpp"

namespace fpanet::pickle {

enum class GlobalKind {
  ordered_dict,
  size,
  device,
  dtype,
  storage_class,
  untyped_storage_class,
  tensor_class,
  parameter_class,
  object_class,
  rebuild_tensor,     ///< _rebuild_tensor, _v2
  rebuild_tensor_v3,  ///< has its own element type, independent of the storage
  rebuild_parameter,  ///< _rebuild_parameter, _with_state
  rebuild_from_type,  ///< _rebuild_from_type, _v2
  reconstructor,
  unused_value,  ///< what it makes is plain data that is not used: an array, a path, a set
};

struct Global {
  std::string_view module;
  std::string_view name;
  GlobalKind kind;
  ElementType type = ElementType::f32;  ///< of dtype, storage_class and tensor_class
};

/// The row for `module`.`name`; nullptr if it is not allowed. Knows Python 2's module names, too.
const Global* find_global(std::string_view module, std::string_view name);

}  // namespace fpanet::pickle
