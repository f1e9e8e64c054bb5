#include "apps/cli/failure.hpp"

#include <fmt/core.h>

#include <new>

#include "apps/cli/exit_codes.hpp"
#include "apps/cli/usage_error.hpp"
#include "data/bands.hpp"
#include "engine/core/log.hpp"
#include "engine/weights/printable.hpp"

namespace fpanet {

Failure failure_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const UsageError& error) {
    return {kExitUsage, error.what()};
  } catch (const TooFewBands& error) {
    return {kExitUsage, error.what()};
  } catch (const std::bad_alloc&) {
    return {kExitFailed, "out of memory: try a smaller batch or image size"};
  } catch (const std::exception& error) {
    return {kExitFailed, error.what()};
  }
}

void print_error(const std::string& program, const std::string& message) {
  write_log(fmt::format("{}: {}\n", program, printable_lines(message)));
}

}  // namespace fpanet
