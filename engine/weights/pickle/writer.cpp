#include "engine/weights/pickle/writer.hpp"

#include <bit>
#include <cstring>
#include <limits>

namespace fpanet {

namespace {

constexpr char kMark = '(', kReduce = 'R', kEmptyTuple = ')', kNewFalse = '\x89';

std::string_view storage_class(ElementType type) {
  switch (type) {
    case ElementType::f64:
      return "DoubleStorage";
    case ElementType::f32:
      return "FloatStorage";
    case ElementType::f16:
      return "HalfStorage";
    case ElementType::bf16:
      return "BFloat16Storage";
    case ElementType::i64:
      return "LongStorage";
    case ElementType::i32:
      return "IntStorage";
    case ElementType::i16:
      return "ShortStorage";
    case ElementType::i8:
      return "CharStorage";
    case ElementType::u8:
      return "ByteStorage";
    case ElementType::boolean:
      return "BoolStorage";
    case ElementType::u16:
    case ElementType::u32:
    case ElementType::u64:
      break;
  }
  fail("weights: PyTorch files have no storages of {}; write .safetensors instead", name_of(type));
}

std::vector<std::int64_t> row_major_strides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= std::max<std::int64_t>(shape[axis], 1);
  }
  return strides;
}

}  // namespace

PickleWriter::PickleWriter() : out_("\x80\x02") {}

template <class T>
PickleWriter& PickleWriter::raw(char opcode, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out_ += opcode;
  out_.append(bytes, sizeof(T));
  return *this;
}

PickleWriter& PickleWriter::none() {
  out_ += 'N';
  return *this;
}

PickleWriter& PickleWriter::boolean(bool value) {
  out_ += value ? '\x88' : kNewFalse;
  return *this;
}

PickleWriter& PickleWriter::integer(std::int64_t value) {
  if (value >= 0 && value < 0x100) return raw('K', static_cast<std::uint8_t>(value));
  if (value >= 0 && value < 0x10000) return raw('M', static_cast<std::uint16_t>(value));
  if (std::in_range<std::int32_t>(value)) return raw('J', static_cast<std::int32_t>(value));
  out_ += "\x8a\x08";
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  out_.append(bytes, sizeof(value));
  return *this;
}

PickleWriter& PickleWriter::real(double value) {
  return raw('G', __builtin_bswap64(std::bit_cast<std::uint64_t>(value)));
}

PickleWriter& PickleWriter::text(std::string_view value) {
  raw('X', static_cast<std::uint32_t>(value.size()));
  out_ += value;
  return *this;
}

PickleWriter& PickleWriter::global(std::string_view module, std::string_view name) {
  out_ += 'c';
  out_ += module;
  out_ += '\n';
  out_ += name;
  out_ += '\n';
  return *this;
}

PickleWriter& PickleWriter::integers(const std::vector<std::int64_t>& values) {
  begin_tuple();
  for (const std::int64_t value : values) integer(value);
  return end_tuple();
}

PickleWriter& PickleWriter::tensor(const StateEntry& entry) {
  global("torch._utils", "_rebuild_tensor_v2").begin_tuple();
  begin_tuple().text("storage").global("torch", storage_class(entry.type()));
  text(std::to_string(storages_.size())).text("cpu").integer(entry.numel()).end_tuple();
  out_ += 'Q';  // persistent id
  integer(0).integers(entry.shape()).integers(row_major_strides(entry.shape())).boolean(false);
  begin_ordered_dict().end_dict();  // backward hooks
  end_tuple();
  out_ += kReduce;
  storages_.push_back(entry.bytes());
  return *this;
}

PickleWriter& PickleWriter::tensor(float value) {
  return tensor(StateEntry::from_values(std::span(&value, 1), {}));
}

PickleWriter& PickleWriter::begin_dict() {
  out_ += '}';
  out_ += kMark;
  return *this;
}

PickleWriter& PickleWriter::begin_ordered_dict() {
  global("collections", "OrderedDict");
  out_ += kEmptyTuple;
  out_ += kReduce;
  out_ += kMark;
  return *this;
}

PickleWriter& PickleWriter::end_dict() {
  out_ += 'u';
  return *this;
}

PickleWriter& PickleWriter::set_attributes() {
  out_ += 'b';
  return *this;
}

PickleWriter& PickleWriter::begin_list() {
  out_ += ']';
  out_ += kMark;
  return *this;
}

PickleWriter& PickleWriter::end_list() {
  out_ += 'e';
  return *this;
}

PickleWriter& PickleWriter::begin_tuple() {
  out_ += kMark;
  return *this;
}

PickleWriter& PickleWriter::end_tuple() {
  out_ += 't';
  return *this;
}

PickleWriter& PickleWriter::state_dict(const StateDict& tensors) {
  begin_ordered_dict();
  for (const auto& [name, entry] : tensors) text(name).tensor(entry);
  return end_dict();
}

std::string PickleWriter::finish() {
  return std::move(out_) + '.';
}

}  // namespace fpanet
