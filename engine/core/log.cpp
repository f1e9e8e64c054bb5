#include "engine/core/log.hpp"

namespace fpanet {

void write_log(std::string_view text, std::FILE* stream) noexcept {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
  std::clearerr(stream);  // a disk that is full now may have room for the next message
}

}  // namespace fpanet
