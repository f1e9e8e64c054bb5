#pragma once
// Members of an uncompressed tar archive (ustar, GNU or pax) in memory.

#include <map>
#include <string>

#include "engine/weights/bytes.hpp"

namespace fpanet {

/// Regular members by name, "./" before a name removed. Throws Error naming `name` when a header's
/// checksum is wrong, a member reaches past the end or two have one name.
std::map<std::string, Bytes> read_tar(const Bytes& file, const std::string& name);

/// Whether `file` begins with a tar header.
bool is_tar(const Bytes& file);

}  // namespace fpanet
