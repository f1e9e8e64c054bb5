#include "models/gradient_buckets.hpp"

namespace fpanet {

GradientBuckets::GradientBuckets(Graph& graph, const ParameterStore& store, Communicator& ranks,
                                 const Options& options)
    : graph_(graph), store_(store), ranks_(ranks), options_(options) {}

Value GradientBuckets::region() const {
  return graph_.state("gradients", store_.gradients());
}

void GradientBuckets::add(const std::vector<std::string>& parameters) {
  for (const std::string& name : parameters) {
    bucket_.push_back(name);
    const auto index = static_cast<std::size_t>(store_.find(name));
    filled_ += static_cast<Index>(store_.gradient(index).bytes());
  }
  if (filled_ >= options_.bytes) sum_bucket();
}

void GradientBuckets::sum_bucket() {
  if (bucket_.empty()) return;
  const auto used = all_reduce_segments(region(), store_.segments(bucket_), ranks_, options_.sum);
  if (used) used_.push_back(*used);
  bucket_.clear();
  filled_ = 0;
}

void GradientBuckets::finish() {
  sum_bucket();
  finish_all_reduce(region(), used_, ranks_);
}

}  // namespace fpanet
