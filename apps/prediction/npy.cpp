#include "apps/prediction/npy.hpp"

#include <fmt/core.h>

#include <bit>
#include <functional>
#include <numeric>
#include <string_view>

#include "engine/core/atomic_file.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"

namespace fpanet {
namespace {

static_assert(std::endian::native == std::endian::little, "'<f4' is written as it is in memory");

constexpr std::string_view kMagic("\x93NUMPY\x01\x00", 8);
constexpr std::size_t kLengthBytes = 2;
constexpr std::size_t kAlignment = 64;  // alignment of the values in the file

/// The bytes before the values. They are padded with spaces to kAlignment and end with a newline.
std::string header(const std::vector<Index>& shape) {
  std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (const Index size : shape) text += fmt::format("{}, ", size);
  text += "), }";
  const std::size_t bare = kMagic.size() + kLengthBytes + text.size() + 1;
  text.append((kAlignment - bare % kAlignment) % kAlignment, ' ');
  text += '\n';
  const auto low = static_cast<char>(text.size() & 0xff);
  const auto high = static_cast<char>(text.size() >> 8);
  return std::string(kMagic) + low + high + text;
}

}  // namespace

void write_npy(const std::filesystem::path& path, std::span<const float> values,
               const std::vector<Index>& shape) {
  const Index wanted = std::accumulate(shape.begin(), shape.end(), Index{1}, std::multiplies<>());
  require(static_cast<Index>(values.size()) == wanted, "{}: {} values for shape ({})",
          path.string(), values.size(), join(shape, ","));
  AtomicFile file(path);
  file.write(header(shape));
  file.write(std::as_bytes(values));
  file.commit();
}

}  // namespace fpanet
