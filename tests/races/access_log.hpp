#pragma once
// Records which thread of which block of an emulated GPU reads and writes each byte, and reports
// accesses whose order a GPU does not guarantee. The Cuda halves are compiled for this with
// -fsanitize=thread, which calls a function at every access to memory; access_log.cpp defines these
// functions in place of ThreadSanitizer's library.
//
// A race is a pair of accesses to a byte, at least one of them a write and not both atomic,
//   * by two threads of a block with no barrier between them, or
//   * by two blocks of one launch.
// Variables on the stack are the threads' own and are not recorded.

#include <string>

namespace fpanet::test {

/// What was found since the last call, once per kernel and kind of race; empty if nothing.
std::string take_races();

/// Number of accesses recorded so far: a test that records nothing shows nothing.
long recorded_accesses();

}  // namespace fpanet::test
