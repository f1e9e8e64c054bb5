#include "apps/cli/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace fpanet {

void open_standard_streams() {
  // A descriptor that is open for reading only fails on every write.
  constexpr std::array<int, 3> kModes = {O_RDONLY, O_RDONLY, O_WRONLY};
  for (int fd = 0; fd < static_cast<int>(kModes.size()); ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is `fd`, since all below are open by now.
    [[maybe_unused]] const int opened = ::open("/dev/null", kModes[static_cast<std::size_t>(fd)]);
  }
}

}  // namespace fpanet
