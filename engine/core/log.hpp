#pragma once
// Messages for the user.

#include <cstdio>
#include <string_view>

namespace fpanet {

/// Writes `text` to `stream` and flushes it. Failures are ignored: a message that cannot be written
/// (the stream is closed, its disk is full, its reader has gone) is no reason to stop.
void write_log(std::string_view text, std::FILE* stream = stderr) noexcept;

}  // namespace fpanet
