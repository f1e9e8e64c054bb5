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
  const Environment nothing = [](const std::string&) { return std::nullopt; };
  CHECK_THROWS_WITH_AS(connect_ranks({.by = Launcher::torchrun, .rank = 1, .size = 2}, nothing),
                       "torchrun has started 2 ranks, but not said where they meet: set "
                       "MASTER_ADDR and MASTER_PORT",
                       Error);
}

TEST_CASE("launch: ranks meet where the environment says, beside torchrun's own store") {
  const auto place = [](std::map<std::string, std::string> variables) {
    return meeting_place([variables](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
  };
  CHECK_FALSE(place({}));
  CHECK_FALSE(place({{"MASTER_ADDR", "alpha"}}));
  std::map<std::string, std::string> set = {{"MASTER_ADDR", "alpha"}, {"MASTER_PORT", "29500"}};
  REQUIRE(place(set));
  CHECK(place(set)->host == "alpha");
  CHECK(place(set)->port == 29500);
  set["TORCHELASTIC_USE_AGENT_STORE"] = "False";
  CHECK(place(set)->port == 29500);
  set["TORCHELASTIC_USE_AGENT_STORE"] = "True";
  CHECK(place(set)->port == 29501);
  set["MASTER_PORT"] = "65535";
  CHECK_THROWS_WITH_AS(
      place(set), "the environment variable MASTER_PORT is '65535', not a port from 1 to 65534",
      Error);
}

}  // namespace
}  // namespace fpanet
