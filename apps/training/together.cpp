#include "apps/training/together.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "apps/cli/failure.hpp"
#include "apps/cli/usage_error.hpp"
#include "engine/core/join.hpp"

namespace fpanet {
namespace {

/// The failure of a rank, as bytes of one size; the code 0 is none.
struct FailureBytes {
  std::int32_t exit_code = 0;
  std::array<char, 4092> message{};
};

FailureBytes bytes_of(const Failure& failure) {
  FailureBytes bytes;
  bytes.exit_code = failure.exit_code;
  const std::size_t length = std::min(failure.message.size(), bytes.message.size() - 1);
  std::copy_n(failure.message.begin(), length, bytes.message.begin());
  return bytes;
}

/// The messages, each once, with the first rank that it is from; rank 0 needs no mention.
std::string messages(const std::vector<FailureBytes>& of_ranks) {
  std::vector<std::string> told, lines;
  for (std::size_t rank = 0; rank < of_ranks.size(); ++rank) {
    const std::string message = of_ranks[rank].message.data();
    if (of_ranks[rank].exit_code == 0 || std::ranges::find(told, message) != told.end()) continue;
    told.push_back(message);
    lines.push_back(rank == 0 ? message : fmt::format("rank {}: {}", rank, message));
  }
  return join(lines, "\n");
}

std::string text_of(const std::vector<NamedValue>& values) {
  std::string text;
  for (const NamedValue& value : values) text += value.name + '\n' + value.value + '\n';
  return text;
}

std::vector<NamedValue> values_of(const std::string& text) {
  std::vector<NamedValue> values;
  std::size_t begin = 0;
  const auto line = [&] {
    const std::size_t end = text.find('\n', begin);
    const std::string found = text.substr(begin, end - begin);
    begin = end + 1;
    return found;
  };
  while (begin < text.size()) {
    std::string name = line();
    values.push_back({std::move(name), line()});
  }
  return values;
}

/// What `mine` has that `first`, rank 0's, has not, and the reverse; empty if they are the same.
std::string differences(int rank, const std::vector<NamedValue>& mine,
                        const std::vector<NamedValue>& first) {
  constexpr std::size_t kMost = 5;
  const auto by_name = [](const std::vector<NamedValue>& values) {
    std::map<std::string, std::string> map;
    for (const NamedValue& value : values) map[value.name] = value.value;
    return map;
  };
  const auto own = by_name(mine), others = by_name(first);
  std::vector<std::string> found;
  for (const auto& [name, value] : own) {
    const auto other = others.find(name);
    if (other == others.end()) {
      found.push_back(
          fmt::format("rank {} has {} = {}, but rank 0 has no {}", rank, name, value, name));
    } else if (other->second != value) {
      found.push_back(
          fmt::format("rank {} has {} = {}, but rank 0 has {}", rank, name, value, other->second));
    }
  }
  for (const auto& [name, value] : others) {
    if (!own.contains(name)) {
      found.push_back(
          fmt::format("rank 0 has {} = {}, but rank {} has no {}", name, value, rank, name));
    }
  }
  const std::size_t all = found.size();
  if (all > kMost) found.resize(kMost);
  return join(found, "; ") + (all > kMost ? fmt::format("; and {} more", all - kMost) : "");
}

}  // namespace

void together(Communicator& ranks, const std::function<void()>& part) {
  if (ranks.size() == 1) return part();
  Failure failure;
  try {
    part();
  } catch (const std::exception&) {
    failure = failure_of(std::current_exception());
  }
  const FailureBytes mine = bytes_of(failure);
  std::vector<FailureBytes> all(static_cast<std::size_t>(ranks.size()));
  ranks.all_gather(std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(all)));
  const auto failed =
      std::ranges::find_if(all, [](const FailureBytes& bytes) { return bytes.exit_code != 0; });
  if (failed != all.end()) throw SharedFailure(failed->exit_code, messages(all));
}

bool on_any(Communicator& ranks, bool here) {
  std::array<std::int64_t, 1> count = {here ? 1 : 0};
  ranks.all_reduce(count);
  return count[0] > 0;
}

std::string text_of_first(Communicator& ranks, const std::string& text) {
  std::int64_t size = std::ssize(text);
  ranks.broadcast(std::as_writable_bytes(std::span(&size, 1)), 0);
  std::string first(static_cast<std::size_t>(size), ' ');
  if (ranks.rank() == 0) first = text;
  ranks.broadcast(std::as_writable_bytes(std::span(first)), 0);
  return first;
}

void require_same(Communicator& ranks, std::string_view what,
                  const std::vector<NamedValue>& values) {
  if (ranks.size() == 1) return;
  const std::string mine = text_of(values), first = text_of_first(ranks, mine);
  together(ranks, [&] {
    if (mine == first) return;
    std::string found = differences(ranks.rank(), values, values_of(first));
    if (found.empty()) found = fmt::format("rank {} has them in another order", ranks.rank());
    usage_fail("the {} of the ranks differ: {}", what, found);
  });
}

}  // namespace fpanet
