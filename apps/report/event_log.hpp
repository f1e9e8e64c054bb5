#pragma once
// Event files, which TensorBoard opens.

#include <cstdint>
#include <filesystem>
#include <string>

#include "apps/report/record_file.hpp"
#include "data/image.hpp"

namespace fpanet {

/// Writes one event file: values and pictures over the optimizer steps of a run. Each event is in the
/// file once the call returns. Messages are those of tensorboard/compat/proto: event.proto (Event,
/// SessionLog) and summary.proto (Summary).
class EventLog {
 public:
  /// Begins a file in `folder`, which is created if missing. Its name sorts behind those of the files
  /// that are there, so that TensorBoard reads it after them. The run goes on at `first_step`:
  /// TensorBoard drops what earlier files hold of this and later steps.
  EventLog(const std::filesystem::path& folder, std::int64_t first_step);

  // A tag is UTF-8 in the file; '?' stands for what is not.

  /// TensorBoard stores float32. A NaN, the value of a metric of nothing, is left out.
  void scalar(const std::string& tag, std::int64_t step, double value);
  /// As a PNG. The picture has 1 to 4 channels of 8 bits.
  void image(const std::string& tag, std::int64_t step, const Image& image);

  const std::filesystem::path& file() const { return path_; }

 private:
  std::filesystem::path path_;
  RecordFile records_;
};

}  // namespace fpanet
