#include "data/file_name.hpp"

namespace fpanet {

std::string lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::string lower_suffix(const std::filesystem::path& file) {
  return lower_case(file.extension().string());
}

}  // namespace fpanet
