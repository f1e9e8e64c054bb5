#include "kernels/cudnn/plan_file.hpp"

#include <cctype>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/core/atomic_file.hpp"
#include "engine/core/cache_folder.hpp"
#include "engine/core/error.hpp"

namespace fpanet::kernels {
namespace {

constexpr const char* kFormat = "fpanet convolution plans 1";

PlanFile::Entry entry_of(const nlohmann::json& json) {
  const auto choice = EngineChoice::parse(json.at("engine").get<std::string>());
  require(choice.has_value(), "'{}' is not an engine", json.at("engine").get<std::string>());
  return {*choice, json.at("fused").get<bool>(), json.at("microseconds").get<double>(),
          json.at("compiled").get<std::string>()};
}

}  // namespace

PlanFile::PlanFile(std::filesystem::path path, std::string identity)
    : path_(std::move(path)), identity_(std::move(identity)) {
  if (!path_.empty()) read();
}

const PlanFile::Entry* PlanFile::find(const std::string& problem) const {
  const auto found = entries_.find(problem);
  return found == entries_.end() ? nullptr : &found->second;
}

void PlanFile::add(const std::string& problem, Entry entry) {
  entries_.insert_or_assign(problem, std::move(entry));
  if (!path_.empty() && writable_) write();
}

void PlanFile::read() {
  std::ifstream stream(path_);
  if (!stream) return;  // nothing was measured yet
  try {
    const nlohmann::json json = nlohmann::json::parse(stream);
    require(json.at("format") == kFormat && json.at("gpu") == identity_,
            "it is for another GPU or version");
    for (const auto& [problem, entry] : json.at("plans").items()) {
      entries_.emplace(problem, entry_of(entry));
    }
  } catch (const std::exception& error) {
    entries_.clear();
    fmt::print(stderr, "conv2d: {} is ignored ({}); engines are measured again\n", path_.string(),
               error.what());
  }
}

void PlanFile::write() const {
  nlohmann::json plans = nlohmann::json::object();
  for (const auto& [problem, entry] : entries_) {
    plans[problem] = {{"engine", entry.choice.str()},
                      {"fused", entry.fused},
                      {"microseconds", entry.microseconds},
                      {"compiled", entry.compiled}};
  }
  try {
    std::filesystem::create_directories(path_.parent_path());
    AtomicFile file(path_);
    file.write(nlohmann::json{{"format", kFormat}, {"gpu", identity_}, {"plans", plans}}.dump(1));
    file.commit();
  } catch (const std::exception& error) {
    writable_ = false;
    fmt::print(stderr, "conv2d: measured engines are not kept for the next run: {}\n",
               error.what());
  }
}

std::filesystem::path plan_file_path(const std::string& identity) {
  std::string name;
  for (const char c : identity) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  const auto folder = default_cache_folder();
  return folder ? *folder / "cudnn" / (name + ".json") : std::filesystem::path();
}

}  // namespace fpanet::kernels
