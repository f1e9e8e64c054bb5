// The backend of nccl_ranks.hpp.

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/core/cuda_check.hpp"
#include "engine/core/cuda_handles.hpp"
#include "engine/core/error.hpp"
#include "engine/distributed/library_nccl.hpp"
#include "engine/distributed/nccl_ranks.hpp"

namespace fpanet {
namespace {

/// One NCCL communicator and its stream. NCCL orders the calls on a communicator, so each stream has its
/// own.
class NcclChannel final : public GpuChannel {
 public:
  NcclChannel(const ncclUniqueId& id, int rank, int size, Cuda cuda)
      : rank_(rank), size_(size), cuda_(std::move(cuda)) {
    FPANET_NCCL_CHECK(nccl().ncclCommInitRank(&comm_, size, id, rank));
  }
  ~NcclChannel() override {
    // Errors are ignored: the watch has told of them.
    if (result() == ncclSuccess) {
      nccl().ncclCommDestroy(comm_);
    } else {
      nccl().ncclCommAbort(comm_);
    }
  }

  /// What has become of the calls so far.
  ncclResult_t result() const {
    ncclResult_t result = ncclSuccess;
    const ncclResult_t asked = nccl().ncclCommGetAsyncError(comm_, &result);
    return asked == ncclSuccess && result != ncclInProgress ? result : asked;
  }

  const Cuda& context() const override { return cuda_; }

  void all_gather(const void* mine, std::size_t bytes, void* all) override {
    FPANET_NCCL_CHECK(nccl().ncclAllGather(mine, all, bytes, ncclUint8, comm_, stream()));
  }

  void exchange_parts(const void* values, Index count, std::size_t width, void* received) override {
    const std::size_t own = part(count, width, rank_).bytes;
    FPANET_NCCL_CHECK(nccl().ncclGroupStart());
    for (int peer = 0; peer < size_; ++peer) {
      const Bytes theirs = part(count, width, peer);
      send(static_cast<const std::byte*>(values) + theirs.begin, theirs.bytes, peer);
      receive(static_cast<std::byte*>(received) + own * static_cast<std::size_t>(peer), own, peer);
    }
    FPANET_NCCL_CHECK(nccl().ncclGroupEnd());
  }

  void gather_parts(void* values, Index count, std::size_t width) override {
    auto* const bytes = static_cast<std::byte*>(values);
    const Bytes own = part(count, width, rank_);
    FPANET_NCCL_CHECK(nccl().ncclGroupStart());
    for (int peer = 0; peer < size_; ++peer) {
      if (peer == rank_) continue;
      const Bytes theirs = part(count, width, peer);
      send(bytes + own.begin, own.bytes, peer);
      receive(bytes + theirs.begin, theirs.bytes, peer);
    }
    FPANET_NCCL_CHECK(nccl().ncclGroupEnd());
  }

  void all_reduce(std::span<float> values) override {
    FPANET_NCCL_CHECK(nccl().ncclAllReduce(values.data(), values.data(), values.size(), ncclFloat32,
                                           ncclSum, comm_, stream()));
  }

 private:
  struct Bytes {
    std::size_t begin, bytes;
  };
  Bytes part(Index count, std::size_t width, int rank) const {
    const RankPart part = rank_part(count, rank, size_);
    return {static_cast<std::size_t>(part.first) * width,
            static_cast<std::size_t>(part.count) * width};
  }
  void send(const std::byte* from, std::size_t bytes, int peer) const {
    if (bytes == 0) return;
    FPANET_NCCL_CHECK(nccl().ncclSend(from, bytes, ncclUint8, peer, comm_, stream()));
  }
  void receive(std::byte* to, std::size_t bytes, int peer) const {
    if (bytes == 0) return;
    FPANET_NCCL_CHECK(nccl().ncclRecv(to, bytes, ncclUint8, peer, comm_, stream()));
  }
  cudaStream_t stream() const { return cuda_.handles->stream; }

  int rank_, size_;
  Cuda cuda_;
  ncclComm_t comm_ = nullptr;
};

/// The same GPU with a stream of its own, whose kernels go first: other ranks wait for them.
Cuda beside(const Cuda& cuda) {
  const CudaHandles& handles = *cuda.handles;
  auto own = std::make_shared<CudaHandles>();
  own->index = handles.index;
  own->capability = handles.capability;
  own->sm_count = handles.sm_count;
  own->max_shared_bytes = handles.max_shared_bytes;
  own->deterministic = handles.deterministic;
  int last = 0, first = 0;
  FPANET_CUDA_CHECK(cudaDeviceGetStreamPriorityRange(&last, &first));
  FPANET_CUDA_CHECK(cudaStreamCreateWithPriority(&own->stream, cudaStreamNonBlocking, first));
  return {.index = cuda.index, .handles = std::move(own), .graphs = cuda.graphs};
}

/// The id by which the ranks find each other: rank 0 makes it.
ncclUniqueId shared_id(Communicator& ranks) {
  ncclUniqueId id{};
  if (ranks.rank() == 0) FPANET_NCCL_CHECK(nccl().ncclGetUniqueId(&id));
  ranks.broadcast(std::as_writable_bytes(std::span(id.internal)), 0);
  return id;
}

class NcclRanks final : public GpuRanks {
 public:
  NcclRanks(Communicator& ranks, const Cuda& cuda, RankFailure failed)
      : ranks_(ranks),
        failed_(std::move(failed)),
        compute_(shared_id(ranks), ranks.rank(), ranks.size(), cuda),
        background_(shared_id(ranks), ranks.rank(), ranks.size(), beside(cuda)),
        watch_([this] { watch(); }) {}
  ~NcclRanks() override {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
      changed_.notify_all();
    }
    watch_.join();
  }

  GpuChannel& compute() override { return compute_; }
  GpuChannel& background() override { return background_; }

 private:
  /// NCCL's calls wait on the GPU for ranks that have ended, so the host looks after them.
  void watch() {
    constexpr auto kPause = std::chrono::milliseconds(200);
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kPause, [&] { return ends_; })) {
      if (const auto ended = ranks_.ended_rank()) {
        return failed_(fmt::format("rank {} has ended", *ended));
      }
      for (const NcclChannel* channel : {&compute_, &background_}) {
        if (const ncclResult_t result = channel->result(); result != ncclSuccess) {
          return failed_(nccl_message(result));
        }
      }
    }
  }

  Communicator& ranks_;
  RankFailure failed_;
  NcclChannel compute_, background_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ends_ = false;
  std::thread watch_;
};

}  // namespace

void require_nccl() {
  nccl();
}

std::unique_ptr<GpuRanks> connect_nccl_ranks(Communicator& ranks, const Cuda& cuda,
                                             RankFailure failed) {
  return std::make_unique<NcclRanks>(ranks, cuda, std::move(failed));
}

}  // namespace fpanet
