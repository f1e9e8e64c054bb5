#include "apps/cli/standard_streams.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace fpanet {

TEST_CASE("closed standard streams are opened, so that no file gets their number") {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    for (int fd = 0; fd < 3; ++fd) ::close(fd);
    open_standard_streams();
    const int next = ::open("/dev/null", O_RDONLY);
    char byte = 0;
    int wrong = next >= 3 ? 0 : 1;
    if (::read(0, &byte, 1) != 0) wrong |= 2;    // empty
    if (::write(1, &byte, 1) != -1) wrong |= 4;  // a result must not get lost
    if (::write(2, &byte, 1) != 1) wrong |= 8;   // a message may
    ::_exit(wrong);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace fpanet
