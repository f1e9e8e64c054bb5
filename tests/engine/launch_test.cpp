#include "engine/distributed/launch.hpp"

#include <doctest/doctest.h>

#include <map>

#include "engine/core/error.hpp"

namespace fpanet {
namespace {

Launch detected(const std::map<std::string, std::string>& variables) {
  return detect_launch([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

void check_launch(const Launch& launch, Launcher by, int rank, int size, int local_rank) {
  CHECK(launch.by == by);
  CHECK(launch.rank == rank);
  CHECK(launch.size == size);
  CHECK(launch.local_rank == local_rank);
}

TEST_CASE("launch: rank, size and local rank of each launcher; MPI goes before the others") {
  check_launch(detected({}), Launcher::none, 0, 1, 0);
  const std::map<std::string, std::string> torchrun = {
      {"RANK", "3"}, {"WORLD_SIZE", "8"}, {"LOCAL_RANK", "1"}};
  check_launch(detected(torchrun), Launcher::torchrun, 3, 8, 1);
  check_launch(detected({{"SLURM_PROCID", "5"}, {"SLURM_NTASKS", "6"}, {"SLURM_LOCALID", "2"}}),
               Launcher::slurm, 5, 6, 2);
  check_launch(detected({{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}, {"MPI_LOCALRANKID", "1"}}),
               Launcher::mpi, 1, 2, 1);
  std::map<std::string, std::string> both = torchrun;
  both.insert({{"OMPI_COMM_WORLD_RANK", "1"},
               {"OMPI_COMM_WORLD_SIZE", "4"},
               {"OMPI_COMM_WORLD_LOCAL_RANK", "0"}});
  check_launch(detected(both), Launcher::mpi, 1, 4, 0);
  // A shell in a SLURM allocation, and a variable of another program.
  check_launch(detected({{"SLURM_NTASKS", "6"}, {"RANK", "general"}}), Launcher::none, 0, 1, 0);
}

TEST_CASE("launch: what are no ranks is refused with the variable's name") {
  const auto torchrun = [](const std::string& rank, const std::string& size) {
    return detected({{"RANK", rank}, {"WORLD_SIZE", size}, {"LOCAL_RANK", "0"}});
  };
  CHECK_THROWS_WITH_AS(torchrun("x", "2"),
                       "the environment variable RANK is 'x', not a number from 0", Error);
  CHECK_THROWS_WITH_AS(torchrun("0", "0"),
                       "the environment variable WORLD_SIZE is '0', not a number from 1", Error);
  CHECK_THROWS_WITH_AS(torchrun("2", "2"),
                       "the environment says that this is rank 2 of 2 (RANK, WORLD_SIZE)", Error);
}

TEST_CASE("launch: one rank is alone, and several that cannot be connected are refused") {
  CHECK(connect_ranks({})->size() == 1);
  CHECK(connect_ranks({.by = Launcher::torchrun, .rank = 0, .size = 1})->size() == 1);
  CHECK_THROWS_WITH_AS(connect_ranks({.by = Launcher::torchrun, .rank = 1, .size = 2}),
                       "torchrun has started 2 ranks; ranks on CPUs are connected by MPI: start "
                       "them with mpirun -n 2",
                       Error);
}

}  // namespace
}  // namespace fpanet
