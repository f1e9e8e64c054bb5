#pragma once

#include <filesystem>
#include <mutex>
#include <string_view>

namespace fpanet {

/// Writes a TFRecord file: records of any bytes, one after the other, each with its length and two
/// checksums. A record is appended whole or not at all, so a process that is killed leaves complete
/// records. Source: tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details".
class RecordFile {
 public:
  /// Creates `file`. Throws Error naming it if it exists or cannot be created.
  explicit RecordFile(std::filesystem::path file);
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;
  ~RecordFile();

  /// Appends a record. Several threads may call it. Throws Error if it cannot be written.
  void append(std::string_view record);

 private:
  std::filesystem::path file_;
  int fd_ = -1;
  std::mutex appending_;
};

}  // namespace fpanet
