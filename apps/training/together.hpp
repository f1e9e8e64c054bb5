#pragma once
// What the ranks of a program do together so that all go on or all end.

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/distributed/communicator.hpp"

namespace fpanet {

/// A failure that all ranks know of, so that each ends by itself. Rank 0 prints it.
class SharedFailure : public std::runtime_error {
 public:
  SharedFailure(int exit_code, const std::string& message)
      : std::runtime_error(message), exit_code_(exit_code) {}
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

/// Calls `part`, which calls no collective function, on every rank. If it throws on some, all ranks
/// throw SharedFailure with the messages of those, and the exit code of the first. Of one rank alone,
/// the exception itself is thrown.
void together(Communicator& ranks, const std::function<void()>& part);

/// Whether `here` is true on any rank.
bool on_any(Communicator& ranks, bool here);

/// The text of rank 0, on every rank.
std::string text_of_first(Communicator& ranks, const std::string& text);

/// "name = value", where ranks may be told apart by the value.
struct NamedValue {
  std::string name, value;
};

/// Throws SharedFailure with kExitUsage unless all ranks have the values of rank 0 in the same order:
/// "the `what` differ: rank 1 has lr = 0.1, but rank 0 has lr = 0.2".
void require_same(Communicator& ranks, std::string_view what,
                  const std::vector<NamedValue>& values);

}  // namespace fpanet
