#include "engine/weights/pickle/globals.hpp"

#include <algorithm>
#include <array>

namespace fpanet::pickle {

namespace {

constexpr auto kGlobals = [] {
  using enum GlobalKind;
  return std::to_array<Global>({
      {"collections", "OrderedDict", ordered_dict},
      {"torch", "Size", size},
      {"torch", "device", device},

      {"torch._utils", "_rebuild_tensor", rebuild_tensor},
      {"torch._utils", "_rebuild_tensor_v2", rebuild_tensor},
      {"torch._utils", "_rebuild_tensor_v3", rebuild_tensor_v3},
      {"torch._utils", "_rebuild_parameter", rebuild_parameter},
      {"torch._utils", "_rebuild_parameter_with_state", rebuild_parameter},
      {"torch._tensor", "_rebuild_from_type", rebuild_from_type},
      {"torch._tensor", "_rebuild_from_type_v2", rebuild_from_type},
      {"torch.tensor", "_rebuild_from_type", rebuild_from_type},
      {"copyreg", "_reconstructor", reconstructor},
      {"builtins", "object", object_class},

      // What hyperparameters and the states of callbacks contain. The values are dropped.
      {"_codecs", "encode", unused_value},  // bytes
      {"builtins", "bytes", unused_value},
      {"builtins", "bytearray", unused_value},
      {"builtins", "complex", unused_value},
      {"builtins", "slice", unused_value},
      {"builtins", "range", unused_value},
      {"builtins", "set", unused_value},
      {"builtins", "frozenset", unused_value},
      {"numpy", "dtype", unused_value},
      {"numpy", "ndarray", unused_value},
      {"numpy.core.multiarray", "_reconstruct", unused_value},
      {"numpy.core.multiarray", "scalar", unused_value},
      {"numpy._core.multiarray", "_reconstruct", unused_value},
      {"numpy._core.multiarray", "scalar", unused_value},
      {"pathlib", "Path", unused_value},
      {"pathlib", "PosixPath", unused_value},
      {"pathlib", "WindowsPath", unused_value},
      {"pathlib", "PurePosixPath", unused_value},
      {"pathlib", "PureWindowsPath", unused_value},
      {"pathlib._local", "PosixPath", unused_value},
      {"pathlib._local", "WindowsPath", unused_value},
      {"datetime", "timedelta", unused_value},

      {"torch", "Tensor", tensor_class},
      {"torch._tensor", "Tensor", tensor_class},
      {"torch.nn.parameter", "Parameter", parameter_class},
      {"torch.autograd.variable", "Variable", parameter_class},

      {"torch", "UntypedStorage", untyped_storage_class},
      {"torch.storage", "UntypedStorage", untyped_storage_class},
      {"torch.storage", "_UntypedStorage", untyped_storage_class},
      {"torch", "DoubleStorage", storage_class, ElementType::f64},
      {"torch", "FloatStorage", storage_class, ElementType::f32},
      {"torch", "HalfStorage", storage_class, ElementType::f16},
      {"torch", "BFloat16Storage", storage_class, ElementType::bf16},
      {"torch", "LongStorage", storage_class, ElementType::i64},
      {"torch", "IntStorage", storage_class, ElementType::i32},
      {"torch", "ShortStorage", storage_class, ElementType::i16},
      {"torch", "CharStorage", storage_class, ElementType::i8},
      {"torch", "ByteStorage", storage_class, ElementType::u8},
      {"torch", "BoolStorage", storage_class, ElementType::boolean},
      {"torch", "DoubleTensor", tensor_class, ElementType::f64},
      {"torch", "FloatTensor", tensor_class, ElementType::f32},
      {"torch", "HalfTensor", tensor_class, ElementType::f16},
      {"torch", "BFloat16Tensor", tensor_class, ElementType::bf16},
      {"torch", "LongTensor", tensor_class, ElementType::i64},
      {"torch", "IntTensor", tensor_class, ElementType::i32},
      {"torch", "ShortTensor", tensor_class, ElementType::i16},
      {"torch", "CharTensor", tensor_class, ElementType::i8},
      {"torch", "ByteTensor", tensor_class, ElementType::u8},
      {"torch", "BoolTensor", tensor_class, ElementType::boolean},
      {"torch", "float64", dtype, ElementType::f64},
      {"torch", "float32", dtype, ElementType::f32},
      {"torch", "float16", dtype, ElementType::f16},
      {"torch", "bfloat16", dtype, ElementType::bf16},
      {"torch", "int64", dtype, ElementType::i64},
      {"torch", "int32", dtype, ElementType::i32},
      {"torch", "int16", dtype, ElementType::i16},
      {"torch", "int8", dtype, ElementType::i8},
      {"torch", "uint8", dtype, ElementType::u8},
      {"torch", "bool", dtype, ElementType::boolean},
      {"torch", "uint16", dtype, ElementType::u16},
      {"torch", "uint32", dtype, ElementType::u32},
      {"torch", "uint64", dtype, ElementType::u64},
  });
}();

const Global* find_row(std::string_view module, std::string_view name) {
  const auto* const found = std::ranges::find_if(
      kGlobals, [&](const Global& row) { return row.module == module && row.name == name; });
  return found == kGlobals.end() ? nullptr : found;
}

}  // namespace

const Global* find_global(std::string_view module, std::string_view name) {
  if (module == "copy_reg") return find_row("copyreg", name);
  if (module == "__builtin__") return find_row("builtins", name);
  if (module == "torch.cuda") {  // classes of tensors that were saved on a GPU
    const Global* row = find_row("torch", name);
    const bool per_device =
        row != nullptr && (row->kind == GlobalKind::storage_class ||
                           (row->kind == GlobalKind::tensor_class && name != "Tensor"));
    return per_device ? row : nullptr;
  }
  return find_row(module, name);
}

}  // namespace fpanet::pickle
