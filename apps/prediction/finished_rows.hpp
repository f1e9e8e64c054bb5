#pragma once
// The rows of a scene that are finished, on disk: one compressed file for each row of windows. A program that
// is killed goes on behind the last of them.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/shape.hpp"

namespace fpanet {

class FinishedRows {
 public:
  /// Opens `folder`, which is made if it is missing. Only with `resume` are parts of an earlier program kept,
  /// and only if that had the same `job`: a text that says everything on which the rows depend. Throws Error if
  /// `resume` finds the parts of another job, naming the first line that differs.
  FinishedRows(std::filesystem::path folder, std::string_view job, bool resume);

  Index count() const { return count_; }  ///< of finished parts: 0 to count() - 1 are there
  /// Adds part count(). It counts only once it is complete on the disk.
  void add(std::span<const std::uint8_t> bytes);
  /// Throws Error if the part is damaged.
  std::vector<std::uint8_t> read(Index part) const;
  /// Removes the folder.
  void remove();

 private:
  std::filesystem::path file_of(Index part) const;

  std::filesystem::path folder_;
  Index count_ = 0;
};

}  // namespace fpanet
