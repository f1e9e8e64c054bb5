#include "apps/fpanet_train/step_log.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "apps/cli/python_repr.hpp"
#include "apps/training/metrics_table.hpp"
#include "data/text_file.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "engine/core/parse_number.hpp"

namespace fpanet {
namespace {

/// The header and the rows of `file` before `first_step`, as text. A column that the file lacks is
/// empty in them.
std::string kept_rows(const std::filesystem::path& file, std::int64_t first_step,
                      const std::vector<std::string>& more) {
  std::vector<std::string> columns = {"epoch", "step", "train/Loss", "lr"};
  columns.insert(columns.end(), more.begin(), more.end());
  std::string text = join(columns, ",") + '\n';
  if (first_step == 0) return text;
  const MetricsTable table = MetricsTable::read(file);
  const std::int64_t step = table.find("step");
  for (const auto& row : table.rows) {
    if (step < 0 ||
        parse_number<std::int64_t>(row[static_cast<std::size_t>(step)]).value_or(first_step) >=
            first_step) {
      break;
    }
    std::vector<std::string> cells;
    for (const std::string& column : columns) {
      const std::int64_t at = table.find(column);
      cells.push_back(at < 0 ? std::string() : row[static_cast<std::size_t>(at)]);
    }
    text += join(cells, ",") + '\n';
  }
  return text;
}

}  // namespace

StepLog::StepLog(std::filesystem::path file, std::int64_t first_step, std::vector<std::string> more)
    : file_(std::move(file)), more_(std::move(more)) {
  write_text_file(file_, kept_rows(file_, first_step, more_));
  fd_ = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  require(fd_ >= 0, "{}: cannot be written: {}", file_.string(), std::strerror(errno));
}

StepLog::~StepLog() {
  ::close(fd_);
}

void StepLog::add(std::int64_t epoch, std::int64_t step, std::optional<double> loss, double lr,
                  const std::map<std::string, double>& more) {
  std::string row = fmt::format("{},{},{},{}", epoch, step,
                                loss ? python_repr(*loss) : std::string(), python_repr(lr));
  for (const std::string& column : more_) {
    const auto value = more.find(column);
    row += ',';
    if (value != more.end()) row += python_repr(value->second);
  }
  row += '\n';
  const off_t begin = ::lseek(fd_, 0, SEEK_END);
  ssize_t written = 0;
  do {
    written = ::write(fd_, row.data(), row.size());
  } while (written < 0 && errno == EINTR);
  if (written == std::ssize(row)) return;
  const int error = written < 0 ? errno : ENOSPC;  // only a full disk takes a part of a row
  if (written > 0) [[maybe_unused]]
    const int cut = ::ftruncate(fd_, begin);
  fail("{}: cannot be written: {}", file_.string(), std::strerror(error));
}

void StepLog::flush() {
  const bool flushed = ::fsync(fd_) == 0;
  require(flushed, "{}: cannot be flushed to the disk: {}", file_.string(), std::strerror(errno));
}

}  // namespace fpanet
