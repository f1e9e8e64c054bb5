#pragma once

#include <cstdint>
#include <string_view>

namespace fpanet {

/// CRC-32C (Castagnoli): the polynomial 0x1edc6f41, reflected, with all bits inverted before and
/// after. Source: RFC 3720, appendix B.4.
std::uint32_t crc32c(std::string_view bytes);

/// What TFRecord files store: the CRC rotated right by 15 bits, plus a constant, because the CRC of
/// data that contains its own CRC is a weak check. Source: TensorFlow, core/lib/hash/crc32c.h.
std::uint32_t masked_crc32c(std::string_view bytes);

}  // namespace fpanet
