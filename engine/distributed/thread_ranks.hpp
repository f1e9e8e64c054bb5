#pragma once
// Ranks that are threads of one process. Tests run everything of several ranks with them.

#include <functional>

#include "engine/distributed/communicator.hpp"

namespace fpanet {

/// Runs body(communicator) on `count` threads, one a rank, and returns when all have ended. If a rank
/// throws, the others throw out of their next collective call, and the exception of the rank that was
/// first to throw is thrown here.
void run_thread_ranks(int count, const std::function<void(Communicator&)>& body);

}  // namespace fpanet
