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

/// JSON holds text, and a compiled plan may contain any byte: each becomes the character of its
/// number (Latin-1), so that plans that are text stay readable.
std::string text_of(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) text += static_cast<char>(0xc0 | byte >> 6);
    text += static_cast<char>(byte >= 0x80 ? 0x80 | (byte & 0x3f) : byte);
  }
  return text;
}

std::string bytes_of(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80) {
      bytes += text[i];
      continue;
    }
    require(first < 0xc4 && i + 1 < text.size(), "a compiled plan has a character above U+00FF");
    bytes += static_cast<char>(first << 6 | (text[++i] & 0x3f));
  }
  return bytes;
}

PlanFile::Entry entry_of(const nlohmann::json& json) {
  const auto choice = EngineChoice::parse(json.at("engine").get<std::string>());
  require(choice.has_value(), "'{}' is not an engine", json.at("engine").get<std::string>());
  return {*choice, json.at("fused").get<bool>(), json.at("microseconds").get<double>(),
          bytes_of(json.at("compiled").get<std::string>())};
}

}  // namespace

PlanFile::PlanFile(std::filesystem::path path, std::string identity)
    : path_(std::move(path)), identity_(std::move(identity)), entries_(read()) {}

const PlanFile::Entry* PlanFile::find(const std::string& problem) const {
  const auto found = entries_.find(problem);
  return found == entries_.end() ? nullptr : &found->second;
}

void PlanFile::add(const std::string& problem, Entry entry) {
  entries_.insert_or_assign(problem, std::move(entry));
  added_.insert(problem);
}

void PlanFile::flush() {
  if (path_.empty() || !writable_ || added_.empty()) return;
  Entries merged = read();
  for (const std::string& problem : added_) merged.insert_or_assign(problem, entries_.at(problem));
  write(merged);
  added_.clear();
}

PlanFile::Entries PlanFile::read() const {
  Entries entries;
  if (path_.empty()) return entries;
  std::ifstream stream(path_);
  if (!stream) return entries;  // nothing was measured yet
  try {
    const nlohmann::json json = nlohmann::json::parse(stream);
    require(json.at("format") == kFormat && json.at("gpu") == identity_,
            "it is for another GPU or version");
    for (const auto& [problem, entry] : json.at("plans").items()) {
      entries.emplace(problem, entry_of(entry));
    }
  } catch (const std::exception& error) {
    entries.clear();
    fmt::print(stderr, "conv2d: {} is ignored ({}); engines are measured again\n", path_.string(),
               error.what());
  }
  return entries;
}

void PlanFile::write(const Entries& entries) {
  try {
    nlohmann::json plans = nlohmann::json::object();
    for (const auto& [problem, entry] : entries) {
      plans[problem] = {{"engine", entry.choice.str()},
                        {"fused", entry.fused},
                        {"microseconds", entry.microseconds},
                        {"compiled", text_of(entry.compiled)}};
    }
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
