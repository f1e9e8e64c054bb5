#pragma once
// Reads the members of an uncompressed tar archive (ustar, GNU or pax) in memory.

#include <map>
#include <string>

#include "engine/weights/bytes.hpp"

namespace fpanet {

/// The regular members by name, without a leading "./". Throws an Error that names `name` if the
/// checksum of a header is wrong, a member reaches past the end of the file or two members have the
/// same name.
std::map<std::string, Bytes> read_tar(const Bytes& file, const std::string& name);

/// True if `file` begins with a tar header.
bool is_tar(const Bytes& file);

}  // namespace fpanet
