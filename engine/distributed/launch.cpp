#include "engine/distributed/launch.hpp"

#include <array>
#include <cstdlib>

#include "engine/core/error.hpp"
#include "engine/core/parse_number.hpp"
#include "engine/distributed/mpi_ranks.hpp"

namespace fpanet {
namespace {

/// The variables in which a launcher tells rank, size and local rank.
struct Variables {
  Launcher by;
  const char *rank, *size, *local_rank, *local_size;
};
constexpr std::array<Variables, 4> kVariables = {{
    {Launcher::mpi, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
     "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {Launcher::mpi, "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"},
    {Launcher::torchrun, "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"},
    {Launcher::slurm, "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_NTASKS_PER_NODE"},
}};

int number(const char* name, const std::string& text, int least) {
  const auto value = parse_number<int>(text);
  require(value && *value >= least, "the environment variable {} is '{}', not a number from {}",
          name, text, least);
  return *value;
}

}  // namespace

std::optional<std::string> environment_variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Launch detect_launch(const Environment& environment) {
  for (const Variables& names : kVariables) {
    const auto rank = environment(names.rank), size = environment(names.size),
               local_rank = environment(names.local_rank);
    if (!rank || !size || !local_rank) continue;
    const auto local_size = environment(names.local_size);
    const Launch launch{.by = names.by,
                        .rank = number(names.rank, *rank, 0),
                        .size = number(names.size, *size, 1),
                        .local_rank = number(names.local_rank, *local_rank, 0),
                        .local_size = local_size ? number(names.local_size, *local_size, 1) : 1};
    require(launch.rank < launch.size, "the environment says that this is rank {} of {} ({}, {})",
            launch.rank, launch.size, names.rank, names.size);
    return launch;
  }
  return {};
}

std::optional<MeetingPlace> meeting_place(const Environment& environment) {
  const auto host = environment("MASTER_ADDR"), text = environment("MASTER_PORT");
  if (!host || !text) return std::nullopt;
  const bool is_taken = environment("TORCHELASTIC_USE_AGENT_STORE") == "True";
  const auto port = parse_number<int>(*text);
  const int most = is_taken ? 65534 : 65535;
  require(port && *port >= 1 && *port <= most,
          "the environment variable MASTER_PORT is '{}', not a port from 1 to {}", *text, most);
  return MeetingPlace{*host, static_cast<std::uint16_t>(*port + (is_taken ? 1 : 0))};
}

std::unique_ptr<Communicator> connect_ranks(const Launch& launch, const Environment& environment) {
  if (launch.size == 1) return std::make_unique<SingleRank>();
  if (launch.by == Launcher::torchrun || !has_mpi()) {
    const auto place = meeting_place(environment);
    require(place || launch.by != Launcher::torchrun,
            "torchrun has started {} ranks, but not said where they meet: set MASTER_ADDR and "
            "MASTER_PORT",
            launch.size);
    if (place) return connect_tcp_ranks(launch.rank, launch.size, *place);
  }
  std::unique_ptr<Communicator> ranks = connect_mpi_ranks();
  require(
      ranks->size() == launch.size,
      "the launcher has started {} ranks, but MPI connects {}: start them with mpirun of the MPI "
      "that this program was built with{}",
      launch.size, ranks->size(), launch.by == Launcher::slurm ? ", or with srun --mpi=pmix" : "");
  return ranks;
}

void end_all_ranks(int exit_code) {
  end_mpi_ranks(exit_code);
}

}  // namespace fpanet
