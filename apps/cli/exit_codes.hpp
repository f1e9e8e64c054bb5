#pragma once

namespace fpanet {

/// Exit codes of every program.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;         ///< error while running
inline constexpr int kExitUsage = 2;          ///< wrong command line or configuration file
inline constexpr int kExitInterrupted = 130;  ///< interrupted by SIGINT or SIGTERM

}  // namespace fpanet
