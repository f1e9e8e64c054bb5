#pragma once
// Kernels with the mistakes that tests/races must find. They are compiled as the Cuda halves are.

namespace fpanet::test {

enum class RacyKernel {
  none,             ///< each thread has its own word, and a barrier stands before others read it
  missing_barrier,  ///< threads read their neighbour's word in the phase that writes it
  one_word,         ///< all threads of a block write one word
  neighbour_block,  ///< a block reads what the block before it writes
  vector_of_neighbour,  ///< the same, through vectors of 128 bits
  atomic,               ///< all threads of all blocks add to one word
};

void run_racy_kernel(RacyKernel kernel);

}  // namespace fpanet::test
