#include "apps/training/rank_parts.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "apps/cli/exit_codes.hpp"
#include "apps/training/together.hpp"
#include "engine/core/error.hpp"
#include "engine/core/join.hpp"
#include "models/losses/loss.hpp"

namespace fpanet {
namespace {

std::uint64_t add_to_checksum(std::uint64_t sum, const Tensor& tensor) {
  const Tensor on_cpu = tensor.to(Device::cpu());
  // Each tensor has a checksum of its own, so that 32 bits need not tell all weights apart.
  const std::uint64_t own =
      ::crc32_z(0, reinterpret_cast<const Bytef*>(on_cpu.raw()), on_cpu.bytes());
  constexpr std::uint64_t kPrime = 0x100000001b3;  // of FNV-1a
  return (sum ^ own) * kPrime;
}

bool is_buffer(const ParameterEntry& entry) {
  return entry.kind != EntryKind::parameter;
}

void broadcast(Communicator& ranks, const Tensor& tensor) {
  const Tensor on_cpu = tensor.to(Device::cpu());
  ranks.broadcast({static_cast<std::byte*>(on_cpu.raw()), on_cpu.bytes()}, 0);
  if (on_cpu.raw() != tensor.raw()) tensor.copy_from(on_cpu);
}

}  // namespace

PartResult join_parts(Communicator& ranks, const PartResult& part, Index whole, bool shares_loss) {
  if (ranks.size() == 1) return part;
  const Shape& shape = part.confusion.shape();
  const Index side = shape[1], matrix = side * side;
  const Index largest = std::max<Index>(rank_part(whole, 0, ranks.size()).count, 1);
  const auto values = static_cast<std::size_t>(largest * matrix);
  std::vector<std::int64_t> mine(values + 1),
      all(mine.size() * static_cast<std::size_t>(ranks.size()));
  std::memcpy(mine.data(), &part.loss, sizeof part.loss);
  std::ranges::copy(part.confusion.span<std::int64_t>(), mine.begin() + 1);
  ranks.all_gather(std::as_bytes(std::span(mine)), std::as_writable_bytes(std::span(all)));

  PartResult joined{.loss = 0, .confusion = Tensor::zeros({whole, side, side}, DType::i64)};
  for (int rank = 0; rank < ranks.size(); ++rank) {
    const RankPart of = rank_part(whole, rank, ranks.size());
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(mine.size()) * rank;
    double loss = 0;
    std::memcpy(&loss, &*from, sizeof loss);
    if (shares_loss && rank == 0) joined.loss = loss;
    if (of.count == 0) continue;
    if (!shares_loss) {
      joined.loss += loss * static_cast<double>(of.count) / static_cast<double>(whole);
    }
    std::copy_n(from + 1, of.count * matrix,
                joined.confusion.slice(of.first, of.count).span<std::int64_t>().begin());
  }
  return joined;
}

bool divides(const Objective& objective) {
  return std::ranges::all_of(
      objective.terms, [](const ObjectiveTerm& term) { return find_loss(term.loss).divides; });
}

std::string scene_checksum(SceneStore& store, Index scene) {
  if (const SceneFacts* facts = store.dataset().facts(scene)) {
    return "pixels of classes " + join(facts->class_pixels, ",");
  }
  const auto read = store.get(scene);
  uLong sum = 0;
  for (const Image* image : {&read->image, &read->labels.labels}) {
    sum = ::crc32_z(sum, image->pixels.data(), image->pixels.size());
  }
  return fmt::format("{:08x}", sum);
}

std::uint64_t weights_checksum(ModelSession& session) {
  const ParameterStore& store = session.store();
  std::uint64_t sum = add_to_checksum(0, store.values());
  for (std::size_t i = 0; i < store.entries().size(); ++i) {
    if (is_buffer(store.entries()[i])) sum = add_to_checksum(sum, store.value(i));
  }
  if (session.optimizer() != nullptr && session.optimizer()->keeps_average()) {
    sum = add_to_checksum(sum, session.optimizer()->average());
  }
  return sum;
}

void require_equal_weights(ModelSession& session, const std::string& when) {
  Communicator& ranks = session.ranks();
  if (ranks.size() == 1) return;
  const std::uint64_t mine = weights_checksum(session);
  std::vector<std::uint64_t> all(static_cast<std::size_t>(ranks.size()));
  ranks.all_gather(std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(all)));
  for (std::size_t rank = 1; rank < all.size(); ++rank) {
    if (all[rank] == all[0]) continue;
    throw SharedFailure(
        kExitFailed,
        fmt::format("the weights of rank {} are not those of rank 0 {}: checksums {:016x} and "
                    "{:016x}; ranks need processors of one kind, and the same build",
                    rank, when, all[rank], all[0]));
  }
}

void share_buffers(ModelSession& session) {
  if (session.ranks().size() == 1) return;
  const ParameterStore& store = session.store();
  for (std::size_t i = 0; i < store.entries().size(); ++i) {
    if (is_buffer(store.entries()[i])) broadcast(session.ranks(), store.value(i));
  }
}

void share_weights(ModelSession& session) {
  if (session.ranks().size() == 1) return;
  broadcast(session.ranks(), session.store().values());
  share_buffers(session);
}

}  // namespace fpanet
