#pragma once
// The first bytes of the files that torch.save writes.

#include <string_view>

namespace fpanet {

/// The signature of a member header in a zip archive.
inline constexpr std::string_view kZipMagic = "PK\3\4";
/// The pickle of the integer 0x1950a86a20f9469cfc6c, with which a legacy file begins.
inline constexpr std::string_view kLegacyMagic =
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e";

}  // namespace fpanet
