#include "engine/weights/mapped_files.hpp"

#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "engine/weights/printable.hpp"

namespace fpanet {

/// A guarded mapping. Entries are reused but never freed, so that the signal handler can walk the
/// list at any time.
struct Entry {
  std::atomic<std::uintptr_t> begin{0}, end{0};  ///< equal if the entry is free
  std::string message;                           ///< only changed while the entry is free
  Entry* next = nullptr;
};

namespace {

std::atomic<Entry*> first_entry{nullptr};
std::mutex changes;
struct sigaction previous {};

/// Only calls functions that are async-signal-safe according to POSIX.
extern "C" void on_bus_error(int signal, siginfo_t* info, void* /*context*/) {
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (const Entry* entry = first_entry; entry != nullptr; entry = entry->next) {
    if (address < entry->begin || address >= entry->end) continue;
    [[maybe_unused]] const ssize_t written =
        ::write(STDERR_FILENO, entry->message.data(), entry->message.size());
    ::_exit(1);
  }
  ::sigaction(signal, &previous, nullptr);  // the access is repeated, and the signal with it
}

void install_handler() {
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, &previous);
}

Entry* free_entry() {
  for (Entry* entry = first_entry; entry != nullptr; entry = entry->next) {
    if (entry->begin == entry->end) return entry;
  }
  if (first_entry == nullptr) install_handler();
  auto* entry = new Entry;
  entry->next = first_entry;
  first_entry = entry;
  return entry;
}

}  // namespace

MappedFileGuard::MappedFileGuard(const void* address, std::size_t size, std::string_view file) {
  const std::lock_guard lock(changes);
  entry_ = free_entry();
  entry_->message = fmt::format(
      "\n{}: became shorter while it was read, or its disk failed; wait until it is completely "
      "written, then try again\n",
      printable_lines(file));
  const auto begin = reinterpret_cast<std::uintptr_t>(address);
  entry_->end = begin;  // the entry stays free until its end is set
  entry_->begin = begin;
  entry_->end = begin + size;
}

MappedFileGuard::~MappedFileGuard() {
  const std::lock_guard lock(changes);
  entry_->end = entry_->begin.load();
}

}  // namespace fpanet
