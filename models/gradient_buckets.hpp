#pragma once
// The sums of a step's gradients over the ranks. They begin in buckets, behind the last node of the
// backward pass that writes to a bucket, so that they overlap with the rest of it.

#include <string>
#include <vector>

#include "engine/distributed/communicator.hpp"
#include "engine/graph/parameters.hpp"
#include "layers/all_reduce.hpp"

namespace fpanet {

class GradientBuckets {
 public:
  struct Options {
    Index bytes = 25'000'000;  ///< of gradients with which a bucket is full
    GradientSum sum = GradientSum::ordered;

    bool operator==(const Options&) const = default;
  };

  /// The graph, the store and the ranks must outlive this.
  GradientBuckets(Graph& graph, const ParameterStore& store, Communicator& ranks,
                  const Options& options);

  /// Takes parameters whose gradients are complete, and records the sum of a bucket that is full.
  void add(const std::vector<std::string>& parameters);
  /// Records the sum of the last bucket and what waits for all sums.
  void finish();

 private:
  Value region() const;
  void sum_bucket();

  Graph& graph_;
  const ParameterStore& store_;
  Communicator& ranks_;
  Options options_;
  Index filled_ = 0;  // bytes
  std::vector<std::string> bucket_;
  std::vector<Value> used_;  // memory of the sums that have begun
};

}  // namespace fpanet
