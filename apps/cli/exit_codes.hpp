#pragma once

namespace fpanet {

/// Exit codes of every program.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;         ///< while running
inline constexpr int kExitUsage = 2;          ///< wrong command line or configuration file
inline constexpr int kExitInterrupted = 130;  ///< by SIGINT or SIGTERM, after saving

}  // namespace fpanet
