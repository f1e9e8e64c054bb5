// The threads of kernels/cuda/emulated.hpp: contexts of POSIX, each with its own stack.

#include <ucontext.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

#include <algorithm>
#include <exception>
#include <memory>
#include <numeric>

#include "engine/core/rng.hpp"
#include "kernels/cuda/emulated.hpp"

namespace fpanet::kernels {
namespace {

constexpr std::size_t kStackBytes = 64 * 1024;

struct Thread {
  ucontext_t context{};
  bool ended = false;
};

/// The block that runs; one at a time on a host thread.
struct Team {
  std::vector<Thread> threads;
  ucontext_t caller{};
  int running = 0;
  const std::function<void(int)>* body = nullptr;
  std::exception_ptr error = nullptr;
};
thread_local Team* team = nullptr;

/// Stacks are kept for the next block: allocating them anew would take most of the time.
std::byte* stack_of(int thread) {
  static thread_local std::vector<std::unique_ptr<std::byte[]>> stacks;
  const auto index = static_cast<std::size_t>(thread);
  while (stacks.size() <= index) {
    stacks.push_back(std::make_unique_for_overwrite<std::byte[]>(kStackBytes));
  }
  return stacks[index].get();
}

#ifdef __SANITIZE_ADDRESS__
thread_local const void* callers_stack = nullptr;
thread_local std::size_t callers_bytes = 0;

/// The first thing that a thread does on its stack.
void first_arrival() {
  __sanitizer_finish_switch_fiber(nullptr, &callers_stack, &callers_bytes);
}
#endif

/// Continues on another stack, of which AddressSanitizer wants to know; null: the caller's own.
void switch_to(ucontext_t& from, ucontext_t& to, [[maybe_unused]] const void* stack) {
#ifdef __SANITIZE_ADDRESS__
  void* fake_stack = nullptr;
  const bool from_caller = stack != nullptr;
  __sanitizer_start_switch_fiber(&fake_stack, from_caller ? stack : callers_stack,
                                 from_caller ? kStackBytes : callers_bytes);
  swapcontext(&from, &to);
  if (from_caller) {
    __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
  } else {
    __sanitizer_finish_switch_fiber(fake_stack, &callers_stack, &callers_bytes);
  }
#else
  swapcontext(&from, &to);
#endif
}

void run_thread() {
#ifdef __SANITIZE_ADDRESS__
  first_arrival();
#endif
  const int own = team->running;
  try {
    (*team->body)(own);
  } catch (...) {
    if (!team->error) team->error = std::current_exception();
  }
  team->threads[static_cast<std::size_t>(own)].ended = true;
  switch_to(team->threads[static_cast<std::size_t>(own)].context, team->caller, nullptr);
}

/// Lets every thread run to its next barrier or its end.
void run_round(std::vector<int>& order, Rng& rng) {
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
  for (const int thread : order) {
    team->running = thread;
    switch_to(team->caller, team->threads[static_cast<std::size_t>(thread)].context,
              stack_of(thread));
  }
}

}  // namespace

void EmulatedThreads::run(int count, std::uint64_t seed, const std::function<void(int)>& body) {
  Team block{.threads = std::vector<Thread>(static_cast<std::size_t>(count)), .body = &body};
  for (int i = 0; i < count; ++i) {
    ucontext_t& context = block.threads[static_cast<std::size_t>(i)].context;
    getcontext(&context);
    context.uc_stack.ss_sp = stack_of(i);
    context.uc_stack.ss_size = kStackBytes;
    context.uc_link = nullptr;
    makecontext(&context, run_thread, 0);
  }
  team = &block;
  Rng rng(seed);
  std::vector<int> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  std::ptrdiff_t ended = 0;
  while (ended == 0 && !block.error) {
    run_round(order, rng);
    ended = std::count_if(block.threads.begin(), block.threads.end(),
                          [](const Thread& thread) { return thread.ended; });
  }
  team = nullptr;
  if (block.error) std::rethrow_exception(block.error);
  require(ended == count, "{}: {} of {} threads of block {} end, and the others wait at a barrier",
          emulated_position.kernel, ended, count, emulated_position.block);
}

void EmulatedThreads::barrier() {
  Thread& thread = team->threads[static_cast<std::size_t>(team->running)];
  switch_to(thread.context, team->caller, nullptr);
}

}  // namespace fpanet::kernels
