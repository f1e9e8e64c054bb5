#include "engine/core/cuda_graph.hpp"

#include "engine/core/cuda_check.hpp"
#include "engine/core/cuda_handles.hpp"

namespace fpanet {

struct CudaGraph::Executable {
  Cuda cuda;
  cudaGraphExec_t handle = nullptr;
  std::size_t nodes = 0;
};

namespace {

/// Ends the capture even if `enqueue` throws, so that the stream can be used again.
cudaGraph_t capture(cudaStream_t stream, const std::function<void()>& enqueue) {
  cudaGraph_t graph = nullptr;
  // Thread-local mode, because the threads that read images may make calls that a capture forbids.
  FPANET_CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  try {
    enqueue();
  } catch (...) {
    if (cudaStreamEndCapture(stream, &graph) == cudaSuccess) cudaGraphDestroy(graph);
    cudaGetLastError();  // clears the error of the broken capture; the one thrown is more precise
    throw;
  }
  FPANET_CUDA_CHECK(cudaStreamEndCapture(stream, &graph));
  return graph;
}

}  // namespace

CudaGraph::CudaGraph(const Cuda& cuda, const std::function<void()>& enqueue)
    : executable_(std::make_unique<Executable>(Executable{.cuda = cuda})) {
  cudaGraph_t graph = capture(cuda.handles->stream, enqueue);
  cudaError_t error = cudaGraphGetNodes(graph, nullptr, &executable_->nodes);
  if (error == cudaSuccess) error = cudaGraphInstantiate(&executable_->handle, graph, 0);
  cudaGraphDestroy(graph);
  FPANET_CUDA_CHECK(error);
  // Upload the graph now, so that the first launch is as fast as later ones.
  FPANET_CUDA_CHECK(cudaGraphUpload(executable_->handle, cuda.handles->stream));
}

CudaGraph::~CudaGraph() {
  if (executable_->handle != nullptr) cudaGraphExecDestroy(executable_->handle);
}

void CudaGraph::launch() const {
  FPANET_CUDA_CHECK(cudaGraphLaunch(executable_->handle, executable_->cuda.handles->stream));
}

std::size_t CudaGraph::nodes() const {
  return executable_->nodes;
}

}  // namespace fpanet
